"""The derivation on worlds that are small enough to be summed exactly, and where its objective leads."""
