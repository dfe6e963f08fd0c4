"""The run explorer: which questions it shows, how it marks them, and its controls."""
