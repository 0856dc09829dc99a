"""The page of a run, `report.html`: one file that holds what was trained, how that went, what came of it, and how to do it again."""
