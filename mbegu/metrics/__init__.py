"""Metrics as `evaluate.Metric`, usable without a hub."""
