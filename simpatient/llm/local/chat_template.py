"""From chat messages to token ids by a model's own template, so that no content can pass for a template's tag.

Must not know what the messages are about. Importing this module loads no torch.
"""

from collections.abc import Sequence
from typing import Any

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat import Message
from simpatient.runtime.time_limit import time_limit

# A template takes milliseconds; one that loops without end would hold a session up.
RENDER_S = 10.0
# Put after the first letter of a tag that stands in a content: invisible, and the tag no longer counts as one.
_BREAK = "\u200b"
_TAG_SIGNS = "<[|"
_PROBE = "\ue000"
# Some templates write today's date; the same session must give the same prompt tomorrow.
_DATE = "1 January 2026"
_ACTION = "Choose an instruction-tuned chat model."


class ChatTemplate:
    """The chat template of a tokenizer.

    Raises:
        ModelUnavailable: The tokenizer has no chat template, or one that takes no plain conversation.
    """

    def __init__(self, tokenizer: Any) -> None:
        if not tokenizer.chat_template:
            raise ModelUnavailable("This language model has no chat template.", _ACTION)
        self._tokenizer = tokenizer
        self._takes_system = self._has_system_role()
        self._tags = self._all_tags()

    @property
    def tags(self) -> tuple[str, ...]:
        """What no content may hold: the tokenizer's tags, and those the template writes as text."""
        return self._tags

    def ids(self, messages: Sequence[Message]) -> list[int]:
        """Return the token ids of a conversation up to where the answer begins.

        Neighbours of one role become one message, and where the template knows no system role its words
        open the first message of the user: many templates refuse anything else.
        """
        return self.tokenized(self.text(messages))

    def text(self, messages: Sequence[Message]) -> str:
        """Return a conversation as the model's template writes it, up to where the answer begins."""
        turns = [(message.role, self.harmless(message.content)) for message in messages]
        return self._render(_joined(turns if self._takes_system else _without_system(turns)))

    def tokenized(self, text: str) -> list[int]:
        """Return the token ids of text of the template, nothing added."""
        return [int(token) for token in self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]]

    def harmless(self, content: str) -> str:
        """Return a content in which nothing can pass for a tag."""
        for tag in self._tags:
            content = content.replace(tag, tag[0] + _BREAK + tag[1:])
        return content

    def _render(self, turns: Sequence[tuple[str, str]]) -> str:
        chat = [{"role": role, "content": content} for role, content in turns]
        try:
            with time_limit(RENDER_S):
                # Templates that know the switch leave the thinking out; others pass it over.
                rendered = self._tokenizer.apply_chat_template(
                    chat, tokenize=False, add_generation_prompt=True, enable_thinking=False, date_string=_DATE
                )
        except Exception as error:  # jinja and the templates' own raise_exception raise nearly anything
            raise ModelUnavailable("The chat template of this language model cannot be used.", _ACTION) from error
        return str(rendered)

    def _has_system_role(self) -> bool:
        """Whether a system message is taken and its words are kept."""
        try:
            return _PROBE in self._render([("system", _PROBE), ("user", "x")])
        except ModelUnavailable:
            return False

    def _all_tags(self) -> tuple[str, ...]:
        """Return what a content must not hold: the tokenizer's tags, and those the template writes as text."""
        tokenizer = self._tokenizer
        known = set(tokenizer.all_special_tokens)
        known |= {str(token) for token in tokenizer.added_tokens_decoder.values() if _looks_like_a_tag(str(token))}
        turns = [("user", _PROBE), ("assistant", _PROBE), ("user", _PROBE)]
        written = self._render([("system", _PROBE), *turns] if self._takes_system else turns)
        known |= {part for piece in written.split(_PROBE) for part in piece.split() if _looks_like_a_tag(part)}
        return tuple(sorted((tag for tag in known if len(tag) > 1), key=len, reverse=True))


def _looks_like_a_tag(text: str) -> bool:
    return len(text) > 2 and any(sign in text for sign in _TAG_SIGNS)


def _joined(turns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for role, content in turns:
        if found and found[-1][0] == role:
            found[-1] = (role, f"{found[-1][1]}\n\n{content}")
        else:
            found.append((role, content))
    return found


def _without_system(turns: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("user" if role == "system" else role, content) for role, content in turns]
