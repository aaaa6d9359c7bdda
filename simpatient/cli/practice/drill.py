"""``simpatient drill``: one skill, line by line, at the prompt or from a file."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from simpatient.cli.output import as_json, read_lines, show
from simpatient.domain.errors import UserFacingError
from simpatient.domain.learning.drill import TRIES_UNTIL_TOO_HARD
from simpatient.domain.people.actor import Actor
from simpatient.presentation.learning.drills import drill_feedback
from simpatient.presentation.words.dates import date, timestamp
from simpatient.services.learning.drill import Answer, DrillExercise, DrillService

END, NEXT, HINT = "/end", "/next", "/hint"
COMMANDS = f"{HINT} shows a hint, {NEXT} takes the next one, {END} ends."
_MARKS = {"met": "+", "unmet": "-", "unsure": "?"}


def drill(
    drill_id: Annotated[str, typer.Option("--id", help="Drill id; see 'simpatient list drills'.")],
    trainee_lines: Annotated[Path | None, typer.Option("--trainee-lines", help="One try per line.")] = None,
    stimulus: Annotated[str, typer.Option("--stimulus", help="Begin with this stimulus.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the tries as JSON.")] = False,
) -> None:
    """Practise one skill on single patient lines, with feedback on every try.

    Type /hint, /next or /end (or end the input). In a file of lines a good try leads to the next patient line, and so
    do three that were not; the commands work there, too. Tries are stored as in the window.

    Example: simpatient drill --id open-questions --trainee-lines tries.txt --json
    """
    lines = _given(trainee_lines)
    from simpatient.bootstrap.app import open_app

    app = open_app()
    try:
        talk = _Talk(app.drill, app.actor, drill_id, quiet=json, typed=lines is None)
        talk.begin(stimulus)
        for line in _said(lines):
            if line == END:
                break
            talk.hear(line)
        if json:
            show(as_json(talk.result()))
        else:
            talk.close()
    finally:
        app.close()


class _Talk:
    """One sitting at the prompt."""

    def __init__(self, service: DrillService, actor: Actor, drill_id: str, *, quiet: bool, typed: bool) -> None:
        self._service = service
        self._actor = actor
        self._drill_id = drill_id
        self._show = (lambda _: None) if quiet else show
        self._typed = typed
        self._exercise: DrillExercise | None = None
        self._hint_seen = False
        self._missed = 0
        self._is_over = False
        self._answers: list[tuple[DrillExercise, Answer]] = []

    def begin(self, stimulus_id: str) -> None:
        """Show what the skill is and the first patient line."""
        exercise = self._service.begin(self._actor, self._drill_id, stimulus_id)
        self._show(f"{exercise.drill.title}\n{exercise.drill.why}\n{exercise.drill.how}\n({COMMANDS})")
        self._take(exercise)

    def hear(self, line: str) -> None:
        """Take a command or a try."""
        if line == NEXT or self._is_over:
            before = self._current.stimulus.id
            self._take(self._service.begin(self._actor, self._drill_id, leave_out=before))
        if line == NEXT:
            return
        if line == HINT:
            self._hint_seen = True
            self._show(f"Hint: {self._current.stimulus.hint}")
        else:
            self._try(line)

    def result(self) -> dict[str, Any]:
        """Return the sitting as JSON."""
        last = self._answers[-1][1] if self._answers else None
        return {
            "drill": self._drill_id,
            "version": self._current.drill.version,
            "tries": [_row(exercise, answer) for exercise, answer in self._answers],
            "level": last.level if last else self._current.stimulus.level,
            "due_at": (timestamp(last.due_at) or None) if last else None,
        }

    def close(self) -> None:
        """Say when the drill is due again."""
        last = self._answers[-1][1] if self._answers else None
        if last is not None and last.due_at is not None:
            print(f"Due again on {date(last.due_at)}, at level {last.level}.", file=sys.stderr)

    @property
    def _current(self) -> DrillExercise:
        if self._exercise is None:
            raise UserFacingError("The drill has not been started.")
        return self._exercise

    def _take(self, exercise: DrillExercise) -> None:
        self._exercise, self._hint_seen, self._missed, self._is_over = exercise, False, 0, False
        stimulus = exercise.stimulus
        self._show(f"\n[Level {stimulus.level}. {stimulus.setting}]\nPatient: {stimulus.patient}")

    def _try(self, line: str) -> None:
        if not self._typed:
            self._show(f"You: {line}")
        answer = self._service.attempt(self._actor, self._current, line, hint_seen=self._hint_seen)
        self._answers.append((self._current, answer))
        for told in feedback_lines(answer):
            self._show(told)
        self._missed += answer.feedback.outcome != "done"
        # At the prompt a trainee may stay as long as they like; a file of lines has to advance by itself.
        self._is_over = answer.feedback.outcome == "done" or (not self._typed and self._missed >= TRIES_UNTIL_TOO_HARD)
        if self._is_over and self._typed:
            self.hear(NEXT)


def feedback_lines(answer: Answer) -> list[str]:
    """Return what is said about a try, a line each."""
    shown = drill_feedback(answer)
    found = [f"  {_MARKS[line.verdict]} {line.words} {line.based_on}".rstrip() for line in shown.lines if line.words]
    return [*found, f"{shown.headline}. {shown.next_words}", f"{shown.better_title}: {shown.better}"]


def _row(exercise: DrillExercise, answer: Answer) -> dict[str, Any]:
    stimulus = exercise.stimulus
    return {
        "stimulus": stimulus.id,
        "level": stimulus.level,
        "patient": stimulus.patient,
        "text": answer.text,
        "try": answer.tries,
        "feedback": answer.feedback.model_dump(mode="json", by_alias=True),
    }


def _given(path: Path | None) -> list[str] | None:
    if path is None:
        return None
    lines = [line.strip() for line in read_lines(path) if line.strip()]
    if not lines:
        raise UserFacingError("The file of tries is empty.", "Write one try per line.")
    return lines


def _said(lines: list[str] | None) -> Iterator[str]:
    """Yield what is said, from the file or from the keyboard until the end."""
    if lines is not None:
        yield from lines
        return
    while True:
        try:
            line = input("You: ").strip()
        except EOFError:
            return
        if line:
            yield line
