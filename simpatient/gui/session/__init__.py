"""The session page: typed and spoken practice."""
