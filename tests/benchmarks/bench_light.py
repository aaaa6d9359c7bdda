"""How light the program is, against the commit before the sentence encoder moved to ONNX Runtime, in the same run.

Both run on the same interpreter, in turn, on a home that was used before. Processor time, of child processes too, is
compared where a busy computer would blur what passed; both are shown. What a first start fetches is counted in bytes of the files that pip names for each
commit's own lists and lock.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.benchmarks.baseline import ROOT, baseline_tree, run_in
from tests.benchmarks.conftest import Results

COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_light.py"
CASE = "ray-first-talk"
ROUNDS = 2
# Both commits as the window opens them, without the window: the encoder in whatever process it has.
_OPEN = """
import os, sys, time
from pathlib import Path
began = time.time()
home = Path({home!r})
if {is_old}:
    from simpatient.bootstrap import open_desktop_app
    app = open_desktop_app(home)
    who = ()
    start = lambda: app.practise.start({case!r}, trainee_id="bench", seed=1)
else:
    from simpatient.bootstrap.app import open_desktop_app
    app = open_desktop_app(home)
    who = (app.actor,)
    start = lambda: app.practise.start(*who, {case!r}, seed=1)
session = start()
say = lambda number: app.practise.reply(*who, session.id, f"What would help you with number {{number}}?", lambda _: None)
"""
# Children count once they have ended, so the program is closed before their time is read.
_FIRST_TURN = (
    _OPEN
    + """
say(1)
passed = time.time() - began
app.close()
spent = os.times()
print([spent.user + spent.system + spent.children_user + spent.children_system, passed], flush=True)
os._exit(0)
"""
)
_TEN_TURNS = (
    _OPEN
    + """
for number in range(10):
    say(number)
import psutil
processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
print(sum(each.memory_info().rss for each in processes))
app.close()
"""
)
_REPLIES = (
    _OPEN
    + """
say(0)
times = []
for number in range(1, 21):
    started = time.perf_counter()
    say(number)
    times.append(time.perf_counter() - started)
print(sorted(times)[len(times) // 2])
app.close()
"""
)


@pytest.fixture(scope="module")
def old() -> Iterator[Path]:
    with baseline_tree() as tree:
        yield tree


class Homes:
    """The homes that programs run in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def run(self, tree: Path, code: str, name: str = "") -> str:
        """Run code in a home of this name, made at its first use; in a new one without."""
        self._count += 1
        home = self._folder / (name or str(self._count))
        home.mkdir(exist_ok=True)
        return run_in(tree, code.format(home=str(home), case=CASE, is_old=tree != ROOT), home)


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path)


def test_start_to_first_coded_turn(old: Path, homes: Homes, results: Results) -> None:
    trees = {"ours": ROOT, "before": old}
    first = {name: json.loads(homes.run(tree, _FIRST_TURN, name)) for name, tree in trees.items()}
    found: dict[str, list[list[float]]] = {name: [] for name in trees}
    for _ in range(ROUNDS):
        for name, tree in trees.items():
            found[name].append(json.loads(homes.run(tree, _FIRST_TURN, name)))
    later = {name: [median(times) for times in zip(*kept, strict=True)] for name, kept in found.items()}
    for words, times in (("process start to first coded turn", later), ("the very first such start", first)):
        cpu, passed = ({name: both[at] for name, both in times.items()} for at in (0, 1))
        shown = [f"{cpu[name]:.2f} s ({passed[name]:.1f} s passed)" for name in trees]
        what = f"{words} / commit f7cede4, processor time"
        results.add(what, *shown, cpu["ours"] / cpu["before"], "≤ 0.2", COMMAND)
    ratio = later["ours"][1] / later["before"][1]
    shown = [f"{later[name][1]:.1f} s" for name in trees]
    results.add("process start to first coded turn / commit f7cede4", *shown, ratio, "≤ 0.2", COMMAND)


def test_memory_after_ten_turns(old: Path, homes: Homes, results: Results) -> None:
    ours, before = (int(homes.run(tree, _TEN_TURNS)) / 1e6 for tree in (ROOT, old))
    name = "resident memory of all processes after ten turns / commit f7cede4"
    results.add(name, f"{ours:.0f} MB", f"{before:.0f} MB", ours / before, "≤ 0.5", COMMAND)


def test_one_reply(old: Path, homes: Homes, results: Results) -> None:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for kept, tree in zip(times, (ROOT, old), strict=True):
            kept.append(float(homes.run(tree, _REPLIES)))
    ours, before = (median(kept) for kept in times)
    name = "one guided reply / commit f7cede4"
    results.add(name, f"{ours * 1000:.0f} ms", f"{before * 1000:.0f} ms", ours / before, "≤ 1.0", COMMAND)


def test_bytes_before_the_window_opens(old: Path, tmp_path: Path, results: Results) -> None:
    sys.path.insert(0, str(ROOT / "packaging"))
    import bootstrap

    full, alone = bootstrap.requirements(bootstrap.BASE)
    ours = _fetched(ROOT, tmp_path / "ours", full, alone)
    project = tomllib.loads((old / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    everything = [*project["dependencies"], *extras["whisper-needs"], *extras["tune"], *extras["dev"]]
    before = _fetched(old, tmp_path / "before", everything, extras["unbundled"])
    name = "bytes a first `bootstrap.py run` fetches before the window opens / commit f7cede4 (torch for the CPU)"
    results.add(name, f"{ours / 1e6:.0f} MB", f"{before / 1e6:.0f} MB", ours / before, "≤ 0.35", COMMAND)


def _fetched(tree: Path, folder: Path, full: list[str], alone: list[str]) -> int:
    """Return the bytes of all files that pip fetches for these requirements under a checkout's lock."""
    lock = tree / "packaging" / "constraints.txt"
    for options in (full, ["--no-deps", *alone]):
        command = [sys.executable, "-m", "pip", "download", "-q", "-c", lock, "-d", folder, *options]
        subprocess.run(command, check=True, capture_output=True)
    return sum(file.stat().st_size for file in folder.iterdir())
