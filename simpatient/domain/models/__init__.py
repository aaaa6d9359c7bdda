"""Language models and speech recognisers, as values."""
