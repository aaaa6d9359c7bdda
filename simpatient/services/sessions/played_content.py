"""The case and persona a session is held with, in the versions its manifest names, whatever was edited since."""

from simpatient.domain.content.case import Case
from simpatient.domain.content.persona import Persona
from simpatient.domain.session.session import Session
from simpatient.services.ports import ContentLibrary


def played_case(library: ContentLibrary, session: Session) -> Case:
    """Return a session's case.

    Raises:
        NotFound: That version was not kept and there is no longer such a case.
    """
    return library.case_as_played(session.case_id, session.manifest.content.get(f"case:{session.case_id}", ""))


def played_persona(library: ContentLibrary, session: Session) -> Persona:
    """Return the patient of a session.

    Raises:
        NotFound: That version was not kept and there is no longer such a persona.
    """
    persona_id = played_case(library, session).persona
    return library.persona_as_played(persona_id, persona_digest(session, persona_id))


def persona_digest(session: Session, persona_id: str) -> str:
    """Return ``version sha256`` of the persona a session is held with; '' where the manifest has none."""
    return session.manifest.content.get(f"persona:{persona_id}", "")
