"""What can be said of a text of any script, without a model."""
