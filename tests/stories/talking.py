"""Runs a list of trainee lines through a mind with the real coder, without storage."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from simpatient.domain.ports import Coder
from simpatient.domain.session.session import CodedTurn
from simpatient.domain.state import PatientState
from simpatient.patient.mind import Mind, Reply


@dataclass
class Talk:
    """What was said, and the state it ended in."""

    replies: list[Reply] = field(default_factory=list)
    patient: list[str] = field(default_factory=list)
    turns: list[CodedTurn] = field(default_factory=list)

    @property
    def state(self) -> PatientState:
        return self.replies[-1].state_spoken

    @property
    def told(self) -> int:
        return len(self.state.facts_revealed)


def talk(mind: Mind, coder: Coder, lines: Sequence[str], seed: int) -> Talk:
    first = mind.open(seed)
    held = Talk([first], [first.words.text])
    _add(held, coder, "patient", first.words.text, "")
    for number, line in enumerate(lines, start=1):
        codes = coder.code_turn("trainee", line, held.patient[-1])
        held.turns.append(CodedTurn(turn=len(held.turns), speaker="trainee", text=line, codes=codes))
        reply = mind.reply(held.state, line, codes, held.patient, seed, number)
        held.replies.append(reply)
        held.patient.append(reply.words.text)
        _add(held, coder, "patient", reply.words.text, line)
    return held


def _add(held: Talk, coder: Coder, speaker: str, text: str, previous: str) -> None:
    codes = coder.code_turn("patient", text, previous)
    held.turns.append(CodedTurn(turn=len(held.turns), speaker="patient", text=text, codes=codes))
