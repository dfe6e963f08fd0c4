"""Room 2: checkpoint and tokeniser in, batches out. Knows no loss weights."""
