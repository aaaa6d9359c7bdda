"""The repositories, one a subject."""
