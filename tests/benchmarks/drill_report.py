"""How often drills judge rightly: ``python tests/benchmarks/drill_report.py [--drills FOLDER] [--answers FILE]``.

Prints one table: for each drill and each set of answers, how many were judged done, unsure, not yet. The drills' own
better lines are one set; the others are the sections of the answers file (section, stimulus, lines).
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from simpatient.assessment.learning.drilling import judge
from simpatient.bootstrap.coding import open_coder, remembering_encoder
from simpatient.content.reading.loader import load_content
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.learning.drill import Drill

ROOT = Path(__file__).parent.parent.parent
OUTCOMES = ("done", "unsure", "not_yet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drills", type=Path, default=bundled_root() / "assets" / "drills")
    parser.add_argument("--answers", type=Path, default=ROOT / "tests" / "data" / "drill_answers.yaml")
    options = parser.parse_args()
    answers = yaml.safe_load(options.answers.read_text(encoding="utf-8")) if options.answers.exists() else {}
    totals: dict[str, Counter[str]] = {}
    with TemporaryDirectory() as home:
        coder = open_coder(remembering_encoder(Path(home)))
        for path in sorted(options.drills.glob("*.yaml")):
            drill = load_content(path, Drill)
            for name, lines in _sets(drill, answers.get(drill.id, {})):
                by_id = {stimulus.id: stimulus for stimulus in drill.stimuli}
                found = Counter(judge(drill, by_id[at], text, coder, {}).outcome for at, text in lines)
                totals.setdefault(name, Counter()).update(found)
                _show(drill.id, name, found)
    for name, found in totals.items():
        _show("all drills", name, found)


def _sets(drill: Drill, answers: dict[str, dict[str, list[str]]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    yield "better lines", [(stimulus.id, line) for stimulus in drill.stimuli for line in stimulus.better]
    for name, by_stimulus in answers.items():
        yield name, [(stimulus, line) for stimulus, lines in by_stimulus.items() for line in lines]


def _show(drill: str, name: str, found: Counter[str]) -> None:
    counts = "  ".join(f"{outcome} {found[outcome]:4}" for outcome in OUTCOMES)
    print(f"{drill:<26} {name:<16} n {found.total():4}  {counts}")


if __name__ == "__main__":
    main()
