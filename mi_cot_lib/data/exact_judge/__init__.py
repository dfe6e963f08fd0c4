"""Judges rationales about the built-in worlds exactly: what is true in them is known."""
