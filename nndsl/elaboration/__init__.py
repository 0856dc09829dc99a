"""Elaboration: from syntax to graphs. Names are looked up, blocks and loops expanded, every call typed as it is made.

Types are inferred here rather than in a later pass, because the language asks about them while it expands:
`x if C == filters else ...` chooses by a size that only the types of the operands know.
"""
