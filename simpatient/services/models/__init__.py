"""Language models and speech recognisers on this computer."""
