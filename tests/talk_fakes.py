"""Stand-ins for what a spoken session keeps: sound and consents in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simpatient.domain.errors import NotFound
from simpatient.domain.people.consent import Consent, Purpose
from simpatient.domain.speech import Sound
from simpatient.services.ports import Clock


@dataclass
class InMemoryClips:
    """Sound that is kept nowhere."""

    clock: Clock
    kept: dict[str, tuple[str, str, Sound, datetime]] = field(default_factory=dict)

    def save(self, trainee_id: str, session_id: str, sound: Sound, keep_until: datetime) -> str:
        clip = f"clip{len(self.kept) + 1}"
        self.kept[clip] = (trainee_id, session_id, sound, keep_until)
        return clip

    def load(self, trainee_id: str, clip: str) -> Sound:
        if clip not in self.kept or self.kept[clip][0] != trainee_id or self.kept[clip][3] <= self.clock.now():
            raise NotFound("This recording is no longer kept.")
        return self.kept[clip][2]

    def delete_session(self, session_id: str) -> None:
        self._delete(1, session_id)

    def delete(self, clips: Sequence[str]) -> None:
        for clip in clips:
            self.kept.pop(clip, None)

    def delete_all(self, trainee_id: str) -> None:
        self._delete(0, trainee_id)

    def delete_expired(self, now: datetime) -> int:
        gone = [clip for clip, kept in self.kept.items() if kept[3] <= now]
        for clip in gone:
            del self.kept[clip]
        return len(gone)

    def _delete(self, place: int, name: str) -> None:
        self.kept = {clip: kept for clip, kept in self.kept.items() if kept[place] != name}


@dataclass
class InMemoryConsents:
    """A consent repository without a disk."""

    given: list[Consent] = field(default_factory=list)

    def add(self, consent: Consent) -> None:
        self.withdraw(consent.trainee_id, consent.purpose, consent.given_at)
        self.given.append(consent)

    def withdraw(self, trainee_id: str, purpose: Purpose, at: datetime) -> None:
        mine = [c.holds and (c.trainee_id, c.purpose) == (trainee_id, purpose) for c in self.given]
        ended = zip(self.given, mine, strict=True)
        self.given = [c.model_copy(update={"withdrawn_at": at}) if is_mine else c for c, is_mine in ended]

    def consents(self, trainee_id: str) -> tuple[Consent, ...]:
        return tuple(c for c in self.given if c.trainee_id == trainee_id)

    def delete_all(self, trainee_id: str) -> None:
        self.given = [c for c in self.given if c.trainee_id != trainee_id]
