"""The base model: fetched, verified, loaded."""
