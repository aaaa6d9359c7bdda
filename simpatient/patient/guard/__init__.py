"""Checks on every line a patient is about to say."""
