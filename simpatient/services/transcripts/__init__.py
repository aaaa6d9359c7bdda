"""Recordings become transcripts."""
