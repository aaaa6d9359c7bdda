"""What the guard's second stage costs a generated sentence, against one bare encoder pass over the same sentence."""

from pathlib import Path

from simpatient.bootstrap import coding
from simpatient.content.library import open_library
from simpatient.content.reading.locations import bundled_root
from simpatient.llm.encoder.embedder import CachedEncoder
from simpatient.services.sessions.minds import MindStore
from tests.benchmarks.conftest import Results, interleaved

ROUNDS = 60
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_guard.py"


def test_checking_a_generated_sentence(benchmark, results: Results, tmp_path: Path) -> None:
    bare = coding.sentence_encoder()
    encoder = CachedEncoder(bare, tmp_path, shipped=bundled_root().joinpath(*coding.VECTORS))
    library = open_library(tmp_path)
    guard = MindStore(library, encoder).build(library.personas()[0]).guard
    guard.prepare()
    # A number in each sentence keeps every cache cold: no round meets a sentence seen before.
    sentence = "I sit in the kitchen till it gets light, some nights, and that makes {}."

    def check(number: int) -> None:
        guard.check(sentence.format(number), (), 60)

    ours, passed = interleaved(check, lambda number: bare.encode([sentence.format(number)]), ROUNDS)
    name = "checking a generated sentence, both stages / one bare encoder pass"
    results.add(name, f"{ours * 1000:.0f} ms", f"{passed * 1000:.0f} ms", ours / passed, "≤ 3", COMMAND)
    benchmark.extra_info["ratio"] = ours / passed
    benchmark.pedantic(check, args=(ROUNDS,), rounds=1)
