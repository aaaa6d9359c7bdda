"""Consent, kept recordings and deletion."""
