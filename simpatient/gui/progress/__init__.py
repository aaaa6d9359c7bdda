"""The progress page."""
