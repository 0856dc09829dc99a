"""Leaving with a network: files that other programs load, written, loaded again by what will load them, and compared."""
