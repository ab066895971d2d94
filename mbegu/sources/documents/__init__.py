"""Rows from documents."""
