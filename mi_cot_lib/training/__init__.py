"""Room 4: the trainer, a run's configuration, folder and record. Knows no plots."""
