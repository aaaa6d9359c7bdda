"""Training the embedded coder."""
