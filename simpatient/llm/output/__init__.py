"""Turning a model's raw output into visible words."""
