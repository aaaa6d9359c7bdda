"""Writing content without checks or a patient."""

from collections.abc import Sequence
from pathlib import Path

from simpatient.domain.errors import ContentError
from simpatient.domain.state import PatientState, ReplyPlan
from simpatient.services.authoring.authoring import Preview, PreviewReply
from tests.gui.fake_content import PERSONAS
from tests.gui.fake_sessions import codes_for


class FakePreviewTalk:
    """Always says the same."""

    def __init__(self) -> None:
        state = PatientState(trust=1.75)
        self.opening = PreviewReply(text="Right. So.", state=state, plan=ReplyPlan(act="opening"))

    def say(self, text: str) -> PreviewReply:
        plan = ReplyPlan(act="affective", reaction="understood", topic="sleep", facts_to_tell=("recital",))
        return PreviewReply(
            text="Yeah. That's about it.", state=PatientState(trust=2.0), plan=plan, codes=codes_for(text)
        )


class FakeAuthor:
    """Finds a problem in every line that says 'wrong'."""

    kind = "persona"

    def check(self, paths: Sequence[Path] = ()) -> tuple[ContentError, ...]:
        return tuple(problem for path in paths for problem in self.preview(path)[1])

    def preview(self, path: Path) -> tuple[Preview, tuple[ContentError, ...]]:
        lines = path.read_text(encoding="utf-8").splitlines()
        problems = tuple(
            ContentError(
                "This is not one of the allowed words.",
                file=str(path),
                line=i,
                field="lines[2].say",
                action="Use another word.",
                given=line,
            )
            for i, line in enumerate(lines, start=1)
            if "wrong" in line
        )
        good = not problems
        counts = {"lines": 254, "facts": 27, "topics": 19} if good else {}
        is_persona = self.kind == "persona"
        persona = PERSONAS[0] if good and is_persona else None
        return Preview(persona=persona, counts=counts if is_persona else {}, kind=self.kind), problems

    def preview_start(self, path: Path, seed: int = 1) -> FakePreviewTalk:
        return FakePreviewTalk()
