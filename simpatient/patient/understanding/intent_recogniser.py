"""What the trainee asked or did, recognised by meaning: intents, topics, phrases and fit."""

from collections.abc import Collection, Sequence

from simpatient.domain.assessment.codes import TurnCodes, Utterance
from simpatient.domain.base import Value
from simpatient.domain.ports import Embeddings, SentenceEncoder
from simpatient.patient.phrases import first_phrase
from simpatient.patient.understanding.persona_index import PersonaIndex

# Cosines of all-MiniLM-L6-v2 on our held-out wordings (tests/patient/test_patient_understanding.py has the figures).
ASKED = 0.72  # by a statement: reflections sound like the questions they answer
ASKED_QUESTION = 0.45
TOUCHED = 0.46
FITS = 0.16
MADE = 0.55
QUESTION_CODES = frozenset({"open_question", "closed_question"})
REFLECTION_CODES = frozenset({"simple_reflection", "complex_reflection", "interpretation"})
LONGEST_READ = 2000


class Understanding(Value):
    """What the patient makes of a trainee turn.

    Attributes:
        intent: The question, risk question or own topic that was asked, if any.
        moves: Moves recognised beside it (greeting, permission, apology ...).
        move: The move that is the point of the turn, when nothing was asked.
        continues: The follow-up ("What was that like?") that asks to continue with the current topic, if any.
        topic: What the turn was about, asked or merely touched.
        certainty: Cosine of the best match (1.0 for a keyword).
        has_question: Whether anything in the turn was a question.
        fits: Whether what was said fits what the patient said or what is true of them.
        is_blank: Nothing but white space.
    """

    intent: str | None = None
    moves: tuple[str, ...] = ()
    move: str | None = None
    continues: str | None = None
    topic: str | None = None
    certainty: float = 0.0
    has_question: bool = False
    fits: bool = True
    is_blank: bool = False


def understand(
    text: str, codes: TurnCodes, recent: Sequence[str], index: PersonaIndex, encoder: SentenceEncoder
) -> Understanding:
    """Recognise what a trainee turn asked, did and was about.

    Args:
        text: The trainee's words.
        codes: Their codes; the utterance spans decide which part is the question.
        recent: The patient's last few turns, newest last.
        index: The persona's searchable form.
        encoder: Meaning vectors; the coder has just encoded the same texts, so a cache answers.
    """
    if not text.strip():
        return Understanding(is_blank=True)
    questions = [u.text for u in codes.utterances if _is_question(u)]
    parts = _parts(text, codes)
    vectors = encoder.encode(parts)
    rows = _scores_by_part(vectors, index)
    made = _moves_made(rows, index)
    scores = _best_by_id(rows, parts, questions, index.follow_ups | made.keys())
    keyword = _keyword(text, index)
    asked, certainty = _asked(scores, keyword, bool(questions), index)
    follow_up = asked if asked in index.follow_ups else None
    about = _touched(scores, index)
    moves = _moves(scores, text, index)
    return Understanding(
        intent=None if follow_up else asked,
        moves=moves,
        move=None if asked else _point_of(made, moves, index),
        continues=follow_up,
        topic=about if follow_up else asked or about,
        certainty=certainty,
        has_question=bool(questions),
        fits=_fits(vectors[0], recent, index, encoder),
    )


def _parts(text: str, codes: TurnCodes) -> list[str]:
    utterances = [u.text for u in codes.utterances]
    return [text] if len(utterances) <= 1 else [text, *utterances]


def _is_question(utterance: Utterance) -> bool:
    """Whether it was coded as a question or is written as one; coders mishear questions about safety."""
    coded = bool(utterance.codes) and utterance.codes[0].code in QUESTION_CODES
    return coded or utterance.text.rstrip().endswith("?")


def _scores_by_part(vectors: Embeddings, index: PersonaIndex) -> list[dict[str, float]]:
    """Return for every part of the turn the best cosine with each intent's and topic's wordings."""
    rows = []
    for cosines in (vectors @ index.asks.T).tolist():
        found: dict[str, float] = {}
        for ask_id, score in zip(index.ask_ids, cosines, strict=True):
            if score > found.get(ask_id, 0.0):
                found[ask_id] = score
        rows.append(found)
    return rows


