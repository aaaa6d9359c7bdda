"""Patients ready to talk, built once per persona version and kept."""

from threading import Lock

from simpatient.domain.content.persona import Persona
from simpatient.domain.ports import RememberingEncoder
from simpatient.patient.mind import Mind
from simpatient.services.ports import ContentLibrary


class MindStore:
    """Builds and keeps minds; encoding a persona takes seconds the first time on a machine."""

    def __init__(self, library: ContentLibrary, encoder: RememberingEncoder) -> None:
        self._library = library
        self._encoder = encoder
        self._minds: dict[str, Mind] = {}
        self._lock = Lock()

    def of(self, persona_id: str) -> Mind:
        """Return the mind of a persona of the library.

        Raises:
            NotFound: There is no such persona.
            ModelUnavailable: The sentence encoder cannot be loaded.
        """
        key = f"{persona_id} {self._library.digest('persona', persona_id)}"
        with self._lock:
            if key not in self._minds:
                self._minds[key] = self.build(self._library.persona(persona_id))
            return self._minds[key]

    def build(self, persona: Persona) -> Mind:
        """Return a mind for a persona that need not be in the library (an author's draft)."""
        library = self._library
        return Mind(persona, library.intents(), library.dynamics_table(), library.guard_rules(), self._encoder)
