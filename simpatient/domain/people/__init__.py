"""People and what they agreed to, as values."""