def _moves_made(rows: Sequence[dict[str, float]], index: PersonaIndex) -> dict[str, float]:
    """Return the moves that some part of the turn is nearer to than to any question, with their cosine."""
    made: dict[str, float] = {}
    for row in rows:
        best = max(row, key=lambda item: row[item], default=None)
        if best is not None and index.kinds[best] == "move" and row[best] >= MADE:
            made[best] = max(row[best], made.get(best, 0.0))
    return made


def _best_by_id(
    rows: Sequence[dict[str, float]], parts: Sequence[str], questions: Sequence[str], alone: Collection[str]
) -> dict[str, float]:
    """Return the best cosine per intent; a question part counts in full, the rest slightly less.

    A multi-part turn is usually reflection first, question last, and the question is what is answered.
    A part that makes a move ("Did you find us all right?") or asks to continue ("What was that like?") says
    nothing about any other topic, however alike the wording.
    """
    found: dict[str, float] = {}
    for row, part in zip(rows, parts, strict=True):
        weight = 1.0 if part in questions or len(parts) == 1 else 0.88
        best = max(row, key=lambda item: row[item], default="")
        stands_alone = best in alone and row[best] >= MADE
        for ask_id, score in row.items():
            if not stands_alone or ask_id == best:
                found[ask_id] = max(found.get(ask_id, 0.0), score * weight)
    return found


def _keyword(text: str, index: PersonaIndex) -> str | None:
    return next((item for item, words in index.keywords if first_phrase(text, words)), None)


def _asked(
    scores: dict[str, float], keyword: str | None, has_question: bool, index: PersonaIndex
) -> tuple[str | None, float]:
    """Return the intent asked and its certainty; a keyword lends weight, a risk keyword decides."""
    askable = {item: score for item, score in scores.items() if index.kinds[item] != "move"}
    # A direct word for suicide or harm must never be missed because the sentence around it is unusual.
    if keyword and index.kinds[keyword] == "risk":
        return keyword, 1.0
    if keyword and index.kinds[keyword] != "move":
        askable[keyword] = askable.get(keyword, 0.0) + 0.15
    if not askable:
        return None, 0.0
    best = max(askable, key=lambda item: askable[item])
    enough = ASKED_QUESTION if has_question else ASKED
    return (best if askable[best] >= enough else None), min(1.0, askable[best])


def _point_of(made: Collection[str], moves: Sequence[str], index: PersonaIndex) -> str | None:
    """Return the move that is the point of the turn: the bank has them in that order."""
    return next((intent.id for intent in index.bank.intents if intent.id in made), next(iter(moves), None))


def _moves(scores: dict[str, float], text: str, index: PersonaIndex) -> tuple[str, ...]:
    moves = [intent for intent in index.bank.intents if intent.kind == "move"]
    best_question = max((s for item, s in scores.items() if index.kinds[item] != "move"), default=0.0)
    return tuple(
        move.id
        for move in moves
        if first_phrase(text, move.keywords) or scores.get(move.id, 0.0) >= max(MADE, best_question)
    )


def _touched(scores: dict[str, float], index: PersonaIndex) -> str | None:
    # Risk is talked of when it is asked about, never because a reflection sounds a little like it.
    askable = {item for item in index.facts_by_topic if index.kinds.get(item) == "question"}
    about = {item: s for item, s in scores.items() if item in index.own_topics or item in askable}
    best = max(about, key=lambda item: about[item], default=None)
    return best if best is not None and about[best] >= TOUCHED else None


def _fits(turn: Embeddings, recent: Sequence[str], index: PersonaIndex, encoder: SentenceEncoder) -> bool:
    """Whether the turn has to do with what the patient just said or with what is true of them."""
    against = [index.known]
    if recent:
        against.append(encoder.encode([text[:LONGEST_READ] for text in recent]))
    return max(float((rows @ turn).max()) for rows in against if len(rows)) >= FITS
