"""Holding a session aloud."""
