"""A guided reply, coder and storage included, against one bare encoder pass over the same sentence."""

from pathlib import Path

from simpatient.bootstrap import app as bootstrap
from simpatient.bootstrap import coding
from simpatient.content.reading.locations import bundled_root
from simpatient.llm.encoder.embedder import CachedEncoder
from tests.benchmarks.conftest import Results, interleaved
from tests.builders import ME

ROUNDS = 60
CASE = "ray-first-talk"
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_reply.py"


def test_guided_reply(benchmark, results: Results, tmp_path: Path) -> None:
    bare = coding.sentence_encoder()
    encoder = CachedEncoder(bare, tmp_path, shipped=bundled_root().joinpath(*coding.VECTORS))
    app = bootstrap.open_app(tmp_path, encoder=encoder)
    session = app.practise.start(ME, CASE, seed=1)
    app.practise.reply(ME, session.id, "Thanks for coming in today.", lambda _: None)
    # A number in each sentence keeps every cache cold: no round meets a sentence seen before.
    sentence = "What would have to be different for you to feel all right about number {}?"

    def reply(number: int) -> None:
        app.practise.reply(ME, session.id, sentence.format(number), lambda _: None)

    ours, passed = interleaved(reply, lambda number: bare.encode([sentence.format(number)]), ROUNDS)
    name = "guided reply, coder and durable storage included / one bare encoder pass"
    results.add(name, f"{ours * 1000:.0f} ms", f"{passed * 1000:.0f} ms", ours / passed, "≤ 2.5", COMMAND)
    benchmark.extra_info["ratio"] = ours / passed
    benchmark.pedantic(reply, args=(ROUNDS,), rounds=1)
    app.close()
