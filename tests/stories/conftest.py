"""The real coder, encoder and personas, loaded once; home folders are temporary."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from simpatient.bootstrap import coding
from simpatient.bootstrap.app import open_app
from simpatient.content.library import FileContentLibrary, open_library
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.ports import Coder, RememberingEncoder
from simpatient.services.application import App
from simpatient.services.sessions.minds import MindStore

SCRIPTS = Path(__file__).parent.parent / "data" / "scripts"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def library(home: Path) -> FileContentLibrary:
    return open_library(home)


@pytest.fixture(scope="session")
def encoder(home: Path) -> RememberingEncoder:
    from simpatient.llm.encoder.embedder import CachedEncoder

    shipped = bundled_root().joinpath(*coding.VECTORS)
    return CachedEncoder(coding.sentence_encoder(), home / "cache", shipped=shipped, capacity=60_000)


@pytest.fixture(scope="session")
def coder(encoder: RememberingEncoder) -> Coder:
    return coding.open_coder(encoder)


@pytest.fixture(scope="session")
def minds(library: FileContentLibrary, encoder: RememberingEncoder) -> MindStore:
    return MindStore(library, encoder)


@pytest.fixture
def app(tmp_path: Path, encoder: RememberingEncoder) -> Iterator[App]:
    opened = open_app(tmp_path, encoder=encoder)
    yield opened
    opened.close()


@lru_cache
def script(case: str, name: str) -> tuple[str, ...]:
    text = (SCRIPTS / case / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if line.strip())


def script_names(case: str, kind: str) -> list[str]:
    return sorted(path.stem for path in (SCRIPTS / case).glob(f"{kind}_*.txt"))


CASES = sorted(path.name for path in SCRIPTS.iterdir() if path.is_dir())
