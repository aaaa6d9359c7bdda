"""Commands for language models and speech recognisers."""
