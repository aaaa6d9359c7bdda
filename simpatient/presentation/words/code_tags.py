"""The codes of a turn as tags, and the key to their letters."""

from collections.abc import Iterable

from simpatient.domain.assessment.codes import CodeNames, TurnCodes
from simpatient.presentation.words.wording import confidence_words

_NO_BREAK = "\u00a0"


def code_tags(codes: TurnCodes | None, names: CodeNames, *, with_labels: bool = False) -> list[tuple[str, str]]:
    """Return a turn's codes as ``(tag, what it means and how sure the coder is)``, in spoken order.

    Args:
        codes: What the coder found; None for a turn without codes.
        names: What codes are called.
        with_labels: Whether the tag has the code's name behind its letters.
    """
    found = []
    for code, confidence in _found(codes).items():
        tag, name = names.tag(code), names.label(code)
        shown = f"{tag} {name.lower()}" if with_labels and tag != name else tag
        found.append((shown, f"{name}, {confidence_words(confidence)}"))
    return found


def code_key(turns: Iterable[TurnCodes | None], names: CodeNames) -> tuple[tuple[str, str], ...]:
    """Return the key to the letters in use as ``(letters, meaning)``; a tag that is a name explains itself."""
    found = {code for codes in turns for code in _found(codes)}
    pairs = sorted((names.tag(code), names.label(code)) for code in found)
    return tuple((tag, name) for tag, name in pairs if tag != name)


def code_key_line(turns: Iterable[TurnCodes | None], names: CodeNames) -> str:
    """Return the key in one line; letters and their meaning never break apart."""
    return "  ·  ".join(f"{tag} {name.lower()}".replace(" ", _NO_BREAK) for tag, name in code_key(turns, names))


def _found(codes: TurnCodes | None) -> dict[str, float]:
    """Return each code of a turn with the confidence of its surest utterance."""
    if codes is None:
        return {}
    if codes.talk is not None:
        # A patient's turn shows its talk type as a whole; that of its parts may differ and would only confuse.
        return {codes.talk.code: codes.talk.confidence}
    found: dict[str, float] = {}
    for utterance in codes.utterances:
        for label in utterance.codes[:1]:
            found[label.code] = max(label.confidence, found.get(label.code, 0.0))
    return found
