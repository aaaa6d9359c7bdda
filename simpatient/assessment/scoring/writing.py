"""Judges what a trainee wrote after a session against what the case holds: field by field, partial credit.

The comparison of meanings comes from outside (``Alike``). Must not know any rubric, persona or encoder.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from statistics import fmean
from typing import Any

from pydantic import BaseModel

from simpatient.assessment.scoring.volleys import words
from simpatient.domain.assessment.score import NO_TURN, Evidence
from simpatient.domain.assessment.writing import Held
from simpatient.domain.content.rubric import Criterion
from simpatient.domain.ports import Embeddings, SentenceEncoder

Alike = Callable[[Sequence[str], Sequence[str]], Embeddings]

# Cosines of the shipped sentence encoder. Below the first, two sentences only share a subject; from the
# second on they say the same. Set by hand on the written samples of the tests; a person confirms each item.
UNLIKE, SAME = 0.30, 0.62
# How many statements are read for each thing there is to find: writing everything down gains nothing.
STATEMENTS_EACH = 1.5
OVER_BY_ONE = 0.5  # credit for a choice one step too high, the cautious side; too low earns nothing
_STATEMENT = re.compile(r"[^.!?;\n]+")


@dataclass(frozen=True)
class Writing:
    """What was written, by id of the answer, and the case it is compared with.

    Attributes:
        texts: Answers by id; blank ones count as not written.
        hidden: What the case holds; ``held_at`` finds a part of it.
        alike: Returns how alike in meaning two lists of sentences are, shape ``(len(a), len(b))``.
    """

    texts: Mapping[str, str]
    hidden: BaseModel
    alike: Alike


@dataclass(frozen=True)
class Judged:
    """The share (0..1) of the credit an answer earned, how sure that is (0..1), and its words.

    Attributes:
        held: Each thing the case holds, with the credit it brought.
        unread: How many later statements were left unread.
    """

    share: float
    confidence: float
    evidence: tuple[Evidence, ...] = field(default=())
    held: tuple[Held, ...] = field(default=())
    unread: int = 0


def by_meaning(encoder: SentenceEncoder) -> Alike:
    """Return a comparison of meanings that uses a sentence encoder; the same lists are compared once."""

    @lru_cache(maxsize=64)
    def compared(left: tuple[str, ...], right: tuple[str, ...]) -> Embeddings:
        rows = encoder.encode([*left, *right])
        return rows[: len(left)] @ rows[len(left) :].T

    return lambda left, right: compared(tuple(left), tuple(right))


def judge(criterion: Criterion, writing: Writing | None) -> Judged | str:
    """Return what an answer earned, or in words why it cannot be judged."""
    text = writing.texts.get(criterion.written, "") if writing else ""
    if writing is None or not text.strip():
        return "Nothing has been written for this yet."
    held = held_at(writing.hidden, criterion.compare)
    if not held:
        return "The case file has nothing to compare this with."
    if criterion.options:
        return _chosen(criterion, text, held[0])
    return _found(criterion.written, text, held, writing.alike)


def held_at(value: Any, path: str) -> tuple[str, ...]:
    """Return the texts at a dotted path; a list on the way stands for all its items."""
    if isinstance(value, tuple | list):
        return tuple(text for item in value for text in held_at(item, path))
    if not path:
        return (value,) if isinstance(value, str) and value else ()
    name, _, rest = path.partition(".")
    return () if value is None else held_at(getattr(value, name, None), rest)


def statements(text: str) -> tuple[tuple[int, int], ...]:
    """Return where the statements of an answer stand: sentences, lines, or parts divided by semicolons."""
    found = []
    for match in _STATEMENT.finditer(text):
        said = match.group().strip(" \t-•*")
        if words(said):
            start = match.start() + match.group().index(said)
            found.append((start, start + len(said)))
    return tuple(found)


def _chosen(criterion: Criterion, text: str, held: str) -> Judged | str:
    """One choice among ordered options: right is all, one step too high is half, anything else nothing."""
    said = words(text)
    named = [option for option in criterion.options if option.lower() in said]
    if len(named) != 1 or held not in criterion.options:
        return f"Exactly one of these has to be named: {', '.join(criterion.options)}."
    steps = criterion.options.index(named[0]) - criterion.options.index(held)
    share = 1.0 if steps == 0 else OVER_BY_ONE if steps == 1 else 0.0
    start, end = statements(text)[0]
    quote = _quote(criterion.written, text, start, end, supports=steps == 0)
    return Judged(share, 1.0, (quote,), (Held(text=held, credit=share, evidence=quote),))


def _found(name: str, text: str, held: Sequence[str], alike: Alike) -> Judged | str:
    """Several things to find: each earns credit by the statement most like it; the rest is not read."""
    every = statements(text)
    places = every[: max(2, round(STATEMENTS_EACH * len(held)))]
    if not places:
        return "Nothing has been written for this yet."
    likeness = alike([text[start:end] for start, end in places], held)
    credit = [min(1.0, max(0.0, (float(best) - UNLIKE) / (SAME - UNLIKE))) for best in likeness.max(axis=0)]
    quotes = tuple(
        _quote(name, text, start, end, supports=float(row.max()) >= (UNLIKE + SAME) / 2)
        for (start, end), row in zip(places, likeness, strict=True)
    )
    sure = fmean(abs(2 * each - 1) for each in credit)
    nearest = [quotes[int(at)] for at in likeness.argmax(axis=0)]
    matches = tuple(
        Held(text=there, credit=earned, evidence=quote if earned > 0 else None)
        for there, earned, quote in zip(held, credit, nearest, strict=True)
    )
    return Judged(fmean(credit), sure, quotes, matches, len(every) - len(places))


def _quote(name: str, text: str, start: int, end: int, *, supports: bool) -> Evidence:
    return Evidence(turn=NO_TURN, start=start, end=end, quote=text[start:end], supports=supports, written=name)
