"""simpatient: practise therapy skills with simulated patients, on your own computer."""

__version__ = "0.4.0"
