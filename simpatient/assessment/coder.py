"""The embedded coder: behaviour codes for a turn in milliseconds, from one encoder call.

Sentence vectors and light features go through calibrated linear heads; label rules make turn labels
and utterance codes agree. Must not know where the encoder runs or who asks.
"""

import threading
from collections import OrderedDict

import numpy as np

from simpatient.assessment.coder_weights import UTTERANCE, CoderWeights
from simpatient.assessment.decoding import blend, joint_turn, reconcile
from simpatient.assessment.features import Floats, Words, cues, hashed, prepare
from simpatient.assessment.segmenter import Span, segment
from simpatient.domain.codes import Label, Speaker, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Embeddings, SentenceEncoder

_REMEMBERED = 64
_NOTHING = prepare("")


def turn_features(vector: Floats, previous_vector: Floats, words: Words, previous: Words) -> Floats:
    """Return the dense features of the turn heads: turn, turn before, how alike they are, cues."""
    alike = np.asarray([vector @ previous_vector], dtype=np.float32)
    return np.concatenate([vector, previous_vector, alike, cues(words, previous)])


def utterance_features(vector: Floats, words: Words) -> Floats:
    """Return the dense features of the utterance head: the utterance and its cues, without context."""
    return np.concatenate([vector, cues(words, _NOTHING)])


class EmbeddedCoder:
    """The ``Coder`` port on a sentence encoder and a set of trained linear heads.

    Raises:
        ModelUnavailable: The weights were trained on vectors of another encoder.
    """

    def __init__(self, encoder: SentenceEncoder, weights: CoderWeights) -> None:
        if weights.encoder_id != encoder.model_id:
            raise ModelUnavailable(
                f"The coder was trained for the encoder {weights.encoder_id}, not {encoder.model_id}.",
                "Train it again with `simpatient tune train-coder`.",
            )
        self._encoder = encoder
        self._weights = weights
        self._codes = weights.heads[UTTERANCE].labels
        self._recent: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def coder_id(self) -> str:
        """Name, version and weight hash of the coder, for provenance."""
        return self._weights.coder_id

    def prepare_for(self, previous: str) -> None:
        """Encode the other speaker's turn ahead, so that coding the answer costs one sentence only."""
        self._vectors([_clean(previous)])

    def code_turn(self, speaker: Speaker, text: str, previous: str = "") -> TurnCodes:
        """Code one turn; ``previous`` is the other speaker's last turn, '' at the start.

        Any string is accepted; blank text gets the empty label of every head and no utterance.

        Raises:
            ModelUnavailable: The encoder's files are missing or damaged.
        """
        text, previous = _clean(text), _clean(previous)
        if not text.strip():
            return self._blank(speaker)
        spans = segment(text)
        pieces = [text[span.start : span.end] for span in spans]
        wanted = [text] if len(spans) == 1 else [text, *pieces]
        vectors = self._vectors([*wanted, previous])
        parts = vectors[:1] if len(spans) == 1 else vectors[1:-1]
        dense = (vectors[0], vectors[-1])
        if speaker == "patient":
            return self._patient(text, previous, dense, spans, pieces, parts)
        return self._trainee(text, previous, dense, spans, pieces, parts)

    def _vectors(self, texts: list[str]) -> Embeddings:
        """Return one row per text (zero for blank ones) in one encoder call; recent texts cost nothing."""
        with self._lock:
            known = {text: self._recent[text] for text in texts if text in self._recent}
        missing = [text for text in dict.fromkeys(texts) if text not in known and text.strip()]
        if missing:
            known.update(zip(missing, self._encoder.encode(missing), strict=True))
        with self._lock:
            self._recent.update(known)
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        width = (self._weights.heads[UTTERANCE].dense.shape[0]) - len(cues(_NOTHING, _NOTHING))
        blank = np.zeros(width, dtype=np.float32)
        return np.stack([known.get(text, blank) for text in texts])

    def _turn_probabilities(
        self, names: tuple[str, ...], text: str, previous: str, vectors: tuple[Floats, Floats]
    ) -> dict[str, Floats]:
        words, before = prepare(text), prepare(previous)
        dense = turn_features(*vectors, words, before)
        columns, values = hashed(words)
        return {name: self._weights.heads[name].probabilities(dense, columns, values) for name in names}

    def _utterance_probabilities(self, pieces: list[str], parts: Embeddings) -> Floats:
        rows = []
        for piece, vector in zip(pieces, parts, strict=True):
            words = prepare(piece)
            rows.append(self._weights.heads[UTTERANCE].probabilities(utterance_features(vector, words), *hashed(words)))
        return np.stack(rows)

    def _trainee(
        self,
        text: str,
        previous: str,
        vectors: tuple[Floats, Floats],
        spans: tuple[Span, ...],
        pieces: list[str],
        parts: Embeddings,
    ) -> TurnCodes:
        weights, rules = self._weights, self._weights.rules
        turn = self._turn_probabilities(tuple(rules.heads), text, previous, vectors)
        chosen, marginals = joint_turn(rules, turn, weights.evidence_power)
        alone = self._utterance_probabilities(pieces, parts)
        blended = blend(rules, self._codes, alone, marginals, weights.turn_power)
        picked, labels = reconcile(rules, self._codes, alone, blended, chosen, marginals)
        # The head's own probability: calibrated, where the joint one counts the same words several times.
        named = {name: _label(of[labels[name]], float(turn[name][labels[name]])) for name, of in rules.heads.items()}
        coded = [(self._codes[index], float(blended[at][index])) for at, index in enumerate(picked)]
        return TurnCodes(**named, utterances=self._utterances(spans, pieces, coded))

    def _patient(
        self,
        text: str,
        previous: str,
        vectors: tuple[Floats, Floats],
        spans: tuple[Span, ...],
        pieces: list[str],
        parts: Embeddings,
    ) -> TurnCodes:
        name = self._weights.rules.patient_head
        labels = self._weights.heads[name].labels
        found = self._turn_probabilities((name,), text, previous, vectors)[name]
        rows = [found]
        if len(spans) > 1:
            rows = [
                self._turn_probabilities((name,), piece, previous, (part, vectors[1]))[name]
                for piece, part in zip(pieces, parts, strict=True)
            ]
        coded = [(labels[int(row.argmax())], float(row.max())) for row in rows]
        talk = _label(labels[int(found.argmax())], float(found.max()))
        return TurnCodes(talk=talk, utterances=self._utterances(spans, pieces, coded))

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


def _clean(text: str) -> str:
    """Replace lone surrogates, which no model takes, one for one, so that offsets stay true."""
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def _rounded(confidence: float) -> float:
    # Three digits: what lies beyond differs with the batch a sentence was encoded in.
    return round(min(1.0, max(0.0, confidence)), 3)


def _label(code: str, confidence: float) -> Label:
    return Label(code=code, confidence=_rounded(confidence))
