"""Bounds on mutual information that a trained network states: critics, decoders and their fit."""
