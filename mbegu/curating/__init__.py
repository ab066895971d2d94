"""Which rows make a version."""
