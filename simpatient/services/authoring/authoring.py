"""Authoring: check content files and try a persona while it is being written. Nothing is stored."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.base import Value
from simpatient.domain.content.persona import Persona
from simpatient.domain.errors import ContentError, UserFacingError
from simpatient.domain.ports import Coder
from simpatient.domain.state import PatientState, ReplyPlan
from simpatient.patient.mind import Mind
from simpatient.services.sessions.minds import MindStore


class AuthoringTools(Protocol):
    """Reads and checks content files."""

    def check(self, paths: Sequence[Path]) -> tuple[ContentError, ...]:
        """Return every problem of the files and folders; of all content when none is named."""
        ...

    def read_persona(self, path: Path) -> Persona:
        """Return the persona in a file.

        Raises:
            ContentError: The file is not a valid persona.
        """
        ...

    def kind_of(self, path: Path) -> str:
        """Return what kind of content a file is, in one word; '' when it cannot be determined."""
        ...


class Preview(Value):
    """What an author sees of a content file.

    Attributes:
        persona: None when the file is none, or has mistakes.
        kind: ``persona``, ``case``, ``rubric`` ...; '' when it cannot be determined.
    """

    persona: Persona | None
    counts: dict[str, int]
    kind: str = "persona"


class PreviewReply(Value):
    """The patient's answer in a preview, with what the author wants to see behind it."""

    text: str
    state: PatientState
    plan: ReplyPlan
    codes: TurnCodes | None = None


class PreviewTalk:
    """A talk with a persona that leaves no trace."""

    def __init__(self, mind: Mind, coder: Coder, seed: int) -> None:
        self._mind = mind
        self._coder = coder
        self._seed = seed
        self._said: list[str] = []
        self._turn = 0
        opening = mind.open(seed)
        self._state = opening.state_spoken
        self._said.append(opening.words.text)
        self.opening = PreviewReply(text=opening.words.text, state=opening.state_spoken, plan=opening.plan)

    def say(self, text: str) -> PreviewReply:
        """Return the patient's answer to a trainee line."""
        self._turn += 1
        codes = self._coder.code_turn("trainee", text, self._said[-1])
        reply = self._mind.reply(self._state, text, codes, self._said, self._seed, self._turn)
        self._state = reply.state_spoken
        self._said.append(reply.words.text)
        return PreviewReply(text=reply.words.text, state=reply.state_spoken, plan=reply.plan, codes=codes)


class AuthorService:
    """What supervisors need while they write."""

    def __init__(self, *, tools: AuthoringTools, minds: MindStore, coder: Coder) -> None:
        self._tools = tools
        self._minds = minds
        self._coder = coder

    def check(self, paths: Sequence[Path] = ()) -> tuple[ContentError, ...]:
        """Return every problem found, with file, line and field."""
        return self._tools.check(paths)

    def preview(self, path: Path) -> tuple[Preview, tuple[ContentError, ...]]:
        """Return the persona as far as it can be read, and the problems of the file, whatever kind it is of."""
        problems = self._tools.check([path])
        try:
            persona = self._tools.read_persona(path)
        except ContentError:
            return Preview(persona=None, counts={}, kind=self._tools.kind_of(path)), problems
        return Preview(persona=persona, counts=_counts(persona)), problems

    def preview_start(self, path: Path, seed: int = 1) -> PreviewTalk:
        """Start a talk with the persona in a file.

        Raises:
            ContentError: The file is not a valid persona.
            UserFacingError: The persona has no opening line yet.
        """
        persona = self._tools.read_persona(path)
        if not any(line.act == "opening" for line in persona.lines):
            raise UserFacingError("The persona has no opening line yet.", "Add lines with 'act: opening'.")
        return PreviewTalk(self._minds.build(persona), self._coder, seed)


def _counts(persona: Persona) -> dict[str, int]:
    return {
        "lines": sum(len(line.say) for line in persona.lines),
        "facts": len(persona.facts),
        "topics": len(persona.topics),
        "triggers": len(persona.dynamics.triggers),
    }
