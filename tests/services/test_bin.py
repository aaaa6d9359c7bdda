"""Deleting with a way back, on the real database: what goes, what stays, what comes back, what is gone for good."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simpatient.domain.assessment.score import ScorecardOrigin
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.learning.practice_history import history_of
from simpatient.domain.session.session import Session
from simpatient.domain.session.session_drafts import SessionDraft
from simpatient.presentation.words.deletion import bin_facts, bin_title, what_goes, what_stays
from simpatient.services.learning.progress import ProgressService
from simpatient.services.privacy.bin import BinService
from simpatient.storage.opening import Repositories, open_repositories
from tests.builders import ME, SOMEBODY
from tests.fakes import FixedClock
from tests.storage.made_sessions import A_RATING, SPEECH, T0, a_card, a_full_turn, a_session, a_turn
from tests.talk_fakes import InMemoryClips
from tests.world import World

MINE = {"trainee_id": ME.person_id, "case_id": "nell-first"}


@dataclass
class Home:
    """An opened database with what deletes in it."""

    stored: Repositories
    bin: BinService
    progress: ProgressService
    clips: InMemoryClips
    clock: FixedClock

    def listed(self) -> list[tuple[str, int | None, int]]:
        """Return what the trainee sees of their sessions: id, end and number of each attempt."""
        return [(each.session_id, each.leaf, each.attempt) for each in self.progress.progress(ME).sessions]

    def get(self, session_id: str = "s1") -> Session:
        return self.stored.sessions.get(session_id)


def _home(path: Path) -> Home:
    stored, world = open_repositories(path), World()
    clips = InMemoryClips(world.clock)
    service = BinService(
        library=world.library, sessions=stored.sessions, writings=stored.writings, drafts=stored.session_drafts, entries=stored.bin,
        recordings=clips, clock=world.clock,
    )  # fmt: skip
    progress = ProgressService(
        library=world.library, sessions=stored.sessions, history=stored.history, clock=world.clock
    )
    return Home(stored, service, progress, clips, world.clock)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = _home(tmp_path / "s.db")
    yield made
    made.stored.sessions.close()


def _retried(home: Home) -> None:
    """Hold a session, end it, retry from turn 2 and end that too: attempts end in 4 and 6, 0 to 2 are shared."""
    first = [a_full_turn(0), *(a_turn(n, n - 1) for n in range(1, 4)), a_full_turn(4, 3)]
    home.stored.sessions.create(a_session(turns=tuple(first), leaf=4, scorecards=(a_card(),), **MINE))
    home.stored.sessions.end("s1", T0 + timedelta(minutes=20))
    home.stored.sessions.save_self_rating("s1", A_RATING)
    home.stored.sessions.set_leaf("s1", 2)
    home.stored.sessions.reopen("s1")
    home.stored.sessions.add_turn("s1", a_turn(5, 2))
    home.stored.sessions.add_turn("s1", a_full_turn(6, 5))
    home.stored.sessions.add_scorecards("s1", 6, [a_card(rubric="b")], ScorecardOrigin())
    home.stored.sessions.end("s1", T0 + timedelta(minutes=40))


def test_deleting_a_retry_leaves_the_original_as_it_was(home: Home) -> None:
    _retried(home)
    whole = home.get()
    home.bin.delete_attempt(ME, "s1", 6)
    left = home.get()
    assert home.listed() == [("s1", 4, 1)]
    assert left.path() == whole.path(4)
    assert (left.scorecards, left.other_scorecards) == (whole.other_scorecards[4], {})
    assert (left.is_ended, left.self_rating) == (True, A_RATING)
    assert {turn.turn for turn in left.turns} == {0, 1, 2, 3, 4}
    with pytest.raises(NotFound):
        left.on_branch(6)


def test_deleting_the_original_leaves_the_retry_with_what_they_share(home: Home) -> None:
    _retried(home)
    whole = home.get()
    home.bin.delete_attempt(ME, "s1", 4)
    left = home.get()
    assert home.listed() == [("s1", 6, 1)]
    assert (left.path(), left.scorecards, left.ended_at) == (whole.path(), whole.scorecards, whole.ended_at)
    assert {turn.turn for turn in left.turns} == {0, 1, 2, 5, 6}


@pytest.mark.parametrize("leaf", [4, 6, None])
def test_what_is_restored_is_as_it_was(home: Home, leaf: int | None) -> None:
    _retried(home)
    whole, listed = home.get(), home.progress.progress(ME)
    if leaf is None:
        home.bin.delete_session(ME, "s1")
    else:
        home.bin.delete_attempt(ME, "s1", leaf)
    (item,) = home.bin.items(ME)
    home.bin.restore(ME, item.entry.id)
    assert home.get() == whole
    assert home.progress.progress(ME).model_copy(update={"generated_at": listed.generated_at}) == listed
    assert home.bin.items(ME) == ()
    assert home.stored.sessions.check() == ()


def test_a_deleted_session_is_to_be_seen_nowhere_but_in_the_bin(home: Home) -> None:
    _retried(home)
    home.stored.sessions.create(a_session("open", turns=(a_turn(0),), leaf=0, **MINE))
    for session_id in ("s1", "open"):
        home.bin.delete_session(ME, session_id)
    progress, start = home.progress.progress(ME), home.progress.home(ME)
    assert (tuple(progress.sessions), progress.curves, start.open_sessions) == ((), (), ())
    assert all(unit.sessions == 0 for unit in (*progress.units, *start.curricula[0].units))
    assert [case.sessions for case in start.cases] == [0]
    assert home.progress.trainees(ME) == ()
    assert home.stored.sessions.session_ids(ME.person_id) == ()
    for use in (home.get, lambda: home.stored.sessions.add_turn("s1", a_turn(7, 6)), lambda: home.bin.extent(ME, "s1")):
        with pytest.raises(NotFound):
            use()
    assert [item.entry.session_id for item in home.bin.items(ME)] == ["open", "s1"]
    assert home.stored.sessions.check() == ()


def test_the_only_attempt_is_the_session(home: Home) -> None:
    home.stored.sessions.create(a_session(turns=(a_turn(0), a_turn(1, 0)), leaf=1, scorecards=(a_card(),), **MINE))
    home.stored.sessions.end("s1", T0)
    assert home.bin.extent(ME, "s1", 1).leaf is None
    home.bin.delete_attempt(ME, "s1", 1)
    (item,) = home.bin.items(ME)
    assert (item.entry.leaf, item.entry.attempts, item.entry.trainee_turns) == (None, 1, 1)
    with pytest.raises(NotFound):
        home.get()


def test_an_open_retry_is_deleted_alone_and_comes_back_open(home: Home) -> None:
    _retried(home)
    home.stored.sessions.set_leaf("s1", 2)
    home.stored.sessions.reopen("s1")
    home.stored.sessions.add_turn("s1", a_turn(7, 2))
    home.bin.delete_attempt(ME, "s1", 7)
    assert home.listed() == [("s1", 6, 2), ("s1", 4, 1)]
    assert home.get().is_ended
    # What is in the bin keeps its numbers, so that it can come back.
    home.stored.sessions.set_leaf("s1", 2)
    home.stored.sessions.reopen("s1")
    assert home.get().first_free_turn == 8
    (item,) = home.bin.items(ME)
    with pytest.raises(UserFacingError, match="only one can be"):
        home.bin.restore(ME, item.entry.id)
    home.stored.sessions.set_leaf("s1", 6)
    home.stored.sessions.end("s1", T0)
    home.bin.restore(ME, item.entry.id)
    assert (home.get().leaf, home.get().is_ended) == (7, False)


def test_everything_that_goes_is_named(home: Home) -> None:
    _retried(home)
    attempt, session = home.bin.extent(ME, "s1", 6), home.bin.extent(ME, "s1")
    assert (attempt.leaf, attempt.turns, attempt.scorecards, attempt.recordings) == (6, 2, 1, 1)
    assert (attempt.attempts, attempt.attempts_left, attempt.has_self_rating) == (1, 1, False)
    assert (session.attempts, session.turns, session.scorecards, session.recordings) == (2, 7, 2, 3)
    assert what_goes(attempt) == (
        "2 turns of the conversation",
        "1 scorecard with the feedback made from them",
        "1 recording of what you said",
    )
    assert what_stays(attempt) == "The other attempt at this session, your own rating and what you wrote up stay."
    assert what_goes(session)[0] == "Both attempts at this session"
    assert "Your own rating" in what_goes(session)
    assert what_stays(session) == ""
    half = "What you have begun to write and not sent or saved"
    assert half not in what_goes(session)
    draft = SessionDraft(session_id="s1", kind="writing", part="x", texts={"wish": "He wan"}, at=home.clock.now())
    home.stored.session_drafts.save(draft)
    assert half in what_goes(home.bin.extent(ME, "s1"))
    home.bin.delete_attempt(ME, "s1", 6)
    (item,) = home.bin.items(ME)
    assert bin_title(item) == "One attempt with Nell Archer: " + item.case_title
    assert "1 turn of yours" in bin_facts(item)


def test_erasing_an_attempt_takes_what_is_its_own_and_its_sound(home: Home) -> None:
    _retried(home)
    for turn in (4, 6):
        stored = next(each for each in home.get().turns if each.turn == turn)
        clip = home.clips.save(ME.person_id, "s1", None, T0 + timedelta(days=9000))  # type: ignore[arg-type]
        changed = stored.model_copy(update={"speech": SPEECH.model_copy(update={"clip": clip})})
        home.stored.sessions.amend_turn("s1", changed, T0)
    left = home.get().on_branch(4)
    home.bin.delete_attempt(ME, "s1", 6)
    assert len(home.clips.kept) == 2
    (item,) = home.bin.items(ME)
    home.bin.erase(ME, item.entry.id)
    assert home.bin.items(ME) == ()
    assert set(home.clips.kept) == {"clip1"}
    assert home.get().path() == left.path()
    assert home.get().first_free_turn == 0
    assert home.stored.sessions.check() == ()


def test_emptying_erases_for_good(home: Home) -> None:
    _retried(home)
    home.bin.delete_attempt(ME, "s1", 4)
    home.bin.delete_session(ME, "s1")
    # The attempt deleted before goes and comes with its session.
    assert [item.entry.leaf for item in home.bin.items(ME)] == [None]
    assert home.bin.empty(ME) == 1
    assert home.bin.empty(ME) == 0
    assert home.stored.bin._read(lambda c: c.exec_driver_sql("SELECT count(*) FROM turns").scalar()) == 0


def test_the_bin_is_its_owners_alone(home: Home) -> None:
    _retried(home)
    for use in (
        lambda: home.bin.delete_session(SOMEBODY, "s1"),
        lambda: home.bin.delete_attempt(SOMEBODY, "s1", 6),
        lambda: home.bin.extent(SOMEBODY, "s1"),
    ):
        with pytest.raises(NotFound):
            use()
    home.bin.delete_session(ME, "s1")
    (item,) = home.bin.items(ME)
    assert home.bin.items(SOMEBODY) == ()
    for use in (lambda: home.bin.restore(SOMEBODY, item.entry.id), lambda: home.bin.erase(SOMEBODY, item.entry.id)):
        with pytest.raises(NotFound):
            use()
    assert home.bin.empty(SOMEBODY) == 0
    assert home.bin.items(ME) == (item,)


def test_what_has_waited_long_enough_is_erased(home: Home) -> None:
    _retried(home)
    assert home.bin.days() == 30
    home.bin.keep_for(2)
    home.bin.delete_session(ME, "s1")
    (item,) = home.bin.items(ME)
    assert item.erased_at - item.entry.binned_at == timedelta(days=2)
    assert home.bin.erase_expired() == 0
    home.clock._now = item.erased_at
    assert home.bin.erase_expired() == 1
    assert home.bin.items(ME) == ()
    for days in (0, 4000):
        with pytest.raises(UserFacingError, match=r"1 to 3,650 days"):
            home.bin.keep_for(days)


STEPS = st.lists(
    st.tuples(st.sampled_from(["say", "end", "retry", "delete", "restore", "erase"]), st.integers(0, 40)), max_size=18
)
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None


def _step(home: Home, action: str, choice: int) -> None:
    sessions, session, items = home.stored.sessions, home.get(), home.bin.items(ME)
    number = max([session.first_free_turn, *(turn.turn + 1 for turn in session.turns)])
    if action == "say" and not session.is_ended:
        sessions.add_turn("s1", a_turn(number, session.leaf))
    elif action == "end" and session.leaf is not None:
        sessions.add_scorecards("s1", session.leaf, [a_card()], ScorecardOrigin())
        sessions.end("s1", T0 + timedelta(hours=number))
    elif action == "retry" and session.is_ended:
        sessions.set_leaf("s1", session.turns[choice % len(session.turns)].turn)
        sessions.reopen("s1")
    elif action == "delete" and len(session.attempts()) > 1:
        attempt = session.attempts()[choice % len(session.attempts())]
        if attempt.leaf is not None:
            home.bin.delete_attempt(ME, "s1", attempt.leaf)
    elif action in ("restore", "erase") and items:
        entry = items[choice % len(items)].entry
        if action == "erase":
            home.bin.erase(ME, entry.id)
        elif session.is_ended:
            home.bin.restore(ME, entry.id)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_whatever_is_deleted_and_restored_the_tree_is_whole(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory(dir=IN_MEMORY) as folder:
        home = _home(Path(folder) / "s.db")
        home.stored.sessions.create(a_session(turns=(a_turn(0),), leaf=0, **MINE))
        for action, choice in steps:
            _step(home, action, choice)
            for attempt in home.get().attempts():
                assert attempt.path()
            found = home.stored.history.history(ME.person_id)
            assert found.attempts == history_of([home.get()]).attempts
        assert home.stored.sessions.check() == ()
        home.stored.sessions.close()
