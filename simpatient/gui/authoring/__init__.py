"""The author page."""
