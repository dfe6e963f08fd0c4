"""Checkpoint and tokeniser in, batches out. Knows no loss weights."""
