"""The chat page, and questions by hand."""
