"""The cost of a year: what start page and progress page ask of the services, with 1,965 sessions and with 15.

Each size has a process of its own, so that memory can be compared; both do the same calls in the same run. Time is
processor time of all threads: on a shared machine it says what the calls cost, not what else is running.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

import psutil

from simpatient.bootstrap.clock import SystemClock
from simpatient.content.library import open_library
from simpatient.domain.assessment.score import Evidence, Overall, Score, Scorecard, SummaryValue
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import SelfRating, Session
from simpatient.services.learning.progress import ProgressService
from simpatient.storage.opening import open_repositories
from tests.benchmarks.conftest import Results
from tests.storage.made_sessions import T0, a_full_turn, a_session, a_turn, multiply

COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_year.py"
YEAR, FEW, TURNS, ROUNDS = 1965, 15, 29, 9
ME = Actor(person_id="me")
SEEN = (Evidence(turn=1, start=0, end=2, quote="Go"),) * 4


def _card(rubric: Rubric, random: Random) -> Scorecard:
    criteria = tuple(
        Score(id=c.id, value=random.randint(*map(int, c.scale)), scale=c.scale, confidence=0.6, status="estimate",
              evidence=SEEN)
        for c in rubric.criteria
    )  # fmt: skip
    summaries = tuple(SummaryValue(id=s.id, value=random.random(), n=12, undefined=False) for s in rubric.summaries)
    return Scorecard(
        session_id="s1", rubric=rubric.id, rubric_version=rubric.version, criteria=criteria, summaries=summaries,
        counts={count.id: random.randint(0, 9) for count in rubric.counts}, overall=Overall(confidence=0.5),
    )  # fmt: skip


def _session(home: Path) -> Session:
    library, random = open_library(home), Random(4)
    case = library.cases()[0]
    turns = tuple(
        (a_full_turn if number % 2 == 0 else a_turn)(number, number - 1 or None) for number in range(1, TURNS)
    )
    return a_session(
        trainee_id=ME.person_id, case_id=case.id, turns=(a_turn(0), *(t.model_copy(update={"parent": t.turn - 1})
        for t in turns)), leaf=TURNS - 1, ended_at=T0 + timedelta(minutes=20),
        scorecards=tuple(_card(library.rubric(each), random) for each in case.rubrics),
        self_rating=SelfRating(ratings={"listening": 3}),
    )  # fmt: skip


def make_home(home: Path, sessions: int) -> None:
    """Store so many sessions, by copying one that is stored as every other is."""
    home.mkdir()
    stored = open_repositories(home / "s.db")
    stored.sessions.create(_session(home))
    stored.sessions.close()
    multiply(home / "s.db", sessions)


def _measured(call: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    times = []
    for _ in range(ROUNDS):
        before()
        started = process_time()
        call()
        times.append(process_time() - started)
    return median(times)


def measure(home: Path) -> dict[str, float]:
    """Return what both pages' calls cost in this process; printed by a child of the benchmark."""
    stored, library = open_repositories(home / "s.db"), open_library(home)
    progress = ProgressService(library=library, sessions=stored.sessions, history=stored.history, clock=SystemClock())
    library.cases()  # content is read once per program, however many sessions there are
    marks = count()

    def change() -> None:
        """Store something, so that the next look cannot rest on the one before."""
        stored.sessions.mark_turn("s1", 1, next(marks) % 2 == 0)

    progress.progress(ME)
    found = {
        "start": _measured(lambda: progress.home(ME)),
        "progress": _measured(lambda: progress.progress(ME)),
        "after": _measured(lambda: (progress.home(ME), progress.progress(ME)), change),
        "sessions": len(progress.progress(ME).sessions),
        "points": max(len(curve.points) for curve in progress.progress(ME).curves),
        "memory": psutil.Process().memory_info().rss / 1e6,
    }
    stored.sessions.close()
    return found


def _in_a_process(home: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from tests.benchmarks.bench_year import main; main(sys.argv[1])", home],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def main(home: str) -> None:
    print(json.dumps(measure(Path(home))))


def test_the_cost_of_a_year(tmp_path: Path, results: Results) -> None:
    for name, sessions in (("few", FEW), ("year", YEAR)):
        make_home(tmp_path / name, sessions)
    few, year = _in_a_process(tmp_path / "few"), _in_a_process(tmp_path / "year")
    assert (few["sessions"], few["points"]) == (FEW, FEW)
    assert (year["sessions"], year["points"]) == (YEAR, YEAR)
    for page, words in (("start", "start page"), ("progress", "progress page")):
        ours, baseline = f"{year[page] * 1000:.0f} ms", f"{few[page] * 1000:.0f} ms"
        what = f"services of the {words}, {YEAR:,} sessions ({YEAR * TURNS:,} turns) / {FEW} sessions"
        results.add(what, ours, baseline, year[page] / few[page], "≤ 1.5", COMMAND)
    what = f"services of both pages, the first look after something was stored, {YEAR:,} / {FEW} sessions"
    ours, baseline = f"{year['after'] * 1000:.0f} ms", f"{few['after'] * 1000:.0f} ms"
    results.add(what, ours, baseline, year["after"] / few["after"], "≤ 1.5", COMMAND)
    memory = (f"{year['memory']:.0f} MB", f"{few['memory']:.0f} MB", year["memory"] / few["memory"])
    results.add(f"memory after both pages, {YEAR:,} sessions / {FEW} sessions", *memory, "≤ 1.2", COMMAND)
    print("\n".join(results.rows.values()))
