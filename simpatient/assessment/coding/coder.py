"""The embedded coder: behaviour codes for a turn in milliseconds, from one encoder call.

Sentence vectors and light features go through calibrated linear heads; label rules make turn labels
and utterance codes agree. A trainee's turn is read by the encoder's middle and adapted layers, a
patient's by the encoder as it is, which knows more of client talk. Must not know where the encoder
runs or who asks.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simpatient.assessment.coding.coder_weights import UTTERANCE, CoderWeights
from simpatient.assessment.coding.decoding import blend, joint_turn, reconcile
from simpatient.assessment.coding.features import Floats, WordFeatures, cues, hashed, prepare
from simpatient.assessment.coding.segmenter import segment
from simpatient.domain.assessment.codes import Label, Speaker, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Embeddings, EncodingRequest, OnDone, ReadingEncoder
from simpatient.domain.session.session import TranscriptTurn
from simpatient.domain.text import TextSpan, without_surrogates

_REMEMBERED = 256
# Turns read in one go: enough to fill the encoder's batches, few enough to keep memory small and to stop soon.
_AT_ONCE = 96
_NOTHING = prepare("")
_NO_VECTOR = np.zeros(0, dtype=np.float32)
_SPEAKERS: tuple[Speaker, Speaker] = ("trainee", "patient")


def turn_features(vector: Floats, previous_vector: Floats, words: WordFeatures, previous: WordFeatures) -> Floats:
    """Return the dense features of the turn heads: turn, turn before, how alike they are, cues."""
    alike = np.asarray([vector @ previous_vector], dtype=np.float32)
    return np.concatenate([vector, previous_vector, alike, cues(words, previous)])


def utterance_features(vector: Floats, words: WordFeatures) -> Floats:
    """Return the dense features of the utterance head: the utterance and its cues, without context."""
    return np.concatenate([vector, cues(words, _NOTHING)])


def centred(rows: Embeddings, centre: Floats) -> Embeddings:
    """Return the rows less the centre; rows of zeros (blank texts) stay zero."""
    found: Embeddings = np.where(rows.any(axis=-1, keepdims=True), rows - centre, rows).astype(np.float32)
    return found


@dataclass(frozen=True)
class TurnToCode:
    """One turn to be coded; ``previous`` is the other speaker's last turn, '' at the start."""

    speaker: Speaker
    text: str
    previous: str = ""


@dataclass(frozen=True)
class _Cut:
    """A turn and where its utterances are."""

    turn: TurnToCode
    spans: tuple[TextSpan, ...]

    @property
    def pieces(self) -> list[str]:
        return [self.turn.text[span.start : span.end] for span in self.spans]

    @property
    def reading(self) -> EncodingRequest:
        """Return what the encoder is asked to read: the utterances within their turn, where there are several."""
        parts = tuple((span.start, span.end) for span in self.spans) if len(self.spans) > 1 else ()
        return EncodingRequest(self.turn.text, self.turn.previous, parts)


@dataclass(frozen=True)
class _Seen:
    """A turn as the encoder read it: one row for the turn, one for the turn before, one per utterance.

    Attributes:
        cut: The turn.
        vectors: Of a trainee's turn the middle layers', of a patient's the encoder's own.
        adapted: What the adapted layers make of a trainee's turn; None for a patient's.
    """

    cut: _Cut
    vectors: Embeddings
    adapted: Embeddings | None = None

    def row(self, number: int) -> int:
        """Return the row of an utterance; a turn of one utterance is that utterance."""
        return 0 if len(self.cut.spans) == 1 else 2 + number

    def adapted_row(self, row: int) -> Floats:
        """Return a row of the adapted layers, empty where they did not read."""
        return _NO_VECTOR if self.adapted is None else self.adapted[row]


