"""Widgets drawn with the painter: meters, plots and timelines."""
