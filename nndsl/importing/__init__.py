"""Models of Keras as `.nn` files: read without running anything of theirs, folded, written, and compared with what they were.

`archive` opens the file within limits, `layers` and `operations` say what each of its parts is in the catalogue, `network` joins
them to a graph, `folding` and `loops` find what repeats, `writing` makes the text, `matching` proves that it is the same graph, and
`weights` copies the numbers.
"""
