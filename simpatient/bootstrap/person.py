"""Who practises on this computer."""

from __future__ import annotations

import os

from simpatient.domain.people.actor import Actor

TRAINEE_VARIABLE = "SIMPATIENT_TRAINEE"


DEFAULT_TRAINEE = "me"


def actor_here() -> Actor:
    """Return who practises on this computer."""
    return Actor(person_id=os.environ.get(TRAINEE_VARIABLE, "").strip() or DEFAULT_TRAINEE)
