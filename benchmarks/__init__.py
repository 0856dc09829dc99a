"""How fast nndsl is, as ratios to a peer that are taken in one run: `python -m benchmarks`."""
