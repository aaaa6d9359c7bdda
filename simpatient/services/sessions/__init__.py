"""Holding a practice session."""
