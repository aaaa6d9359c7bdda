"""Sessions on disk: SQLite through SQLAlchemy, migrated by alembic. Must not know the window."""
