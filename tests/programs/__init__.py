"""Whole programs, made to be right, and mutations of them: what `check` says of them is what Keras makes of them."""
