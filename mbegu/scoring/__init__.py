"""Answers to verdicts."""
