"""What is said about a session, as values: codes, scores, debriefs, written work, speaking times."""
