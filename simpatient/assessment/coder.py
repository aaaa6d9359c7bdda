"""The embedded coder: behaviour codes for a turn in milliseconds, from one encoder call.

Sentence vectors and light features go through calibrated linear heads; label rules make turn labels
and utterance codes agree. Must not know where the encoder runs or who asks.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simpatient.assessment.coder_weights import UTTERANCE, CoderWeights
from simpatient.assessment.decoding import blend, joint_turn, reconcile
from simpatient.assessment.features import Floats, Words, cues, hashed, prepare
from simpatient.assessment.segmenter import Span, segment
from simpatient.domain.codes import Label, Speaker, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Embeddings, Reading, ReadingEncoder

_REMEMBERED = 256
# Turns read in one go: enough to fill the encoder's batches, few enough to keep memory small.
_AT_ONCE = 128
_NOTHING = prepare("")


def turn_features(vector: Floats, previous_vector: Floats, words: Words, previous: Words) -> Floats:
    """Return the dense features of the turn heads: turn, turn before, how alike they are, cues."""
    alike = np.asarray([vector @ previous_vector], dtype=np.float32)
    return np.concatenate([vector, previous_vector, alike, cues(words, previous)])


def utterance_features(vector: Floats, words: Words) -> Floats:
    """Return the dense features of the utterance head: the utterance and its cues, without context."""
    return np.concatenate([vector, cues(words, _NOTHING)])


def centred(rows: Embeddings, centre: Floats) -> Embeddings:
    """Return the rows less the centre; rows of zeros (blank texts) stay zero."""
    found: Embeddings = np.where(rows.any(axis=-1, keepdims=True), rows - centre, rows).astype(np.float32)
    return found


@dataclass(frozen=True)
class Turn:
    """One turn to be coded; ``previous`` is the other speaker's last turn, '' at the start."""

    speaker: Speaker
    text: str
    previous: str = ""


@dataclass(frozen=True)
class _Seen:
    """A turn as the encoder read it: one row for the turn, one for the turn before, one per utterance."""

    turn: Turn
    spans: tuple[Span, ...]
    middle: Embeddings
    adapted: Embeddings

    @property
    def pieces(self) -> list[str]:
        return [self.turn.text[span.start : span.end] for span in self.spans]

    def row(self, number: int) -> int:
        """Return the row of an utterance; a turn of one utterance is that utterance."""
        return 0 if len(self.spans) == 1 else 2 + number


