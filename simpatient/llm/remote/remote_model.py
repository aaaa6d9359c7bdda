"""A language model on a server that speaks OpenAI's chat-completions protocol: vLLM, ``transformers serve``, llama.cpp.

The ports ``ChatModel`` and ``PatientVoice`` in one. Keeps nothing of a conversation: every request holds all
of it, so no session can leak into another. How a template takes a system message is left to the server. Must not
know what is asked.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from itertools import groupby
from typing import Any

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import BugError
from simpatient.domain.models.chat import Completion, Message, Request, Sampling
from simpatient.domain.models.servers import RemoteServer
from simpatient.domain.ports import OnDone, OnText
from simpatient.domain.session.session import REMOTE
from simpatient.domain.text import without_surrogates
from simpatient.llm.output.visible_text import VisibleText
from simpatient.llm.remote.chat_completions import ChatCompletionsClient

SIDE_BY_SIDE = 8  # requests at a time; servers answer them together
CHARACTERS_PER_TOKEN = 40  # no token is longer on the whole; an answer that is was not held to its length
_FENCE = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?```\s*", re.DOTALL)


class RemoteChatModel:
    """The ``ChatModel`` and ``PatientVoice`` ports on a server.

    Args:
        server: The user's settings.
        trainee: Whose words they are; becomes a salt, so that a server keeps what it remembers of them apart.

    Attributes:
        server: The settings it was made with.
    """

    def __init__(self, server: RemoteServer, trainee: str = "") -> None:
        self.server = server
        self._client = ChatCompletionsClient(server)
        self._salt = server.salt_of(trainee)

    @property
    def model_id(self) -> str:
        """The model's name on the server, and the server; begins with ``remote:``."""
        return f"{REMOTE}{self.server.model}@{self.server.host}"

    def prepare(self, session: str, messages: Sequence[Message]) -> None:
        """Have the server read messages ahead, by asking for one token; see ``domain.ports.PatientModel``.

        Raises:
            ModelUnavailable: The server cannot be reached or refuses.
        """
        self._answer(messages, Sampling(max_tokens=1), None, lambda _: True, None)

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
        """Answer the last message; see ``domain.ports.PatientModel``.

        Raises:
            ModelUnavailable: The server cannot be reached, refuses, or drops the connection.
            Cancelled: ``cancel`` was set.
        """
        if sampling.samples != 1:
            raise BugError("a patient gives one answer at a time")
        noted = [*messages, Message(role="user", content=note)] if note else messages
        return self._answer(noted, sampling, None, on_text, cancel)

    def forget(self, session: str) -> None:
        """Nothing of a session is kept here."""

    def complete(
        self,
        prefix: Sequence[Message],
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> tuple[tuple[Completion, ...], ...]:
        """Answer several requests that begin alike; see ``domain.ports.ChatModel``.

        Raises:
            ModelUnavailable: The server cannot be reached, refuses, or drops the connection.
            Cancelled: ``cancel`` was set.
        """
        stop = _Stop(cancel)
        found: dict[tuple[int, int], Completion] = {}
        with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="remote") as pool:
            asked = {
                pool.submit(self._sample, prefix, request, sampling, sample, stop): (at, sample)
                for at, request in enumerate(requests)
                for sample in range(sampling.samples)
            }
            try:
                for future in as_completed(asked):
                    found[asked[future]] = future.result()
                    done = Counter(at for at, _ in found)
                    if on_done and done[asked[future][0]] == sampling.samples:
                        on_done(sum(count == sampling.samples for count in done.values()))
            # One failure fails the whole: the requests still under way would be paid for and thrown away.
            except BaseException:
                stop.now = True
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        samples = range(sampling.samples)
        return tuple(tuple(found[at, sample] for sample in samples) for at in range(len(requests)))

    def close(self) -> None:
        """Release open connections."""
        self._client.close()

    def _sample(
        self, prefix: Sequence[Message], request: Request, sampling: Sampling, sample: int, stop: "_Stop"
    ) -> Completion:
        seed = int.from_bytes(hashlib.sha256(f"{sampling.seed} {sample}".encode()).digest()[:4], "big") >> 1
        drawn = sampling.model_copy(update={"samples": 1, "seed": seed})
        messages = (*prefix, *request.messages)
        answer = self._answer(messages, drawn, request.answer_schema, lambda _: True, stop)
        # Servers that ignore the schema often wrap JSON in a Markdown fence.
        fenced = _FENCE.fullmatch(answer.text) if request.answer_schema is not None else None
        return answer.model_copy(update={"text": fenced.group(1)}) if fenced else answer

    def _answer(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        schema: dict[str, Any] | None,
        on_text: OnText,
        cancel: Cancellation | None,
    ) -> Completion:
        """Ask for one answer. Servers are not asked for probabilities, so those of the completion are 0."""
        spoken, reported, arrived, finish = VisibleText(), None, 0, ""
        is_continued, room = True, sampling.max_tokens * CHARACTERS_PER_TOKEN
        with closing(self._client.pieces(self._body(messages, sampling, schema), cancel)) as pieces:
            for piece in pieces:
                reported = piece.tokens if piece.tokens is not None else reported
                finish, arrived = piece.finish or finish, arrived + bool(piece.text)
                text = spoken.add(piece.text)
                is_continued = (not text or on_text(text)) and len(spoken.text) <= room
                if not is_continued:
                    break
            rest = spoken.finish() if is_continued else ""
            is_continued = is_continued and (not rest or on_text(rest))
        is_complete = is_continued and finish == "stop"
        tokens = arrived if reported is None else reported
        return Completion(
            text=spoken.text, tokens=tokens, log_probability=0.0, least_log_probability=0.0, is_complete=is_complete
        )

    def _body(self, messages: Sequence[Message], sampling: Sampling, schema: dict[str, Any] | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.server.model,
            "messages": _joined(messages),
            "stream": True,
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "stream_options": {"include_usage": True},
            # Templates that know the switch leave the thinking out.
            "chat_template_kwargs": {"enable_thinking": False},
        }
        if self._salt:
            body["cache_salt"] = self._salt
        if schema is not None:
            form = {"name": "answer", "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body


class _Stop:
    """Cancelled when the caller cancels, or when one of several requests has failed."""

    def __init__(self, cancel: Cancellation | None) -> None:
        self._cancel = cancel
        self.now = False

    @property
    def is_cancelled(self) -> bool:
        return self.now or (self._cancel is not None and self._cancel.is_cancelled)


def _joined(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return messages as the protocol has them; neighbours of one role become one, as many templates demand."""
    groups = groupby(messages, key=lambda message: message.role)
    joined = ((role, "\n\n".join(one.content for one in group)) for role, group in groups)
    return [{"role": role, "content": without_surrogates(content)} for role, content in joined]
