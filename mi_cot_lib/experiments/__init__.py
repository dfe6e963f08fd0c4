"""Items as data: which runs fill which table, how they are made, and where their records are kept."""
