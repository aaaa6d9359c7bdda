"""Default steps of the patient's state per trainee behaviour, as data (``assets/dynamics``)."""

from typing import Literal

from pydantic import Field

from simpatient.domain.base import Value


class Step(Value):
    """How far one coded behaviour moves each part of the state before the persona's sensitivity.

    Trust is in scale points (1..4); the others are in parts of 0..1.
    """

    trust: float = Field(default=0.0, ge=-0.6, le=0.6)
    arousal: float = Field(default=0.0, ge=-0.3, le=0.3)
    engagement: float = Field(default=0.0, ge=-0.3, le=0.3)
    readiness: float = Field(default=0.0, ge=-0.2, le=0.2)
    resistance: float = Field(default=0.0, ge=-0.4, le=0.4)


class DynamicsTable(Value):
    """Steps by utterance code and by event, and the bounds of a turn's move.

    ``event_phrases`` are trainee phrases (matched at word starts) that make an event happen.
    """

    schema_version: Literal[1] = 1
    id: str
    version: str
    source: str
    codes: dict[str, Step]
    events: dict[str, Step]
    skilled: tuple[str, ...]
    harmful: tuple[str, ...]
    event_phrases: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    max_trust_gain: float = 0.25
    max_trust_loss: float = 0.5
