"""A trained network behind HTTP: what may be asked, what is answered, and who may wait how long.

What comes in is checked against the columns of the data before the network sees it. No request opens a file of the machine:
columns that a source reads from files (images, parts of a genome) come with the request.
"""
