"""Consent: asked before the microphone opens, stored in the words that were shown, withdrawn at any time."""

from typing import Protocol

from simpatient.domain.errors import UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.people.consent import Consent, Purpose
from simpatient.services.ports import Clock
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.services.privacy.ports import ConsentRepository

# Read by the trainee before agreeing, and stored with the consent: change the words and everyone is asked again.
WORDINGS: dict[Purpose, str] = {
    "microphone": (
        "simpatient listens through the microphone only while the screen says that it is on, turns your words into "
        "text on this computer, and then discards the sound. It analyses words and timing, never mood, accent or who "
        "you are."
    ),
    "keep_audio": (
        "Recordings of your own turns are kept on this computer, encrypted, for as long as you choose, so that you can "
        "listen to them again. They are then deleted. You can delete them earlier at any time."
    ),
}


class ConsentNeeded(UserFacingError):
    """Something was asked for that a trainee has not agreed to."""


class Consents(Protocol):
    """What may be asked of consents by the services that depend on one."""

    def require(self, actor: Actor, purpose: Purpose) -> None:
        """Raise ``ConsentNeeded`` unless the trainee has agreed to the present wording."""
        ...


class ConsentService:
    """Gives, checks and withdraws consents."""

    def __init__(self, *, consents: ConsentRepository, clips: RecordingStore, clock: Clock) -> None:
        self._consents = consents
        self._clips = clips
        self._clock = clock

    def has(self, actor: Actor, purpose: Purpose) -> bool:
        """Whether a trainee has agreed to a purpose, in its present wording."""
        given = self._consents.consents(actor.person_id)
        return any(c.holds and c.purpose == purpose and c.wording == WORDINGS[purpose] for c in given)

    def require(self, actor: Actor, purpose: Purpose) -> None:
        """Raise ``ConsentNeeded`` unless ``has``."""
        if not self.has(actor, purpose):
            raise ConsentNeeded("You have not agreed to this yet.", "Open Settings, Talking, and agree to it first.")

    def give(self, actor: Actor, purpose: Purpose) -> None:
        """Store that a trainee agrees to the present wording; on return it is durable."""
        if self.has(actor, purpose):
            return
        now = self._clock.now()
        self._consents.add(
            Consent(trainee_id=actor.person_id, purpose=purpose, wording=WORDINGS[purpose], given_at=now)
        )

    def withdraw(self, actor: Actor, purpose: Purpose) -> None:
        """Take a consent back; without the one for keeping sound, what was kept is deleted."""
        self._consents.withdraw(actor.person_id, purpose, self._clock.now())
        if purpose == "keep_audio":
            self._clips.delete_all(actor.person_id)

    def history(self, actor: Actor) -> tuple[Consent, ...]:
        """Return everything a trainee has agreed to and taken back, oldest first."""
        return self._consents.consents(actor.person_id)
