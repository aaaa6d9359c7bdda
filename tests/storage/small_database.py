"""A closed database with a little of everything, on small pages so that each of its bytes can be damaged in turn."""

import sqlite3
from contextlib import closing
from pathlib import Path

from simpatient.domain.people.consent import Consent
from simpatient.storage.opening import open_repositories
from tests.storage.made_sessions import A_RATING, T0, a_card, a_full_turn, a_session, a_turn
from tests.storage.test_drill_repository import a_state, a_try
from tests.storage.test_writing_repository import an_attempt

SESSIONS = ("s0", "s1", "s2")
PAGE = 512


def make_small_database(path: Path) -> bytes:
    """Return the bytes of a database with three sessions, an attempt, a drill and a consent."""
    stored = open_repositories(path)
    for session_id in SESSIONS:
        turns = (a_full_turn(0), a_turn(1, 0), a_full_turn(2, 1))
        cards = (a_card(session_id),)
        stored.sessions.create(
            a_session(session_id, turns=turns, leaf=2, scorecards=cards, self_rating=A_RATING, ended_at=T0)
        )
    stored.writings.add(an_attempt())
    stored.drills.add_try(a_try(), a_state())
    stored.consents.add(Consent(trainee_id="t1", purpose="microphone", wording="Yes.", given_at=T0))
    stored.sessions.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode=DELETE", f"PRAGMA page_size={PAGE}", "VACUUM"):
            connection.execute(statement)
    return path.read_bytes()
