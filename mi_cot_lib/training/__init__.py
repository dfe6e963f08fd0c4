"""The trainer, a run's configuration, targets, folder and record. Knows no plots."""
