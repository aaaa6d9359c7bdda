"""What much content costs: 300 own personas, and one of 20,000 lines, against the bundled ones alone, in one run.

Everything is prepared by one start before, as it is on a user's computer. A start is opening the program, what the
start page lists, and a session up to its first answer. Processor time is compared; the time that passed is shown.
"""

import json
from functools import partial
from pathlib import Path
from statistics import median

import pytest
import yaml

from simpatient.content.reading.locations import bundled_root, user_folder
from tests.benchmarks.baseline import ROOT, run_in
from tests.benchmarks.conftest import Results

COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_large_content.py"
PERSONA, CASE = "ray-kowalczyk", "ray-first-talk"
OWN_PERSONAS, LINES, ROUNDS = 300, 20_000, 3
_START = """
import json, os, time
started = time.perf_counter()
from pathlib import Path
from simpatient.bootstrap.app import open_app
app = open_app(Path({home!r}))
app.library.persona_cards(), app.library.cases(), app.library.curricula()
told = []
app.practise.warm_up({case!r}, on_prepared=lambda done, total: told.append((done, total)))
session = app.practise.start(app.actor, {case!r}, seed=1)
app.practise.reply(app.actor, session.id, "What would help you most just now?", lambda _: None)
spent = os.times()
print(json.dumps([spent.user + spent.system, time.perf_counter() - started, told]))
app.close()
"""


def own(home: Path, kind: str, content: dict) -> None:
    folder = user_folder(home) / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{content['id']}.yaml").write_text(
        yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True), "utf-8"
    )


def bundled(folder: str, name: str) -> dict:
    return yaml.load((bundled_root() / folder / f"{name}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)


def many_personas(home: Path) -> None:
    persona = bundled("personas", PERSONA)
    kept = {**persona, "status": "draft", "lines": persona["lines"][:60]}
    for number in range(OWN_PERSONAS):
        own(home, "personas", {**kept, "id": f"own-{number}"})


def long_persona(home: Path) -> None:
    persona = bundled("personas", PERSONA)
    line = next(line for line in persona["lines"] if line.get("topic") and line.get("act", "content") != "reaction")
    said = [
        line | {"say": [f"That was week {number}, I think." for number in range(first, first + 10)]}
        for first in range(0, LINES, 10)
    ]
    own(home, "personas", {**persona, "id": "long", "lines": persona["lines"] + said})
    own(home, "cases", {**bundled("curricula/cases", CASE), "id": "long-first", "persona": "long"})


def start(home: Path, case: str) -> tuple[float, float, list]:
    return tuple(json.loads(run_in(ROOT, _START.format(home=str(home), case=case), home)))


@pytest.mark.parametrize(
    ("what", "make", "case"),
    [
        (f"start with {OWN_PERSONAS} own personas, prepared", many_personas, CASE),
        (f"start with a persona of {LINES:,} lines, prepared", long_persona, "long-first"),
    ],
    ids=["many", "long"],
)
def test_start(what, make, case, tmp_path: Path, results: Results) -> None:
    homes = {name: tmp_path / name for name in ("few", "much")}
    for home in homes.values():
        home.mkdir()
    make(homes["much"])
    starts = {name: partial(start, home, case if name == "much" else CASE) for name, home in homes.items()}
    first = {name: run() for name, run in starts.items()}
    if case != CASE:
        told = first["much"][2]
        assert told[-1][0] == told[-1][1] >= LINES
        assert len(told) > 20
    spent: dict[str, list[tuple[float, float, list]]] = {"few": [], "much": []}
    for _ in range(ROUNDS):
        for name, run in starts.items():
            spent[name].append(run())
    assert not any(told for _, _, told in spent["much"])
    cpu, wall = ({name: median(one[at] for one in kept) for name, kept in spent.items()} for at in (0, 1))
    shown = {name: f"{cpu[name]:.2f} s ({wall[name]:.1f} s passed)" for name in spent}
    ratio = cpu["much"] / cpu["few"]
    results.add(f"{what} / bundled content alone, processor time", shown["much"], shown["few"], ratio, "≤ 1.5", COMMAND)
    name = f"the first {what.removesuffix(', prepared')}, which says how far it is / bundled content alone"
    results.add(
        f"{name}, processor time", f"{first['much'][0]:.1f} s", f"{first['few'][0]:.1f} s",
        first["much"][0] / first["few"][0], "no aim", COMMAND,
    )  # fmt: skip
