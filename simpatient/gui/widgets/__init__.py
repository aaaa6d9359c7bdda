"""Widgets the pages are made of. They know tokens and theme, never services or pages."""
