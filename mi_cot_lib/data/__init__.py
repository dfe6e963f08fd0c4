"""Room 1: raw records become Examples. Knows no torch."""
