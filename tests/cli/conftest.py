"""The command line on a program in memory, and on the bundled content where it only lists and checks."""

from dataclasses import fields
from pathlib import Path

import pytest

from simpatient.cli.practice import reports
from simpatient.services.application import App
from tests.builders import ME
from tests.world import ENCODER, World


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMPATIENT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def world(home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    given = {"home": home, "actor": ME, "encoder": ENCODER, "on_close": ()}
    # What the world has not, the command line does not use either (microphone, voices, bin ...).
    made_of = {field.name: given.get(field.name, getattr(made, field.name, None)) for field in fields(App)}
    app = App(**made_of)
    monkeypatch.setattr("simpatient.bootstrap.app.open_app", lambda *_: app)
    monkeypatch.setattr(reports, "open_app", lambda *_: app)
    return made
