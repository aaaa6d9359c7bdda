"""Writing content files."""
