"""A student and Examples become Predictions and scores."""
