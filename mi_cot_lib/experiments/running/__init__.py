"""One run from data to record, and grids of runs on every engine."""
