"""Time to the first token of the generative patient, with what was read kept and with nothing kept.

A random Llama of about 100 million weights, wide and shallow so that attention weighs against the rest of
the work as it does in an 8-billion-weight model. Nothing is measured about what it says.
"""

from pathlib import Path
from statistics import median
from time import perf_counter

import pytest

from simpatient.domain.models.chat import Message, Sampling
from simpatient.llm.local.engine import TransformersPatientModel
from simpatient.llm.local.prompt_tokens import PromptHistory, common_length
from tests.benchmarks.conftest import Results
from tests.chat_families import family_model

pytestmark = pytest.mark.torch
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_generation.py"
PERSONA_TOKENS, USER_TOKENS, ANSWER_TOKENS, TURNS = 1000, 50, 60, 60
ROUNDS = 9
FIRST = Sampling(max_tokens=1)
NOTE = "Director: answer in one sentence, curtly, and look at the floor."
SHAPE = {
    "hidden_size": 1024,
    "intermediate_size": 9984,
    "num_hidden_layers": 3,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "max_position_embeddings": 16_384,
}
WORD = " tired"
AROUND = 8  # tokens of a message that are its number and the template's


class Talk:
    """One session as it would be, with answers of a fixed length put in place of the model's."""

    def __init__(self, voice: TransformersPatientModel, session: str, turns: int) -> None:
        self.voice = voice
        self.session = session
        self.read: list[list[int]] = []
        self.messages = [Message(role="system", content=self._text(PERSONA_TOKENS))]
        for turn in range(turns):
            self.messages.append(Message(role="user", content=f"{turn} {self._text(USER_TOKENS)}"))
            self.first_token()
            self.messages.append(Message(role="assistant", content=f"{turn} {self._text(ANSWER_TOKENS)}"))
            self._read_ahead()
        self.messages.append(Message(role="user", content=f"{turns} {self._text(USER_TOKENS)}"))

    def first_token(self, session: str = "") -> float:
        """Return the seconds until the first token of an answer to the last message."""
        started = perf_counter()
        self.voice.speak(session or self.session, self.messages, NOTE, FIRST, lambda _: True)
        seconds = perf_counter() - started
        self._note_down(NOTE)
        return seconds

    def first_token_again(self) -> float:
        """Go back to before the last message first."""
        self.voice.prepare(self.session, self.messages[:-1])
        return self.first_token()

    def _read_ahead(self) -> None:
        # As the host does while the trainee reads.
        self.voice.prepare(self.session, self.messages)
        self._note_down("")

    def _note_down(self, note: str) -> None:
        self.read.append(PromptHistory(self.voice._parts().segments).ids(self.messages, note)[0])

    def _text(self, tokens: int) -> str:
        each = len(self.voice._parts().loaded.template.tokenized(WORD))
        return WORD.strip() + WORD * ((tokens - AROUND) // each - 1)


def never_read_before(sequences: list[list[int]]) -> int:
    """Return how many tokens a memory that forgets nothing would read: those after what it knows already."""
    known = [(sequences[max(0, at - 3) : at], ids) for at, ids in enumerate(sequences)]
    return sum(len(ids) - max((common_length(ids, other) for other in before), default=0) for before, ids in known)


def test_time_to_first_token(benchmark, results: Results, tmp_path: Path) -> None:
    voice = TransformersPatientModel(family_model(tmp_path / "llama", "llama", **SHAPE), device="cpu", threads=1)
    weights = sum(weight.numel() for weight in voice._parts().loaded.model.parameters())
    late = Talk(voice, "late", TURNS)
    forwarded, needed = voice.forwarded, never_read_before(late.read)
    early = Talk(voice, "early", 5)
    times: dict[str, list[float]] = {"early": [], "late": [], "cold": []}
    for number in range(ROUNDS):
        times["early"].append(early.first_token_again())
        times["late"].append(late.first_token_again())
        if number % 3 == 0:
            voice.forget("cold")
            times["cold"].append(late.first_token("cold"))
    at_5, at_60, cold = (median(times[name]) for name in ("early", "late", "cold"))
    size = f"{weights / 1e6:.0f} M weights, {len(late.read[-1])} tokens"
    name = f"time to first token at turn 60, what was read kept / read again ({size})"
    results.add(name, _ms(at_60), _ms(cold), cold / at_60, "≥ 20 (inverse)", COMMAND)
    results.add("time to first token, turn 60 / turn 5", _ms(at_60), _ms(at_5), at_60 / at_5, "≤ 1.3", COMMAND)
    name = "tokens put through the model in 60 turns with notes / tokens never read before"
    results.add(name, str(forwarded), str(needed), forwarded / needed, "≤ 1.02", COMMAND)
    benchmark.extra_info["ratio"] = cold / at_60
    benchmark.pedantic(late.first_token_again, rounds=1)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
