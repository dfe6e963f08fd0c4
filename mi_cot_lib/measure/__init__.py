"""Numbers become estimates: over seeds, over items, calibration, mutual information. Knows only errors."""
