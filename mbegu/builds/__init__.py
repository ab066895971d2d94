"""What DVC and git know of a build."""
