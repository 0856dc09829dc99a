"""Two versions of a network, or of a file: what was added, removed and changed, and what that costs."""
