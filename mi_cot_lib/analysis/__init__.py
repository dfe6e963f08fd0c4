"""Room 6: records of runs become statistics, tables and figures."""
