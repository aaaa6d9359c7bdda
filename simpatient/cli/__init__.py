"""The command line: a thin layer over the services. Must not hold any logic itself."""
