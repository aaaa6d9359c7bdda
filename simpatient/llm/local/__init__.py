"""Language models run on this computer."""
