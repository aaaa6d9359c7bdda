"""Training and evaluating the models from the command line. Knows nothing of the window."""
