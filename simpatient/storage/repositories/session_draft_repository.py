"""``SessionDraftRepository`` on SQLite. A draft is replaced as it is typed, and goes with its session.

Must not know who asks.
"""

import logging
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from simpatient.domain.session.session_drafts import DraftKind, SessionDraft
from simpatient.storage.repositories.session_repository import need_session
from simpatient.storage.rows import NOT_SOUND, storable
from simpatient.storage.sqlite.transactions import SqlRepository
from simpatient.storage.tables import session_drafts

_log = logging.getLogger(__name__)


class SqlSessionDraftRepository(SqlRepository):
    """Drafts in an opened and migrated database."""

    def save(self, draft: SessionDraft) -> None:
        """Store a draft in the place of an earlier state of the same."""
        texts = {name: storable(text) for name, text in draft.texts.items()}
        named = {"session_id": draft.session_id, "kind": draft.kind, "part": draft.part}
        new = insert(session_drafts).values(**named, texts=texts, at=draft.at)
        changed = {"texts": new.excluded.texts, "at": new.excluded.at}

        def work(connection: Connection) -> None:
            need_session(connection, draft.session_id)
            connection.execute(new.on_conflict_do_update(set_=changed))

        self._write(work)

    def remove(self, session_id: str, kind: DraftKind, part: str = "") -> None:
        """Remove a draft; nothing happens where there is none."""
        columns = session_drafts.c
        this = (columns.session_id == session_id) & (columns.kind == kind) & (columns.part == part)

        def work(connection: Connection) -> None:
            connection.execute(delete(session_drafts).where(this))

        self._write(work)

    def drafts(self, session_id: str) -> tuple[SessionDraft, ...]:
        """Return the drafts of a session, by kind and part."""
        mine = select(session_drafts).where(session_drafts.c.session_id == session_id)
        query = mine.order_by(session_drafts.c.kind, session_drafts.c.part)

        def work(connection: Connection) -> tuple[SessionDraft, ...]:
            need_session(connection, session_id)
            return tuple(draft for row in connection.execute(query) if (draft := _readable(row._asdict())) is not None)

        return self._read(work)


def _readable(row: dict[str, Any]) -> SessionDraft | None:
    """Return a draft, or None where its row is damaged: its session must open all the same."""
    try:
        return SessionDraft.model_validate(row)
    except NOT_SOUND:
        _log.warning("a draft of session %s cannot be read and is left out", row.get("session_id"))
        return None
