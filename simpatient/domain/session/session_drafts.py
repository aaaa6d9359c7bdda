"""Half-written things of a session: typed, and neither sent nor saved yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from simpatient.domain.base import Value
from simpatient.domain.session.session import Turn
from simpatient.domain.text import clean_text

DraftKind = Literal["composer", "self_rating", "writing", "correction"]
# Fields of a composer's draft: what stands in it; what left it and is on its way to being stored, with the newest
# turn there was then.
TYPED, SENDING, SENT_AFTER = "typed", "sending", "sent_after"


class SessionDraft(Value):
    """One half-written thing.

    Attributes:
        session_id: The session it belongs to, and to no other.
        kind: Where it is being written.
        part: Which of several of a kind (a rubric, a turn); '' where there is only one.
        texts: What is in each of its fields, blanks included.
        at: When it was last changed.
    """

    session_id: str
    kind: DraftKind
    part: str = ""
    texts: dict[str, str]
    at: datetime

    model_config = {**Value.model_config, "str_strip_whitespace": False}


def composer_texts(typed: str, sending: str = "", sent_after: int | None = None) -> dict[str, str]:
    """Return a composer's draft; empty when there are no words in it."""
    if not typed.strip() and not sending:
        return {}
    after = "" if sent_after is None else str(sent_after)
    return {TYPED: typed, **({SENDING: sending, SENT_AFTER: after} if sending else {})}


def words_not_sent(texts: Mapping[str, str], turns: Sequence[Turn]) -> str:
    """Return what belongs in the composer, given the turns that are stored.

    Words that were being sent when the program stopped come back unless they became a turn: no one sends a line
    twice, and none is lost. A later turn with other words was said in another window and does not count.
    """
    typed, sending = texts.get(TYPED, ""), texts.get(SENDING, "")
    after = int(texts.get(SENT_AFTER) or -1)
    sent = clean_text(sending)
    if not sending or any(each.speaker == "trainee" and each.turn > after and _says(each, sent) for each in turns):
        return typed
    return f"{sending}\n{typed}" if typed.strip() else sending


def _says(turn: Turn, words: str) -> bool:
    """Return whether a turn was stored with these words, whatever a correction has made of them since."""
    versions = turn.speech.versions if turn.speech is not None else ()
    return words in (turn.text, *(each.text for each in versions))
