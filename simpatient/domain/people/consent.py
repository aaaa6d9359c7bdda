"""Consent: what a person has agreed to, in which words, since when. Taking it back is always possible."""

from datetime import datetime
from typing import Literal

from simpatient.domain.base import Value

# For the microphone as such, and for keeping recordings: one may agree to either alone.
Purpose = Literal["microphone", "keep_audio"]


class Consent(Value):
    """A consent as it was given.

    Attributes:
        wording: The very words that were agreed to; a later wording asks again.
        withdrawn_at: When it was taken back; None while it holds.
    """

    trainee_id: str
    purpose: Purpose
    wording: str
    given_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether it has not been taken back."""
        return self.withdrawn_at is None
