"""Benchmarks: our time against a baseline, interleaved in the same run; the table goes to RESULTS.md.

Run: ``python3 packaging/bootstrap.py test tests/benchmarks/bench_*.py`` (they are no part of the tests).
"""

import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

RESULTS = Path(__file__).parent / "RESULTS.md"
START, END = "<!-- table -->", "<!-- end -->"


class Results:
    """Collects rows and writes them into RESULTS.md, replacing rows of the same name."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}

    def add(self, what: str, ours: str, baseline: str, ratio: float, aim: str, command: str) -> None:
        self.rows[what] = f"| {what} | {ours} | {baseline} | {ratio:.2f} | {aim} | `{command}` |"

    def write(self) -> None:
        text = RESULTS.read_text(encoding="utf-8")
        before, rest = text.split(START)
        table, after = rest.split(END)
        old = {line.split("|")[1].strip(): line for line in table.splitlines() if line.startswith("| ")}
        old = {name: line for name, line in old.items() if name != "what"}
        lines = ["", "| what | ours | baseline | ratio | aim | command |", "|---|---|---|---|---|---|"]
        lines += ({**old, **self.rows}).values()
        RESULTS.write_text(f"{before}{START}{chr(10).join(lines)}\n{END}{after}", encoding="utf-8")


@pytest.fixture(scope="session")
def results() -> Iterator[Results]:
    collected = Results()
    yield collected
    collected.write()


def interleaved(ours: Callable[[int], object], baseline: Callable[[int], object], rounds: int) -> tuple[float, float]:
    """Return median seconds of both, run in turn so that a noisy machine disturbs both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for kept, work in zip(times, (ours, baseline), strict=True):
            started = perf_counter()
            work(number)
            kept.append(perf_counter() - started)
    return median(times[0]), median(times[1])


def machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
