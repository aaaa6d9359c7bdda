"""The command line on a program in memory, and on the bundled content where it only lists and checks."""

from pathlib import Path

import pytest

from simpatient.bootstrap.app import App
from simpatient.cli.practice import reports
from tests.builders import ME
from tests.world import ENCODER, World


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMPATIENT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def world(home: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    names = ("practise", "review", "progress", "author", "reports", "drill", "models", "write", "judge", "scorecards")
    # The command line does not talk.
    silent = dict.fromkeys(
        ("consents", "talking", "sound_check", "recognisers", "recording_playback", "deletion", "session_drafts", "bin")
    )
    app = App(
        home=home, actor=ME, library=made.library, encoder=ENCODER, coder=made.coder, sessions=made.sessions,
        **{name: getattr(made, name) for name in names}, **silent,
    )  # fmt: skip
    monkeypatch.setattr("simpatient.bootstrap.app.open_app", lambda *_: app)
    monkeypatch.setattr(reports, "open_app", lambda *_: app)
    return made
