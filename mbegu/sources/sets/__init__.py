"""Rows from public and shared sets."""
