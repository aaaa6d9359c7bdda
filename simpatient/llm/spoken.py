"""Text of an answer while it grows token by token: whole letters only, no thinking, nothing after a stop.

Must not know models or prompts. Importing this module loads no torch.
"""

from collections.abc import Sequence
from typing import Any

from simpatient.llm.thinking import THINKING

_UNFINISHED = "\ufffd"  # how tokenizers write the first bytes of a letter whose last are still to come


class Spoken:
    """What of an answer may be passed on.

    Args:
        tokenizer: The model's tokenizer.
        hidden: Ids that are no text.
        stops: Texts that end an answer; neither they nor what follows is passed on.

    Attributes:
        text: All that was passed on; begins and ends with a letter or sign.
        has_stopped: Whether a stop was met.
    """

    def __init__(self, tokenizer: Any, hidden: frozenset[int], stops: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._hidden = hidden
        self._stops = tuple(stops)
        self._marks = (*self._stops, *(start for start, _ in THINKING))
        self._tokens: list[int] = []
        self._from = self._read = 0  # tokens are decoded from the first on; text is passed on from the second
        self._pending = ""
        self._space = ""
        self._until = ""  # the mark that ends the thinking we are in
        self.text = ""
        self.has_stopped = False

    def add(self, token: int) -> str:
        """Take a token and return what may be passed on, '' mostly when a letter or mark is unfinished."""
        if token in self._hidden or self.has_stopped:
            return ""
        self._tokens.append(token)
        self._pending += self._decoded()
        return self._passed(self._let_out())

    def finish(self) -> str:
        """Return what was held back for what might have come."""
        found = self._let_out() + ("" if self._until or self.has_stopped else self._pending.rstrip(_UNFINISHED))
        self._pending = ""
        return self._passed(found)

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

    def _let_out(self) -> str:
        """Take from the pending text what is neither thinking nor may become a mark."""
        out = ""
        while True:
            if self._until:
                _, found, self._pending = self._pending.partition(self._until)
                if not found:
                    # The closing mark may come in pieces; partition moved everything into its first part.
                    self._pending = _
                    return out
                self._until = ""
            at, mark = self._first_mark()
            if not mark:
                break
            out, self._pending = out + self._pending[:at], self._pending[at + len(mark) :]
            if mark in self._stops:
                self._pending, self.has_stopped = "", True
                return out
            self._until = dict(THINKING)[mark]
        held = self._held()
        cut = len(self._pending) - held
        out, self._pending = out + self._pending[:cut], self._pending[cut:]
        return out

    def _first_mark(self) -> tuple[int, str]:
        found = [(self._pending.find(mark), -len(mark), mark) for mark in self._marks if mark in self._pending]
        at, _, mark = min(found, default=(0, 0, ""))
        return at, mark

    def _held(self) -> int:
        """Return how many characters at the end may be the beginning of a mark."""
        longest = max(map(len, self._marks)) - 1
        sizes = range(min(longest, len(self._pending)), 0, -1)
        ends = (size for size in sizes if any(mark.startswith(self._pending[-size:]) for mark in self._marks))
        return next(ends, 0)

    def _passed(self, text: str) -> str:
        """Hold back space until something follows it."""
        text = self._space + text if self.text else text.lstrip()
        self._space = text[len(text.rstrip()) :]
        text = text.rstrip()
        self.text += text
        return text
