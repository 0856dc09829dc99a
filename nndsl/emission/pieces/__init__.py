"""Functions that an emitted program holds as they stand in these files: they are read as text, and never imported.

What they use has the names that emitted programs import it by: `np`, `tf`, `keras`. Lines have at most 100 characters.
"""
