"""Microphone, recogniser and voice. Knows nothing of the window."""
