"""Rows from hand-written seeds."""
