"""Commands for the home folder: database, bin, health."""
