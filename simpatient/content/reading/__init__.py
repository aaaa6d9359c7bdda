"""Reading content files, with the place of every mistake."""
