"""MI-CoT: mutual information for chain-of-thought distillation, taught, re-run and checked."""
