"""The language server: what a place in a text means, and what editors make of it."""
