"""The command line on a program in memory, and on the bundled content where it only lists and checks."""

from pathlib import Path

import pytest

from simpatient.bootstrap import App
from simpatient.cli import reports
from tests.world import ENCODER, World


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMPATIENT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def world(home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    parts = (
        made.practise,
        made.review,
        made.progress,
        made.author,
        made.reports,
        made.drill,
        made.models,
        made.write,
        made.judge,
    )
    app = App(home, "me", made.library, ENCODER, made.coder, made.sessions, *parts)
    monkeypatch.setattr("simpatient.bootstrap.open_app", lambda *_: app)
    monkeypatch.setattr(reports, "open_app", lambda *_: app)
    return made
