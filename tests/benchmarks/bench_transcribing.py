"""Final text of a 4 s utterance: ours, its process and pipe included, against stock ``whisper.transcribe``.

Weights are random, in the true shape of tiny.en: the arithmetic is that of real weights, the words mean nothing.
Two things differ from real weights. Random ones never end a text by themselves, so both are bound to the same
number of tokens, about those of a real utterance of 4 s; and ours, which reads what is in doubt a second time in the
whole window, is told to believe what it reads, as it believes clear speech. The ratio is about time only.
"""

import os
from pathlib import Path

import numpy as np

from simpatient.speech.recognition.transcriber import open_transcriber
from simpatient.speech.recognition.whisper_reading import ReadingRequest, WhisperReader
from tests.benchmarks.conftest import Results, interleaved
from tests.tiny_whisper import TRUE_TINY, credulous, save_whisper, settings_of

ROUNDS = 15
SECONDS = 4
# 160 words a minute are 11 words in 4 s; an English word is about 1.3 tokens; one more ends the text.
TOKENS = 15
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_transcribing.py"


def utterance(number: int) -> np.ndarray:
    """Return another 4 s of noise in every round: no round meets what was computed before."""
    return (np.random.default_rng(number).standard_normal(SECONDS * 16_000) * 0.1).astype(np.float32)


def test_final_text_of_a_short_utterance(benchmark, results: Results, tmp_path: Path) -> None:
    import torch
    import whisper

    torch.set_num_threads(1)
    path = tmp_path / "tiny.pt"
    settings = settings_of(path, save_whisper(path, TRUE_TINY), credulous(), most_tokens=TOKENS)
    stock = whisper.load_model(str(path), device="cpu")
    transcriber = open_transcriber(settings)
    transcriber.prepare()

    def theirs(number: int) -> None:
        stock.transcribe(utterance(number), temperature=0, sample_len=TOKENS, fp16=False)

    def ours(number: int) -> None:
        assert transcriber.transcribe(utterance(number)).text

    reader = WhisperReader(settings)
    steps = [_steps(stock, lambda: theirs(0)), _steps(reader.model, lambda: reader.read(ReadingRequest(utterance(0))))]
    assert steps == [TOKENS, TOKENS]
    ours(0)
    fast, slow = interleaved(ours, theirs, ROUNDS)
    name = f"final text of a {SECONDS} s utterance, {TOKENS} tokens: stock whisper.transcribe / ours (higher is better)"
    results.add(name, f"{fast * 1000:.0f} ms", f"{slow * 1000:.0f} ms", slow / fast, "≥ 2.5", COMMAND)
    benchmark.extra_info.update(ratio=slow / fast, tokens=TOKENS, cores=os.cpu_count())
    benchmark.pedantic(ours, args=(ROUNDS,), rounds=1)
    transcriber.close()


def _steps(model, work) -> int:
    """Return how many tokens a piece of work decodes."""
    taken: list[None] = []
    hook = model.decoder.register_forward_hook(lambda *_: taken.append(None))
    work()
    hook.remove()
    return len(taken)
