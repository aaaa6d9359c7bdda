"""Text of an answer while it grows, by pieces or tokens: whole letters only, no thinking, nothing after a stop.

Must not know models or prompts. Importing this module loads no torch.
"""

from collections.abc import Sequence
from typing import Any

from simpatient.llm.output.thinking import THINKING

_UNFINISHED = "\ufffd"  # how tokenizers write the first bytes of a letter whose last are still to come


class VisibleText:
    """What of a text that comes in pieces may be passed on: no thinking, nothing after a stop, no blanks around it.

    Args:
        stops: Texts that end an answer; neither they nor what follows is passed on.

    Attributes:
        text: All that was passed on; begins and ends with a letter or sign.
        has_stopped: Whether a stop was met.
    """

    def __init__(self, stops: Sequence[str] = ()) -> None:
        self._stops = tuple(stops)
        self._marks = (*self._stops, *(start for start, _ in THINKING))
        self._pending = ""
        self._space = ""
        self._until = ""  # the mark that ends the thinking we are in
        self.text = ""
        self.has_stopped = False

    def add(self, text: str) -> str:
        """Take a piece and return what may be passed on; what may become a mark is held back."""
        self._pending += text
        out = ""
        while not self.has_stopped:
            marks = (self._until,) if self._until else self._marks
            at, mark = self._first_of(marks)
            cut = at if mark else len(self._pending) - self._held(marks)
            out += "" if self._until else self._pending[:cut]
            self._pending = self._pending[cut + len(mark) :]
            if not mark:
                break
            self.has_stopped = not self._until and mark in self._stops
            self._until = "" if self._until or self.has_stopped else dict(THINKING)[mark]
        return self._passed(out)

    def finish(self) -> str:
        """Return what was held back for what might have come."""
        found, self._pending = "" if self._until or self.has_stopped else self._pending, ""
        return self._passed(found)

    def _first_of(self, marks: Sequence[str]) -> tuple[int, str]:
        """Return the first of the marks in the pending text, of two at one place the longer; '' for none."""
        found = [(self._pending.find(mark), -len(mark), mark) for mark in marks if mark in self._pending]
        at, _, mark = min(found, default=(0, 0, ""))
        return at, mark

    def _held(self, marks: Sequence[str]) -> int:
        """Return how many characters at the end may be the beginning of a mark."""
        sizes = range(min(max(map(len, marks)) - 1, len(self._pending)), 0, -1)
        ends = (size for size in sizes if any(mark.startswith(self._pending[-size:]) for mark in marks))
        return next(ends, 0)

    def _passed(self, text: str) -> str:
        """Hold back space until something follows it."""
        text = self._space + text if self.text else text.lstrip()
        self._space = text[len(text.rstrip()) :]
        text = text.rstrip()
        self.text += text
        return text


class Spoken:
    """What of an answer that comes token by token may be passed on.

    Args:
        tokenizer: The model's tokenizer.
        hidden: Ids that are no text.
        stops: Texts that end an answer; neither they nor what follows is passed on.
    """

    def __init__(self, tokenizer: Any, hidden: frozenset[int], stops: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._hidden = hidden
        self._said = VisibleText(stops)
        self._tokens: list[int] = []
        self._from = self._read = 0  # tokens are decoded from the first on; text is passed on from the second

    @property
    def text(self) -> str:
        """All that was passed on; begins and ends with a letter or sign."""
        return self._said.text

    @property
    def has_stopped(self) -> bool:
        """Whether a stop was met."""
        return self._said.has_stopped

    def add(self, token: int) -> str:
        """Take a token and return what may be passed on, '' mostly when a letter or mark is unfinished."""
        if token in self._hidden or self.has_stopped:
            return ""
        self._tokens.append(token)
        return self._said.add(self._decoded())

    def finish(self) -> str:
        """Return what was held back for what might have come."""
        return self._said.finish()

    def _decoded(self) -> str:
        """Return the text the last tokens add; the ones before them are decoded too, as spaces depend on them."""
        before = self._decode(self._tokens[self._from : self._read])
        text = self._decode(self._tokens[self._from :])
        if text.endswith(_UNFINISHED) or len(text) <= len(before):
            return ""
        self._from, self._read = self._read, len(self._tokens)
        return text[len(before) :]

    def _decode(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=False, clean_up_tokenization_spaces=False))
