"""Room 7: grids of runs, executed with papermill, and the report that they fill."""
