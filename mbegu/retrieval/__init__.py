"""What is known of a subject, found by the words or the sense of a query."""
