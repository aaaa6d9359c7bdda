"""Patients ready to talk, built once per version of a persona and kept while they are in use."""

from collections import OrderedDict
from threading import Lock

from simpatient.domain.content.persona import Persona
from simpatient.domain.ports import RememberingEncoder
from simpatient.domain.session.session import Session
from simpatient.patient.mind import Mind
from simpatient.patient.understanding.persona_index import OnPrepared
from simpatient.services.ports import ContentLibrary
from simpatient.services.sessions.played_content import persona_digest, played_case

# Each holds its persona's vectors, some 5 MB; an author may edit one persona all day.
_KEPT = 8


class MindStore:
    """Builds and keeps minds; encoding a persona takes seconds the first time on a machine."""

    def __init__(self, library: ContentLibrary, encoder: RememberingEncoder) -> None:
        self._library = library
        self._encoder = encoder
        self._minds: OrderedDict[str, Mind] = OrderedDict()
        self._lock = Lock()

    def of(self, persona_id: str, on_prepared: OnPrepared | None = None) -> Mind:
        """Return the mind of a persona of the library, in its present version.

        ``on_prepared`` is told how far a long first preparation has come; what it raises stops the work.

        Raises:
            NotFound: There is no such persona.
            ModelUnavailable: The sentence encoder cannot be loaded.
        """
        return self._version(persona_id, self._library.digest("persona", persona_id), on_prepared)

    def of_session(self, session: Session) -> Mind:
        """Return the mind of a session's patient, in the version the session was begun with.

        Raises:
            NotFound: There is no longer such a persona.
            ModelUnavailable: The sentence encoder cannot be loaded.
        """
        persona_id = played_case(self._library, session).persona
        return self._version(persona_id, persona_digest(session, persona_id))

    def _version(self, persona_id: str, digest: str, on_prepared: OnPrepared | None = None) -> Mind:
        key = f"{persona_id} {digest}"
        with self._lock:
            if key not in self._minds:
                self._minds[key] = self.build(self._library.persona_as_played(persona_id, digest), on_prepared)
                # The one used longest ago goes: every use moves a mind to the end.
                if len(self._minds) > _KEPT:
                    self._minds.popitem(last=False)
            self._minds.move_to_end(key)
            return self._minds[key]

    def build(self, persona: Persona, on_prepared: OnPrepared | None = None) -> Mind:
        """Return a mind for a persona that need not be in the library (an author's draft)."""
        library = self._library
        table, rules = library.dynamics_table(), library.guard_rules()
        return Mind(persona, library.intents(), table, rules, self._encoder, on_prepared)
