"""Behaviour codes for utterances."""
