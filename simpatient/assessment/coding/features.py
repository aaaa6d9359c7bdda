"""Light features of a turn for the coder: cues, length, overlap with the turn before, hashed word groups.

Plain text in, numbers out; must not know any model, label or weight. A change here needs a new
``FEATURE_VERSION`` and newly trained weights, which the coder checks.
"""

import re
import zlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simpatient.assessment.coding.cue_patterns import CUES

FEATURE_VERSION = 2
HASH_WIDTH = 4096
MAX_CHARACTERS = 4096

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[?!.]|\[")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"'})
_STUTTER = re.compile(r"\b(\w+)(?:-\s?\1\b)+")

_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in CUES)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STARTS = (
    *("you", "so", "it", "i", "and", "but", "okay", "what", "how", "do", "are", "is", "did", "have", "can", "would"),
    *("could", "well", "that", "because", "if", "we", "there", "or", "when", "where", "who", "why", "tell", "let's"),
)
_BACKCHANNEL = _words(
    "mm hmm mhm hm mmm mm-hmm uh huh uh-huh yeah yes yep ok okay right sure alright all oh ah i see "
    "got it no wow really good great exactly gotcha go on cool fine absolutely of course um uh er "
    "erm hear you and then so"
)
_WH = _words("what how why when where who which whose")
_ASKING = _WH | _words(
    "do does did are is was were have has had can could would will shall may might should am tell any anything "
    "don't didn't isn't aren't what's how's who's where's"
)
_BREAKS = frozenset("?!.")
_LENGTH_EDGES = (1, 2, 3, 5, 8, 12, 18, 26, 40, 70)
_STOP = _words(
    "the a an and or but so to of in on at for with it is was were are be been that this i you he "
    "she they we my your me do did does not no yes just like have has had"
)
NAMES: tuple[str, ...] = (
    *(name for name, _ in _COMPILED),
    *(f"starts_{word}" for word in _STARTS),
    *(f"longer_{edge}" for edge in _LENGTH_EDGES),
    "ends_question",
    "any_question",
    "many_questions",
    "all_backchannel",
    "backchannel_start",
    "blank",
    "you_share",
    "i_share",
    "overlap",
    "overlap_you",
    "previous_blank",
    "previous_asks",
    "previous_short",
)


# How many of the last features are about the turn before.
CONTEXT_CUES = 5


@dataclass(frozen=True)
class WordFeatures:
    """A text prepared for the feature functions."""

    text: str
    tokens: tuple[str, ...]


def prepare(text: str) -> WordFeatures:
    """Lower-case, straighten quotes, drop stutters ("I-I") and take the words apart."""
    plain = _STUTTER.sub(r"\1", text[:MAX_CHARACTERS].translate(_QUOTES).lower().strip())
    return WordFeatures(plain, tuple(_TOKEN.findall(plain)))


def cues(words: WordFeatures, previous: WordFeatures) -> Floats:
    """Return the cue features in the order of ``NAMES``; all lie in 0..1."""
    head = words.tokens[:1]
    spoken = [token for token in words.tokens if token not in "?!.["]
    values: list[float] = [float(pattern.search(words.text) is not None) for _, pattern in _COMPILED]
    values += [float(head == (start,)) for start in _STARTS]
    values += [float(len(spoken) > edge) for edge in _LENGTH_EDGES]
    values += _shape(words, spoken)
    values += _context(spoken, previous)
    return np.asarray(values, dtype=np.float32)


def _shape(words: WordFeatures, spoken: list[str]) -> list[float]:
    marks = words.text.count("?")
    size = max(1, len(spoken))
    return [
        # A quotation mark or bracket may follow the question mark.
        float(words.text[-3:].find("?") >= 0),
        float(marks > 0),
        float(marks > 1),
        float(bool(spoken) and all(token in _BACKCHANNEL for token in spoken)),
        float(bool(spoken) and spoken[0] in _BACKCHANNEL and len(spoken) > 1),
        float(not spoken),
        sum(token.startswith("you") for token in spoken) / size,
        sum(token == "i" or token.startswith("i'") for token in spoken) / size,
    ]


def _context(spoken: list[str], previous: WordFeatures) -> list[float]:
    before = set(previous.tokens) - _STOP
    here = [token for token in spoken if token not in _STOP]
    shared = sum(token in before for token in here) / max(1, len(here))
    return [
        shared,
        shared * float("you" in spoken or "you're" in spoken or "your" in spoken),
        float(not previous.tokens),
        float("?" in previous.tokens),
        float(len(previous.tokens) <= 3),
    ]


def _question_grams(tokens: tuple[str, ...]) -> list[str]:
    """Return the words of the questions once more, and how each question begins: that makes it open or closed."""
    grams: list[str] = []
    for asked in _questions(tokens):
        start = next((at for at, token in enumerate(asked) if token in _ASKING), 0)
        opening = asked[start : start + 3]
        grams += [f"?1 {opening[0]}", f"?2 {' '.join(opening[:2])}", f"?3 {' '.join(opening)}"] if opening else []
        grams += [f"?w {token}" for token in asked]
        grams += [f"?wh {token}" for token in asked if token in _WH]
        grams.append(f"?n {min(len(asked), 15) // 3}")
    return grams


def _questions(tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    ends = [at for at, token in enumerate(tokens) if token == "?"][:8]
    found = []
    for end in ends:
        start = max((at + 1 for at in range(end) if tokens[at] in _BREAKS), default=0)
        found.append(tokens[max(start, end - 40) : end])
    return found


def hashed(words: WordFeatures) -> tuple[Indices, Floats]:
    """Return sparse word and word-pair features: distinct columns below ``HASH_WIDTH`` and unit-length values.

    Hashing keeps the words of the training texts out of the shipped weights.
    """
    tokens = ("^", *words.tokens[:400], "$")
    grams = [*tokens[1:-1], *(f"{a} {b}" for a, b in pairwise(tokens))]
    grams += _question_grams(tokens[1:-1])
    # Not ``hash``, which differs from one run of Python to the next: the columns belong to trained weights.
    found = np.fromiter((zlib.crc32(g.encode("utf-8", "replace")) % HASH_WIDTH for g in grams), np.int64, len(grams))
    columns, counts = np.unique(found, return_counts=True)
    values = (1.0 + np.log(counts)).astype(np.float32)
    return columns, values / np.float32(np.linalg.norm(values) or 1.0)
