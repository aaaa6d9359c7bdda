"""The command line: a thin layer over the services. Must not hold logic of its own."""
