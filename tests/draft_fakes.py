"""Half-written things in memory, beside sessions in memory."""

from dataclasses import dataclass, field

from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.session.session_drafts import DraftKind, SessionDraft
from tests.session_fakes import InMemorySessions


@dataclass
class InMemorySessionDrafts:
    """A draft repository without a disk; ``fails`` makes it refuse to write."""

    sessions: InMemorySessions
    fails: bool = False
    _kept: dict[tuple[str, DraftKind, str], SessionDraft] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sessions.on_delete.append(self._forget)

    def save(self, draft: SessionDraft) -> None:
        if self.fails:
            raise StorageUnavailable("The disk is full.", "Free some space and go on.")
        self.sessions.get(draft.session_id)
        self._kept[draft.session_id, draft.kind, draft.part] = draft

    def remove(self, session_id: str, kind: DraftKind, part: str = "") -> None:
        self._kept.pop((session_id, kind, part), None)

    def drafts(self, session_id: str) -> tuple[SessionDraft, ...]:
        self.sessions.get(session_id)
        return tuple(self._kept[key] for key in sorted(self._kept) if key[0] == session_id)

    def _forget(self, session_id: str) -> None:
        self._kept = {key: draft for key, draft in self._kept.items() if key[0] != session_id}
