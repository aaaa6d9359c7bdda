"""A growing conversation as token ids, message by message: what comes later never changes what came before.

Templates write an answer differently once it is history, and tokenizers join words across messages; so
each message is put into ids once, by itself, with the template's own words around it. The ids depend on
the messages alone: a model that lost what it had read gets the same ones again. Must not know models or
what the messages are about. Importing this module loads no torch.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from simpatient.domain.errors import BugError, ModelUnavailable
from simpatient.domain.models.chat import Message
from simpatient.llm.local.chat_template import ChatTemplate
from simpatient.llm.output.thinking import THINKING

_USER, _ANSWER = "\ue000", "\ue001"  # stand for contents while a template is taken apart
# What is left out of a talk too long to be read goes in steps, so that the rest stays the same for some turns.
_STEP = 8
# A message as it stands in a conversation: its place, and its words (system and first user message, or one).
_Key = tuple[str, ...]


class PromptTokens:
    """A chat template taken apart into what stands around each message.

    Args:
        template: The model's chat template.
        tokenizer: The model's tokenizer.

    Raises:
        ModelUnavailable: The template does not write each message once and in order.
    """

    def __init__(self, template: ChatTemplate, tokenizer: Any) -> None:
        self._template = template
        self._anchor = str(tokenizer.eos_token or "")
        self._anchor_ids = template.tokenized(self._anchor)
        asked = template.text([Message(role="user", content=_USER)]).partition(_USER)[2]
        between, found, _ = self._history(_USER).partition(_USER)[2].partition(_ANSWER)
        if not found:
            raise ModelUnavailable(
                "The chat template of this language model cannot be used.", "Choose an instruction-tuned chat model."
            )
        # Some templates put a space before an answer, which is not there yet when the answer begins.
        self._lead = between.removeprefix(asked) if between.startswith(asked) else ""

    def ids(self, key: _Key) -> list[int]:
        """Return the token ids of one message: a user's reaches up to where the answer begins."""
        place, *words = key
        if place == "opening":
            system = [Message(role="system", content=words[0])] if words[0] else []
            text = self._template.text([*system, Message(role="user", content=words[1])])
            return self._template.tokenized(_without_thinking(text))
        if place == "assistant":
            return self._inside(self._lead + self._template.harmless(words[0].strip()))
        return self._inside(_without_thinking(self._history(words[0]).partition(_ANSWER)[2]))

    def _history(self, content: str) -> str:
        turns = (("user", _USER), ("assistant", _ANSWER), ("user", content))
        return self._template.text([Message.model_validate({"role": role, "content": text}) for role, text in turns])

    def _inside(self, text: str) -> list[int]:
        """Tokenize text that stands inside a conversation, as it would be there: some tokenizers mark beginnings."""
        ids, before = self._template.tokenized(self._anchor + text), len(self._anchor_ids)
        return ids[before:] if ids[:before] == self._anchor_ids else self._template.tokenized(text)


class PromptHistory:
    """The token ids of one conversation while it grows; keeps those of each message.

    Args:
        segments: The model's template.
    """

    def __init__(self, segments: PromptTokens) -> None:
        self._segments = segments
        self._known: list[tuple[_Key, list[int]]] = []

    def ids(self, messages: Sequence[Message], note: str = "", room: int = 2**31) -> tuple[list[int], int]:
        """Return the ids of a conversation, and how many of them will still hold when it continues.

        Args:
            messages: The whole conversation; neighbours of one role become one message.
            note: Stands after the last message, which is then the user's.
            room: Most tokens that may come back; the earliest exchanges after the opening are left out.

        Raises:
            ModelUnavailable: Opening and last message alone are too long.
        """
        keys = _keys(messages)
        parts = [self._part(at, key) for at, key in enumerate(keys)]
        del self._known[len(keys) :]
        if keys[-1][0] == "assistant":
            ids = _joined(_fitted(parts, room))
            return ids, len(ids)
        # Without a note something else may still be joined to the user's words.
        noted = self._segments.ids((*keys[-1][:-1], f"{keys[-1][-1]}\n\n{note or _USER}"))
        fitted = _fitted([*parts[:-1], max(noted, parts[-1], key=len) if note else parts[-1]], room)
        before = _joined(fitted[:-1])
        same = len(before) + common_length(parts[-1], noted)
        return before + (noted if note else parts[-1]), same

    def _part(self, at: int, key: _Key) -> list[int]:
        if at < len(self._known) and self._known[at][0] == key:
            return self._known[at][1]
        del self._known[at:]
        self._known.append((key, self._segments.ids(key)))
        return self._known[at][1]


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many ids both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _keys(messages: Sequence[Message]) -> list[_Key]:
    """Return the messages with neighbours joined; system and first user message are one, which opens."""
    leading = next((at for at, one in enumerate(messages) if one.role != "system"), len(messages))
    spoken = groupby(messages[leading:], key=lambda one: "assistant" if one.role == "assistant" else "user")
    joined = [(role, "\n\n".join(one.content for one in group)) for role, group in spoken]
    if not joined or joined[0][0] != "user":
        raise BugError("A conversation begins with what the user said.")
    system = "\n\n".join(one.content for one in messages[:leading])
    return [("opening", system, joined[0][1]), *joined[1:]]


def _fitted(parts: list[list[int]], room: int) -> list[list[int]]:
    """Return the parts without the earliest exchanges after the opening, as many as there is no room for."""
    most = max(0, len(parts) - 2) // 2 * 2  # whole exchanges, and never what was said last
    for left_out in (*range(0, most, 2 * _STEP), most):
        kept = [parts[0], *parts[1 + left_out :]]
        if sum(map(len, kept)) <= room:
            return kept
    raise ModelUnavailable(
        f"This is too long for the language model: it has room for {room} tokens.",
        "Choose a model with a longer context.",
    )


def _joined(parts: Sequence[list[int]]) -> list[int]:
    return [token for part in parts for token in part]


def _without_thinking(text: str) -> str:
    """Return a prompt that asks for the answer itself, where its template opens a block for thinking."""
    for mark, end in THINKING:
        if text.rstrip().endswith(mark):
            return f"{text.rstrip()}\n\n{end}\n\n"
    return text
