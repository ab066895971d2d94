"""What a document says, told in many ways, so that a model that reads it all remembers it."""
