"""Builders of spoken turns: who, from when to when, how many words."""

from simpatient.domain.assessment.codes import Speaker, TurnCodes
from simpatient.domain.session.session import CodedTurn


def said(
    turn: int,
    speaker: Speaker,
    start: float | None,
    end: float | None = None,
    text: str = "one two three four five",
    *,
    cut: bool = False,
) -> CodedTurn:
    """A turn with times; without them it was typed."""
    return CodedTurn(
        turn=turn, speaker=speaker, text=text, codes=TurnCodes(), start_s=start, end_s=end, was_interrupted=cut
    )


def alternating(*times: tuple[float, float], first: Speaker = "patient") -> list[CodedTurn]:
    """Turns of both in turn, each of ten words."""
    other: Speaker = "trainee" if first == "patient" else "patient"
    speakers = (first, other)
    return [said(i, speakers[i % 2], start, end, "word " * 10) for i, (start, end) in enumerate(times)]
