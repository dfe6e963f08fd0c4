"""Pretrained models that wheels of the Python package index carry, for machines that reach no model hub."""
