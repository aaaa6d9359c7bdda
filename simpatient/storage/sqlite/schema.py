"""Brings a database to the schema this program knows, with a copy kept of what was there before.

The schema's number is also kept in SQLite's ``user_version``, so that an up-to-date database opens
without loading alembic.
"""

from pathlib import Path

from sqlalchemy import Connection

from simpatient.domain.errors import StorageUnavailable
from simpatient.storage.attempt_rows import rebuild
from simpatient.storage.sqlite.copies import FOLDER, copy_database
from simpatient.storage.sqlite.engine import WRITING, make_engine
from simpatient.storage.sqlite.failures import translating

# The number of the newest migration; a test holds it against the migrations folder.
SCHEMA_VERSION = 10
MIGRATIONS = Path(__file__).parent.parent / "migrations"


def upgrade(path: Path, *, migrations: Path = MIGRATIONS, is_new: bool = False) -> None:
    """Bring the database to the newest schema in one transaction: all of it or nothing.

    Args:
        path: The database file; made when it is not there.
        migrations: Folder of the alembic scripts.
        is_new: Whether there is nothing in it worth a copy.

    Raises:
        StorageUnavailable: The migration failed; the database is as it was.
    """
    kept = None if is_new else keep_copy(path)
    engine = make_engine(path, is_migrating=True)
    try:
        with translating(path), engine.connect().execution_options(**WRITING) as connection, connection.begin():
            _run_migrations(connection, migrations)
            rebuild(connection)
    except StorageUnavailable as error:
        # The database is as it was, so the copy says nothing new; one more at each try would fill the disk.
        if kept:
            kept.unlink(missing_ok=True)
        message = f"The database could not be updated; it is unchanged. {error.message}"
        raise StorageUnavailable(message, error.action) from error
    finally:
        engine.dispose()


def _run_migrations(connection: Connection, migrations: Path) -> None:
    # Imported here: alembic is only needed when there is something to migrate.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageUnavailable(f"It does not fit this program: {error}.", "Update simpatient.") from error
    head = ScriptDirectory.from_config(config).get_current_head() or "0"
    connection.exec_driver_sql(f"PRAGMA user_version={int(head)}")
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise StorageUnavailable(f"{len(broken)} rows would be orphaned.")


def keep_copy(path: Path) -> Path:
    """Copy the database into ``backups`` beside it, whole and consistent, and return the copy's path.

    Raises:
        StorageUnavailable: The copy could not be made.
    """
    return copy_database(path, free_name(path.parent / FOLDER / f"{path.stem}-before-update{path.suffix}"))


def free_name(wanted: Path) -> Path:
    """Return the first of ``name-1``, ``name-2`` ... that does not exist yet."""
    number = 1
    while (found := wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")).exists():
        number += 1
    return found
