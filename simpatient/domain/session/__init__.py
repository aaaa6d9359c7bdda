"""A practice session, as values."""
