"""Rows to token ids to an adapter."""
