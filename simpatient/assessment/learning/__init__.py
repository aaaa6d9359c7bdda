"""Drill attempts and progress curves."""
