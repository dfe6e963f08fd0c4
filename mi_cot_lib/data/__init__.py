"""Raw records become Examples. Knows no torch."""
