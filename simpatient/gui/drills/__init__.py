"""The drill pages."""
