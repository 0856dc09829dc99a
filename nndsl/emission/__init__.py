"""Programs in Python: what a file says, written out for Keras, to be read and changed by people. Nothing here imports Keras."""
