"""The estimators against known truths, and one student measured with them."""
