"""Recordings read from and written to files."""
