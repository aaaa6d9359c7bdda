"""Keeps what is half-written while it is typed, and gives it back when its page opens again.

Whoever shows a field hands over every change; the keeper stores the newest state a moment later, on a thread of its
own, because a slow answer may keep the others busy. Must not know which fields there are.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from PySide6.QtCore import QObject, QTimer

from simpatient.domain.errors import NotFound
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session_drafts import DraftKind, SessionDraft
from simpatient.gui.base.bridge import Trouble, Worker

# Far below the time in which one would notice a loss, far above that of a single key.
DELAY_MS = 200
Key = tuple[str, DraftKind, str]
Texts = dict[str, str]


class DraftStore(Protocol):
    """Where drafts are stored."""

    def keep(self, actor: Actor, session_id: str, kind: DraftKind, texts: Mapping[str, str], part: str = "") -> None:
        """Store what is half-written now; nothing in ``texts`` removes the draft."""
        ...


class DraftKeeper(QObject):
    """What is half-written in this run of the program.

    Args:
        store: Where it is stored.
        actor: Who types.
        lane: The thread that waits for the disk.
        on_trouble: Told once when storing begins to fail.
        parent: Whatever it goes with.
    """

    def __init__(
        self,
        store: DraftStore,
        actor: Actor,
        lane: Worker,
        on_trouble: Callable[[Trouble], object],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._actor = actor
        self._lane = lane
        self._on_trouble = on_trouble
        self._newest: dict[Key, Texts] = {}
        self._unstored: dict[Key, Texts] = {}
        self._is_failing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.flush)

    def keep(self, session_id: str, kind: DraftKind, texts: Mapping[str, str], part: str = "") -> None:
        """Take the newest state of a draft; nothing in ``texts`` removes it."""
        key = (session_id, kind, part)
        if self._newest.get(key, {}) == texts:
            return
        self._newest[key] = self._unstored[key] = dict(texts)
        # Not started anew with every key: who types without a pause is not left unstored.
        if not self._timer.isActive():
            self._timer.start()

    def adopt(self, stored: Iterable[SessionDraft]) -> None:
        """Take what was stored in an earlier run; what was typed in this one is newer and stays."""
        for draft in stored:
            self._newest.setdefault((draft.session_id, draft.kind, draft.part), dict(draft.texts))

    def texts(self, session_id: str, kind: DraftKind, part: str = "") -> Texts:
        """Return a draft as it was typed last; empty where there is none."""
        return dict(self._newest.get((session_id, kind, part), {}))

    def flush(self) -> None:
        """Store everything that is not stored yet."""
        self._timer.stop()
        if self._unstored:
            batch = dict(self._unstored)
            self._lane.call(lambda _: self._write(batch), lambda _: self._on_stored(batch), self._on_failed)

    def close(self) -> None:
        """Store the rest and end; returns when it is on disk."""
        self._timer.stop()
        rest = dict(self._unstored)
        self._lane.close(last=lambda: self._write(rest))

    def _on_stored(self, batch: dict[Key, Texts]) -> None:
        self._is_failing = False
        for key, texts in batch.items():
            if self._unstored.get(key) is texts:
                del self._unstored[key]

    def _on_failed(self, trouble: Trouble) -> None:
        # It stays unstored and is tried again with the next change, and when the window closes.
        if not self._is_failing:
            self._is_failing = True
            message = f"What you are typing cannot be kept at the moment. {trouble.message}"
            self._on_trouble(Trouble(message, trouble.action))

    def _write(self, batch: dict[Key, Texts]) -> None:
        for (session_id, kind, part), texts in batch.items():
            try:
                self._store.keep(self._actor, session_id, kind, texts, part)
            except NotFound:
                continue  # the session was deleted meanwhile, and its drafts with it
