"""What the feedback says, and the quotes it rests on."""
