"""Answers that grow token by token: which token comes next, and when an answer has ended.

Each answer has its own source of chance, so that it is the same whatever it is drawn beside. Must not
know models or prompts. Importing this module loads no torch.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simpatient.domain.models.chat import Completion, Sampling
from simpatient.llm.local.grammar import Grammars


@dataclass
class Growing:
    """One answer while it grows.

    Attributes:
        request: Which request it answers.
        chance: Its own source of chance.
        matcher: Keeps it inside its schema; None for free text.
    """

    request: int
    chance: random.Random
    matcher: Any
    tokens: list[int] = field(default_factory=list)
    log_probabilities: list[float] = field(default_factory=list)
    has_ended: bool = False

    def add(self, token: int, log_probability: float, endings: frozenset[int]) -> None:
        """Append a token and find out whether it was the last."""
        self.tokens.append(token)
        self.log_probabilities.append(min(0.0, log_probability))
        if self.matcher is not None:
            self.matcher.consume_token(token)
        self.has_ended = token in endings or (self.matcher is not None and self.matcher.is_stopped())

    def completion(self, tokenizer: Any, endings: frozenset[int]) -> Completion:
        """Return what has grown."""
        words = [token for token in self.tokens if token not in endings]
        return Completion(
            text=str(tokenizer.decode(words, skip_special_tokens=True, clean_up_tokenization_spaces=False)),
            tokens=len(self.tokens),
            log_probability=sum(self.log_probabilities),
            least_log_probability=min(self.log_probabilities, default=0.0),
            is_complete=self.has_ended,
        )


def chance_of(ids: Sequence[int], sample: int, seed: int) -> random.Random:
    """Return the source of chance of one answer: made of the prompt's tokens, its number and the seed."""
    made_of = f"{seed} {sample} {','.join(map(str, ids))}"
    return random.Random(hashlib.sha256(made_of.encode()).digest())


def choose(
    logits: Any, answers: Sequence[Growing], grammars: Grammars | None, sampling: Sampling
) -> list[tuple[int, float]]:
    """Choose each answer's next token.

    Args:
        logits: Tensor of shape (answers, tokens known), float32.
        answers: The growing answers, in the order of the rows.
        grammars: Needed where answers have schemas.
        sampling: How to draw.

    Returns:
        For each answer the token, and the log of its probability at temperature 1 among those allowed.
    """
    import torch

    if grammars is not None:
        allowed = torch.from_numpy(grammars.allowed([answer.matcher for answer in answers]))
        logits = logits.masked_fill(~allowed.to(logits.device), float("-inf"))
    tokens = logits.argmax(-1, keepdim=True) if sampling.temperature == 0.0 else _drawn(logits, answers, sampling)
    found = torch.log_softmax(logits, dim=-1).gather(-1, tokens)
    return list(zip(tokens.squeeze(-1).tolist(), found.squeeze(-1).tolist(), strict=True))


def _drawn(logits: Any, answers: Sequence[Growing], sampling: Sampling) -> Any:
    """Return one token per row, drawn from those that together reach ``top_p``, the crossing one included."""
    import torch

    likely = torch.softmax(logits / sampling.temperature, dim=-1)
    ordered, tokens = likely.sort(dim=-1, descending=True, stable=True)
    # What lies before a token decides, so that the likeliest one is always kept, however small ``top_p`` is.
    before = ordered.cumsum(-1) - ordered
    kept = ordered.masked_fill(before >= sampling.top_p, 0.0).cumsum(-1)
    # Single precision rounds the largest draws up to 1, which would fall off the end.
    drawn = [[min(answer.chance.random(), 1.0 - 1e-6)] for answer in answers]
    wanted = torch.tensor(drawn, dtype=kept.dtype, device=kept.device) * kept[:, -1:]
    return tokens.gather(-1, torch.searchsorted(kept, wanted, right=True))
