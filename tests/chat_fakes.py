"""Language models by script: what they are shown is remembered."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simpatient.domain.cancellation import Cancellation, stop_if_cancelled
from simpatient.domain.errors import (
    ModelUnavailable,
)
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.ports import OnDone, OnText
from tests.fakes import code_of_sentence, talk_type


@dataclass(frozen=True)
class Shown:
    """What a scripted model sees of one request: all messages, and which of the samples is wanted."""

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None
    sample: int

    @property
    def lines(self) -> list[str]:
        return [line for message in self.messages for line in message.content.splitlines()]

    @property
    def record(self) -> dict[str, Any]:
        """The data: the one line that is a JSON object and stands alone."""
        (found,) = [line for line in self.lines if line.startswith("{")]
        record: dict[str, Any] = json.loads(found)
        return record

    @property
    def instructions(self) -> str:
        """Everything but the data."""
        return "\n".join(line for line in self.lines if not line.startswith("{"))


Script = Callable[[Shown], str]


@dataclass
class ScriptedChatModel:
    """A chat model that answers by a script and remembers what it was shown."""

    script: Script
    shown: list[Shown] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    model_id: str = "scripted@1"

    def complete(
        self,
        prefix: Sequence[Message],
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[tuple[Completion, ...], ...]:
        self.samplings.append(sampling)
        found = []
        for number, request in enumerate(requests, start=1):
            stop_if_cancelled(cancel)
            messages = (*prefix, *request.messages)
            shown = [Shown(messages, request.answer_schema, sample) for sample in range(sampling.samples)]
            self.shown += shown
            found.append(tuple(_completion(self.script(one)) for one in shown))
            if on_done:
                on_done(number)
        return tuple(found)


@dataclass
class FakePatientModels:
    """Voices by name; what is not there is unavailable."""

    by_name: dict[str, "ScriptedVoice"] = field(default_factory=dict)

    def patient_model(self, model: str) -> "ScriptedVoice":
        found = [voice for name, voice in self.by_name.items() if model in (name, voice.model_id)]
        if not found:
            raise ModelUnavailable("No language model is set up.", "Choose one in the settings.")
        return found[0]


@dataclass
class ScriptedVoice:
    """A chat model that speaks the given answers in turn, a few letters at a time.

    ``broken`` answers fail after as many letters as are given there. ``heard`` keeps what it was shown.
    """

    answers: Sequence[str]
    broken: Mapping[int, int] = field(default_factory=dict)
    heard: list[tuple[str, tuple[Message, ...], str, Sampling]] = field(default_factory=list)
    prepared: list[tuple[str, tuple[Message, ...]]] = field(default_factory=list)
    model_id: str = "scripted-voice@1"

    def prepare(self, session: str, messages: Sequence[Message]) -> None:
        self.prepared.append((session, tuple(messages)))

    def speak(
        self,
        session: str,
        messages: Sequence[Message],
        note: str,
        sampling: Sampling,
        on_text: OnText,
        *,
        cancel: Cancellation | None = None,
    ) -> Completion:
        at = len(self.heard)
        self.heard.append((session, tuple(messages), note, sampling))
        answer, said = self.answers[at % len(self.answers)], ""
        for piece in re.findall(r"(?s).{1,5}", answer):
            stop_if_cancelled(cancel)
            if at in self.broken and len(said) >= self.broken[at]:
                raise ModelUnavailable("The language model stopped.", "Go on; the guided patient speaks.")
            said += piece
            if not on_text(piece):
                break
        return _completion(said).model_copy(update={"is_complete": said == answer})

    def forget(self, session: str) -> None:
        self.prepared = [each for each in self.prepared if each[0] != session]


def _completion(text: str) -> Completion:
    tokens = len(text.split())
    return Completion(
        text=text, tokens=tokens, log_probability=-0.5 * tokens, least_log_probability=-0.5, is_complete=True
    )


GULLIBLE = re.compile(r"(?i)ignore (all )?(your|previous) instructions|give (me|this) a 5")


def codes_by_words(shown: Shown) -> str:
    """Answer a coding prompt as ``FakeCoder`` codes, and quote truly.

    Gullible on purpose: an order among the instructions is followed, one in the data is not.
    """
    obeys = GULLIBLE.search(shown.instructions)
    said = [entry["text"] for entry in shown.record["utterances"]]
    assert shown.schema is not None
    answers = shown.schema["properties"]["utterances"]["items"]["properties"]["code"]["enum"]
    code = talk_type if "sustain" in answers else code_of_sentence
    rows = [{"quote": text[:60], "code": "affirm" if obeys else code(text)} for text in said]
    return json.dumps({"utterances": rows})
