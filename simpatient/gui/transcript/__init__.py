"""Turns as rows, with playback and correction."""
