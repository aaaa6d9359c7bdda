"""A home made by version 0.3.0 (tests/data/home-0.3.0) opens in this version with nothing missing.

It was made by that version's own command line and services: two sessions of one case, of which the first was rated,
marked, retried from an earlier turn and written up, a session of another case, a session left open, a try at a drill,
a consent, and the window's settings. ``expected.json`` is what that version itself said of it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from PySide6.QtCore import QSettings

from simpatient.bootstrap.app import open_app
from simpatient.bootstrap.settings import open_settings
from simpatient.bootstrap.upkeep import open_upkeep
from simpatient.domain.ports import RememberingEncoder
from simpatient.domain.session.session import Session
from simpatient.gui.base.preferences import Preferences
from simpatient.services.application import App
from simpatient.services.sessions.session_export import export_session

MADE = Path(__file__).parent.parent / "data" / "home-0.3.0"
EXPECTED: dict[str, Any] = json.loads((MADE / "expected.json").read_text(encoding="utf-8"))
SESSIONS: dict[str, dict[str, Any]] = EXPECTED["sessions"]


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    return Path(copytree(MADE, tmp_path / "home"))


@pytest.fixture
def app(old_home: Path, encoder: RememberingEncoder) -> Iterator[App]:
    opened = open_app(old_home, encoder=encoder)
    yield opened
    opened.close()


def _cards(session: Session) -> dict[str, list[dict[str, Any]]]:
    cards = dict(session.other_scorecards)
    if session.scorecards and session.leaf is not None:
        cards[session.leaf] = session.scorecards
    return {
        str(leaf): [card.model_dump(mode="json", by_alias=True) for card in found] for leaf, found in cards.items()
    }


def test_every_session_is_there_as_it_was(app: App) -> None:
    assert set(app.sessions.session_ids(app.actor.person_id)) == set(SESSIONS)
    for session_id, was in SESSIONS.items():
        session = app.sessions.get(session_id)
        now = json.loads(json.dumps(export_session(session)))
        assert now["turns"] == was["export"]["turns"]
        assert now["manifest"] == was["export"]["manifest"]
        assert (session.is_ended, list(session.debriefed)) == (was["ended"], was["debriefed"])
        assert [turn.turn for turn in session.turns if turn.marked] == was["marks"]
        assert _cards(session) == was["cards"]
        assert (session.self_rating.model_dump() if session.self_rating else None) == was["rating"]


def test_what_was_written_tried_and_agreed_is_there(app: App) -> None:
    for session_id, was in SESSIONS.items():
        if was["rating"]:
            attempts = [a for each in app.write.exercises(app.actor, session_id) for a in each.attempts]
            assert [a.model_dump(mode="json", by_alias=True) for a in attempts] == was["attempts"]
    drill = EXPECTED["drill"]
    (state,) = [card for card in app.drill.drills(app.actor) if card.drill_id == drill["id"]]
    assert state.due != "new"
    consents = [consent.model_dump(mode="json") for consent in app.consents.history(app.actor)]
    assert consents == EXPECTED["consents"]


def test_earlier_scorecards_are_first_revisions(app: App) -> None:
    rated = next(session_id for session_id, was in SESSIONS.items() if was["rating"])
    for leaf in SESSIONS[rated]["debriefed"]:
        history = app.sessions.scorecard_history(rated, leaf)
        assert {revision.number for revision in history} == {1}


def test_progress_holds_what_may_be_seen(app: App) -> None:
    progress = app.progress.progress(app.actor)
    assert {row.session_id for row in progress.sessions} == set(SESSIONS)
    (rated,) = [session_id for session_id, was in SESSIONS.items() if was["rating"]]
    assert progress.curves
    assert {point.session_id for curve in progress.curves for point in curve.points} == {rated}


def test_the_open_session_continues(app: App) -> None:
    (open_one,) = [session_id for session_id, was in SESSIONS.items() if not was["ended"]]
    app.practise.resume(app.actor, open_one)
    answer = app.practise.reply(app.actor, open_one, "How have you been sleeping?", lambda _: None)
    assert answer.patient.text


def test_the_database_is_sound_and_kept_before_the_update(old_home: Path, app: App) -> None:
    assert app.sessions.check() == ()
    assert list((old_home / "backups").iterdir())
    app.close()
    assert open_upkeep(old_home).check() == ()


def test_the_window_s_settings_are_taken_over(old_home: Path) -> None:
    former = QSettings(str(old_home / "window.ini"), QSettings.Format.IniFormat)
    preferences = Preferences(open_settings(old_home), former)
    assert (preferences.theme, preferences.text_size, preferences.shows_codes) == ("dark", "large", True)
