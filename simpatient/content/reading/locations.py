"""Where content and the user's own files lie. Knows folders only, nothing of what is in the files."""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "SIMPATIENT_HOME"
PACKAGE = Path(__file__).resolve().parents[2]


def app_home() -> Path:
    """Return the folder for the database and the user's own content; it need not exist yet.

    ``SIMPATIENT_HOME`` wins, else the platform's folder for user data.
    """
    chosen = os.environ.get(HOME_VARIABLE, "").strip()
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_data_dir("simpatient", appauthor=False))


def bundled_root() -> Path:
    """Return the folder that holds ``personas``, ``curricula`` and ``assets``.

    A checkout has them beside the package, an installed wheel inside it (``_data``).
    """
    checkout = PACKAGE.parent
    return checkout if (checkout / "personas").is_dir() else PACKAGE / "_data"


def bundled_folders() -> tuple[Path, ...]:
    """Return the folders of the content that comes with the program."""
    return tuple(bundled_root() / name for name in ("personas", "curricula", "assets"))


def user_folder(home: Path) -> Path:
    """Return the folder in which a user's own personas, curricula and rubrics are looked for."""
    return home / "content"
