"""Numbers by setting: each measure's mean over seeds, with its interval."""
