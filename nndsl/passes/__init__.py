"""Passes: from one program, network or graph to another. Each is a function named like its file."""
