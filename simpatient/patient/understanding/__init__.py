"""What a trainee's turn is about: intents, topics, events."""
