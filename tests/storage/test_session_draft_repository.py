"""The contract of ``SessionDraftRepository``, held by the database and by the fake alike, and what the database adds."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simpatient.domain.errors import NotFound
from simpatient.domain.session.session_drafts import SessionDraft, composer_texts, words_not_sent
from simpatient.services.sessions.ports import SessionDraftRepository, SessionRepository
from simpatient.storage.opening import open_repositories
from tests.draft_fakes import InMemorySessionDrafts
from tests.session_fakes import InMemorySessions
from tests.storage.made_sessions import T0, a_session, a_turn, set_back

Stores = tuple[SessionRepository, SessionDraftRepository]


def a_draft(**more: Any) -> SessionDraft:
    fields = {"session_id": "s1", "kind": "composer", "texts": {"typed": " And what\n would \U0001f937 "}, "at": T0}
    return SessionDraft(**{**fields, **more})


@pytest.fixture(params=["database", "memory"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    if request.param == "memory":
        sessions = InMemorySessions()
        made: Stores = (sessions, InMemorySessionDrafts(sessions))
    else:
        opened = open_repositories(tmp_path / "s.db")
        made = (opened.sessions, opened.session_drafts)
    made[0].create(a_session())
    yield made
    made[0].close()


def test_a_draft_comes_back_as_it_was_blanks_included(stores: Stores) -> None:
    stores[1].save(a_draft())
    assert stores[1].drafts("s1") == (a_draft(),)


def test_a_later_state_takes_the_place_of_the_earlier_one(stores: Stores) -> None:
    stores[1].save(a_draft())
    later = a_draft(texts={"typed": "And what would"}, at=T0 + timedelta(seconds=1))
    stores[1].save(later)
    assert stores[1].drafts("s1") == (later,)


def test_drafts_of_one_session_are_kept_apart_by_kind_and_part(stores: Stores) -> None:
    wanted = [("composer", ""), ("self_rating", ""), ("writing", "risk"), ("writing", "sense")]
    for kind, part in reversed(wanted):
        stores[1].save(a_draft(kind=kind, part=part))
    assert [(each.kind, each.part) for each in stores[1].drafts("s1")] == wanted
    stores[1].remove("s1", "writing", "risk")
    stores[1].remove("s1", "writing", "not there")
    assert [(each.kind, each.part) for each in stores[1].drafts("s1")] == [wanted[0], wanted[1], wanted[3]]


def test_drafts_belong_to_their_session_and_go_with_it(stores: Stores) -> None:
    sessions, drafts = stores
    sessions.create(a_session("s2"))
    drafts.save(a_draft())
    drafts.save(a_draft(session_id="s2", texts={"typed": "Other words"}))
    assert [each.texts["typed"] for each in drafts.drafts("s2")] == ["Other words"]
    sessions.delete("s1")
    sessions.create(a_session())
    assert drafts.drafts("s1") == ()
    assert len(drafts.drafts("s2")) == 1
    assert sessions.check() == ()


def test_an_unknown_session_is_not_found(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores[1].save(a_draft(session_id="no"))
    with pytest.raises(NotFound):
        stores[1].drafts("no")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.dictionaries(st.text("abc", min_size=1), st.text(st.characters(exclude_categories=["Cs"]))))
def test_any_words_come_back(stores: Stores, texts: dict[str, str]) -> None:
    stores[1].save(a_draft(texts=texts))
    assert stores[1].drafts("s1")[0].texts == texts


def test_a_draft_that_cannot_be_read_keeps_its_session_and_the_others(tmp_path: Path) -> None:
    opened = open_repositories(tmp_path / "s.db")
    opened.sessions.create(a_session())
    opened.session_drafts.save(a_draft())
    opened.session_drafts.save(a_draft(kind="self_rating"))
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute("UPDATE session_drafts SET texts = '[1' WHERE kind = 'composer'")
        connection.commit()
    assert [each.kind for each in opened.session_drafts.drafts("s1")] == ["self_rating"]
    opened.sessions.close()


def test_a_database_from_before_drafts_gets_their_table_and_keeps_its_sessions(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    before = open_repositories(path)
    before.sessions.create(a_session())
    before.sessions.close()
    set_back(path, 5)
    opened = open_repositories(path)
    opened.session_drafts.save(a_draft())
    assert opened.session_drafts.drafts("s1") == (a_draft(),)
    assert opened.sessions.get("s1") == a_session()
    opened.sessions.close()


_KILLED = """
import os, signal, sys
from pathlib import Path
from simpatient.storage.opening import open_repositories
from tests.storage.made_sessions import a_session
from tests.storage.test_session_draft_repository import a_draft
opened = open_repositories(Path(sys.argv[1]))
opened.sessions.create(a_session())
for end in range(1, 60):
    opened.session_drafts.save(a_draft(texts={"typed": "What would that be like?"[:end]}))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_saved_draft_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    done = subprocess.run([sys.executable, "-c", _KILLED, str(path)], env=dict(os.environ), check=False)
    assert done.returncode == -signal.SIGKILL
    opened = open_repositories(path)
    assert opened.session_drafts.drafts("s1")[0].texts == {"typed": "What would that be like?"}
    opened.sessions.close()


def test_words_being_sent_come_back_only_while_they_are_no_turn() -> None:
    stored = (a_turn(0), a_turn(1, 0, "Mm."), a_turn(2, 1))
    assert words_not_sent({}, stored) == ""
    assert words_not_sent(composer_texts("half a"), stored) == "half a"
    sending = composer_texts("", "Mm.", 2)
    assert words_not_sent(sending, stored) == "Mm."
    assert words_not_sent(composer_texts("And", "Mm.", 2), stored) == "Mm.\nAnd"
    now_stored = (*stored, a_turn(3, 2, "Mm."))
    assert words_not_sent(sending, now_stored) == ""
    assert words_not_sent(composer_texts("And", "Mm.", 2), now_stored) == "And"
    assert words_not_sent(composer_texts("", "First words"), ()) == "First words"
    assert composer_texts("  \n") == {}


def test_words_being_sent_come_back_when_another_window_said_something_else() -> None:
    elsewhere = (a_turn(0), a_turn(1, 0, "Mm."), a_turn(2, 1), a_turn(3, 2, "Said in the other window."))
    assert words_not_sent(composer_texts("", "Mine.", 2), elsewhere) == "Mine."
    assert words_not_sent(composer_texts("", "Mine.\x00 ", 2), (*elsewhere, a_turn(5, 4, "Mine."))) == ""
