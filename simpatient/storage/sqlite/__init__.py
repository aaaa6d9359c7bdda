"""SQLite: opening, transactions, schema, integrity."""
