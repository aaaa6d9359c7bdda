"""The sample content, as a folder that a test may change."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from simpatient.content.library import FileContentLibrary

SAMPLES = Path(__file__).parent / "samples"
KINDS = (
    *("personas", "cases", "curricula", "rubrics", "intents", "schemes", "dynamics", "guard", "debrief", "prompts"),
    *("patient-prompts", "drills", "models"),
)
Edit = Callable[[str, str, str], Path]


def files_library(folder: Path, own: Path | None = None) -> FileContentLibrary:
    """Return a library over the sample folders."""
    return FileContentLibrary([folder / kind for kind in KINDS], own)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(copytree(SAMPLES, tmp_path / "samples"))


@pytest.fixture
def edit(folder: Path) -> Edit:
    """Replace one piece of text in one sample file; the piece must be there exactly once."""

    def replace(name: str, old: str, new: str) -> Path:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is in {name} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return path

    return replace
