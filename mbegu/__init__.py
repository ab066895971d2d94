"""Mbegu: instruction datasets and adapters, built from hand-written seeds."""
