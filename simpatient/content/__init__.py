"""Authored content: YAML to domain values with file and line in every error. Must not know storage or Qt."""