class EmbeddedCoder:
    """The ``Coder`` port on a sentence encoder and a set of trained linear heads.

    Raises:
        ModelUnavailable: The weights were trained on vectors of another encoder.
    """

    def __init__(self, encoder: ReadingEncoder, weights: CoderWeights) -> None:
        if weights.encoder_id != encoder.model_id:
            raise ModelUnavailable(
                f"The coder was trained for the encoder {weights.encoder_id}, not {encoder.model_id}.",
                "Train it again with `simpatient tune train-coder`.",
            )
        self._encoder = encoder
        self._weights = weights
        self._codes = weights.heads[UTTERANCE].labels
        self._recent: OrderedDict[Turn, TurnCodes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def coder_id(self) -> str:
        """Name, version and weight hash of the coder, for provenance."""
        return self._weights.coder_id

    def prepare_for(self, previous: str) -> None:
        """Read the other speaker's turn ahead, so that coding the answer costs one sentence only."""
        self._encoder.read(None, [Reading(_clean(previous))])

    def code_turn(self, speaker: Speaker, text: str, previous: str = "") -> TurnCodes:
        """Code one turn; ``previous`` is the other speaker's last turn, '' at the start.

        Any string is accepted; blank text gets the empty label of every head and no utterance.

        Raises:
            ModelUnavailable: The encoder's files are missing or damaged.
        """
        turn = Turn(speaker, _clean(text), _clean(previous))
        with self._lock:
            known = self._recent.get(turn)
        if known is None:
            known = self._coded([turn], keep=True)[0]
            with self._lock:
                self._recent[turn] = known
                while len(self._recent) > _REMEMBERED:
                    self._recent.popitem(last=False)
        return known

    def code_transcript(self, turns: Sequence[tuple[Speaker, str]]) -> list[TurnCodes]:
        """Code a whole conversation, in order; several turns go through the encoder at once.

        Raises:
            ModelUnavailable: The encoder's files are missing or damaged.
        """
        heard: dict[Speaker, str] = {}
        asked = []
        for speaker, text in turns:
            asked.append(Turn(speaker, _clean(text), heard.get("patient" if speaker == "trainee" else "trainee", "")))
            heard[speaker] = asked[-1].text
        return [
            codes
            for first in range(0, len(asked), _AT_ONCE)
            for codes in self._coded(asked[first : first + _AT_ONCE], keep=False)
        ]

    def _coded(self, turns: Sequence[Turn], *, keep: bool) -> list[TurnCodes]:
        spans = [segment(turn.text) for turn in turns]
        said = [at for at, found in enumerate(spans) if found]
        readings = [_reading(turns[at], spans[at]) for at in said]
        rows = self._encoder.read(self._weights.adapter, readings, keep=keep) if readings else []
        found = [self._blank(turn.speaker) for turn in turns]
        for at, matrix in zip(said, rows, strict=True):
            seen = self._seen(turns[at], spans[at], matrix)
            found[at] = self._patient(seen) if turns[at].speaker == "patient" else self._trainee(seen)
        return found

    def _seen(self, turn: Turn, spans: tuple[Span, ...], rows: Embeddings) -> _Seen:
        width = len(self._weights.centre)
        middle = rows[:, :width]
        return _Seen(turn, spans, centred(middle, self._weights.centre), rows[:, width:])

    def _turn_probabilities(self, names: tuple[str, ...], seen: _Seen, text: str, row: int) -> dict[str, Floats]:
        words, before = prepare(text), prepare(seen.turn.previous)
        dense = turn_features(seen.middle[row], seen.middle[1], words, before)
        columns, values = hashed(words)
        heads = self._weights.heads
        return {name: heads[name].probabilities(dense, columns, values, seen.adapted[row]) for name in names}

    def _utterance_probabilities(self, seen: _Seen) -> Floats:
        rows = []
        for number, piece in enumerate(seen.pieces):
            words, row = prepare(piece), seen.row(number)
            dense = utterance_features(seen.middle[row], words)
            rows.append(self._weights.heads[UTTERANCE].probabilities(dense, *hashed(words), seen.adapted[row]))
        return np.stack(rows)

    def _trainee(self, seen: _Seen) -> TurnCodes:
        weights, rules = self._weights, self._weights.rules
        turn = self._turn_probabilities(tuple(rules.heads), seen, seen.turn.text, 0)
        chosen, marginals = joint_turn(rules, turn, weights.evidence_power)
        alone = self._utterance_probabilities(seen)
        blended = blend(rules, self._codes, alone, marginals, weights.turn_power)
        picked, labels = reconcile(rules, self._codes, alone, blended, chosen, marginals)
        # The head's own probability: calibrated, where the joint one counts the same words several times.
        named = {name: _label(of[labels[name]], float(turn[name][labels[name]])) for name, of in rules.heads.items()}
        coded = [(self._codes[index], float(blended[at][index])) for at, index in enumerate(picked)]
        return TurnCodes(**named, utterances=self._utterances(seen.spans, seen.pieces, coded))

    def _patient(self, seen: _Seen) -> TurnCodes:
        name = self._weights.rules.patient_head
        labels = self._weights.heads[name].labels
        found = self._turn_probabilities((name,), seen, seen.turn.text, 0)[name]
        rows = [found]
        if len(seen.spans) > 1:
            rows = [
                self._turn_probabilities((name,), seen, piece, seen.row(number))[name]
                for number, piece in enumerate(seen.pieces)
            ]
        coded = [(labels[int(row.argmax())], float(row.max())) for row in rows]
        talk = _label(labels[int(found.argmax())], float(found.max()))
        return TurnCodes(talk=talk, utterances=self._utterances(seen.spans, seen.pieces, coded))

    def _utterances(
        self, spans: tuple[Span, ...], pieces: list[str], coded: list[tuple[str, float]]
    ) -> tuple[Utterance, ...]:
        scheme = self._weights.rules.scheme
        return tuple(
            Utterance(
                start=span.start,
                end=span.end,
                text=piece,
                codes=(UtteranceLabel(scheme=scheme, code=code, confidence=_rounded(confidence)),),
            )
            for span, piece, (code, confidence) in zip(spans, pieces, coded, strict=True)
        )

    def _blank(self, speaker: Speaker) -> TurnCodes:
        rules = self._weights.rules
        if speaker == "patient":
            return TurnCodes(talk=_label(self._weights.heads[rules.patient_head].labels[0], 1.0))
        return TurnCodes(**{name: _label(labels[0], 1.0) for name, labels in rules.heads.items()})


def _reading(turn: Turn, spans: tuple[Span, ...]) -> Reading:
    parts = () if len(spans) == 1 else tuple((span.start, span.end) for span in spans)
    return Reading(turn.text, turn.previous, parts)


def _clean(text: str) -> str:
    """Replace lone surrogates, which no model takes, one for one, so that offsets stay true."""
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def _rounded(confidence: float) -> float:
    # Three digits: what lies beyond differs with the batch a sentence was encoded in.
    return round(min(1.0, max(0.0, confidence)), 3)


def _label(code: str, confidence: float) -> Label:
    return Label(code=code, confidence=_rounded(confidence))