class EmbeddedCoder:
    """The ``TranscriptCoder`` port on a sentence encoder and a set of trained linear heads.

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
        self._recent: OrderedDict[TurnToCode, TurnCodes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def coder_id(self) -> str:
        """Name, version and weight hash of the coder, for provenance."""
        return self._weights.coder_id

    def prepare_for(self, previous: str) -> None:
        """Read the other speaker's turn ahead, so that coding the answer costs one sentence only."""
        self._encoder.read(None, [EncodingRequest(without_surrogates(previous))])

    def code_turn(self, speaker: Speaker, text: str, previous: str = "") -> TurnCodes:
        """Code one turn; ``previous`` is the other speaker's last turn, '' at the start.

        Any string is accepted; blank text gets the empty label of every head and no utterance.

        Raises:
            ModelUnavailable: The encoder's files are missing or damaged.
        """
        turn = TurnToCode(speaker, without_surrogates(text), without_surrogates(previous))
        with self._lock:
            known = self._recent.get(turn)
        if known is None:
            known = self._coded([turn])[0]
            with self._lock:
                self._recent[turn] = known
                while len(self._recent) > _REMEMBERED:
                    self._recent.popitem(last=False)
        return known

    def code_transcript(
        self,
        turns: Sequence[TranscriptTurn],
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[TurnCodes, ...]:
        """Code the turns of one or several sessions, in order; several go through the encoder at once.

        Raises:
            ModelUnavailable: The encoder's files are missing or damaged.
            Cancelled: ``cancel`` was set.
        """
        asked = _with_turn_before(turns)
        found: list[TurnCodes] = []
        for first in range(0, len(asked), _AT_ONCE):
            stop_if_cancelled(cancel)
            part = asked[first : first + _AT_ONCE]
            found += self._coded(part)
            if on_done:
                on_done(len(found))
        return tuple(found)

    def _coded(self, turns: Sequence[TurnToCode]) -> list[TurnCodes]:
        cut = [_Cut(turn, segment(turn.text)) for turn in turns]
        trainee, patient = (
            [at for at, one in enumerate(cut) if one.spans and one.turn.speaker == who] for who in _SPEAKERS
        )
        found = [self._blank(turn.speaker) for turn in turns]
        # The patient's are read first: they are the turns before the trainee's, and what was read is remembered.
        parts = self._parts([cut[at] for at in patient])
        for at, seen in zip(trainee, self._read([cut[at] for at in trainee]), strict=True):
            found[at] = self._trainee(seen)
        for at, seen in zip(patient, self._encode([cut[at] for at in patient], parts), strict=True):
            found[at] = self._patient(seen)
        return found

    def _parts(self, cut: Sequence[_Cut]) -> dict[TurnToCode, Embeddings]:
        """Return the patient's utterances as the encoder itself reads them within their turn, by turn.

        A single turn in one piece is left to ``encode``, which knows the persona's own lines by heart.
        """
        asked = [one for one in cut if len(cut) > 1 or len(one.spans) > 1]
        if not asked:
            return {}
        width = len(self._weights.centre)
        matrices = self._encoder.read(None, [EncodingRequest(one.turn.text, spans=one.reading.spans) for one in asked])
        return {one.turn: rows[2:, width:] for one, rows in zip(asked, matrices, strict=True)}

    def _read(self, cut: Sequence[_Cut]) -> list[_Seen]:
        """Return the turns as the middle and the adapted layers read them."""
        if not cut:
            return []
        width, centre = len(self._weights.centre), self._weights.centre
        matrices = self._encoder.read(self._weights.adapter, [one.reading for one in cut])
        return [
            _Seen(one, centred(rows[:, :width], centre), rows[:, width:])
            for one, rows in zip(cut, matrices, strict=True)
        ]

    def _encode(self, cut: Sequence[_Cut], parts: dict[TurnToCode, Embeddings]) -> list[_Seen]:
        """Return the turns as the encoder itself reads them; rows of blank texts are zero."""
        texts = list(dict.fromkeys(text for one in cut for text in (one.turn.text, one.turn.previous) if text.strip()))
        if not texts:
            return []
        rows = self._encoder.encode(texts)
        vectors, blank = dict(zip(texts, rows, strict=True)), np.zeros_like(rows[0])
        seen = []
        for one in cut:
            both = np.stack([vectors.get(text, blank) for text in (one.turn.text, one.turn.previous)])
            seen.append(_Seen(one, np.concatenate([both, parts.get(one.turn, both[:0])])))
        return seen

    def _turn_probabilities(self, names: tuple[str, ...], seen: _Seen, text: str, row: int) -> dict[str, Floats]:
        words, before = prepare(text), prepare(seen.cut.turn.previous)
        dense = turn_features(seen.vectors[row], seen.vectors[1], words, before)
        columns, values = hashed(words)
        heads = self._weights.heads
        return {name: heads[name].probabilities(dense, columns, values, seen.adapted_row(row)) for name in names}

    def _utterance_probabilities(self, seen: _Seen) -> Floats:
        rows = []
        for number, piece in enumerate(seen.cut.pieces):
            words, row = prepare(piece), seen.row(number)
            dense = utterance_features(seen.vectors[row], words)
            rows.append(self._weights.heads[UTTERANCE].probabilities(dense, *hashed(words), seen.adapted_row(row)))
        return np.stack(rows)

    def _trainee(self, seen: _Seen) -> TurnCodes:
        weights, rules = self._weights, self._weights.rules
        turn = self._turn_probabilities(tuple(rules.heads), seen, seen.cut.turn.text, 0)
        chosen, marginals = joint_turn(rules, turn, weights.evidence_power)
        alone = self._utterance_probabilities(seen)
        blended = blend(rules, self._codes, alone, marginals, weights.turn_power)
        picked, labels = reconcile(rules, self._codes, alone, blended, chosen, marginals)
        # The head's own probability: calibrated, where the joint one counts the same words several times.
        named = {name: _label(of[labels[name]], float(turn[name][labels[name]])) for name, of in rules.heads.items()}
        coded = [(self._codes[index], float(blended[at][index])) for at, index in enumerate(picked)]
        return TurnCodes(**named, utterances=self._utterances(seen.cut.spans, seen.cut.pieces, coded))

    def _patient(self, seen: _Seen) -> TurnCodes:
        name = self._weights.rules.patient_head
        labels = self._weights.heads[name].labels
        found = self._turn_probabilities((name,), seen, seen.cut.turn.text, 0)[name]
        rows = [found]
        if len(seen.cut.spans) > 1:
            rows = [
                self._turn_probabilities((name,), seen, piece, seen.row(number))[name]
                for number, piece in enumerate(seen.cut.pieces)
            ]
        coded = [(labels[int(row.argmax())], float(row.max())) for row in rows]
        talk = _label(labels[int(found.argmax())], float(found.max()))
        return TurnCodes(talk=talk, utterances=self._utterances(seen.cut.spans, seen.cut.pieces, coded))

    def _utterances(
        self, spans: tuple[TextSpan, ...], pieces: list[str], coded: list[tuple[str, float]]
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


def _with_turn_before(turns: Sequence[TranscriptTurn]) -> list[TurnToCode]:
    """Return the turns, each with what the other speaker of its session said last."""
    heard: dict[tuple[str, Speaker], str] = {}
    asked = []
    for turn in turns:
        other: Speaker = "patient" if turn.speaker == "trainee" else "trainee"
        text = without_surrogates(turn.text)
        asked.append(TurnToCode(turn.speaker, text, heard.get((turn.session_id, other), "")))
        heard[turn.session_id, turn.speaker] = text
    return asked


def _rounded(confidence: float) -> float:
    # Three digits: what lies beyond differs with the batch a sentence was encoded in.
    return round(min(1.0, max(0.0, confidence)), 3)


def _label(code: str, confidence: float) -> Label:
    return Label(code=code, confidence=_rounded(confidence))
