"""What only the notebooks call: chapter drawings, widgets, checks. Nothing imports it."""
