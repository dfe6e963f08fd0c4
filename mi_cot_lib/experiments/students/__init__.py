"""What trained students are: what they reach, and what their features share."""
