"""Room 5: a student and Examples become Predictions and scores."""
