"""Who practises on this computer."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress

from simpatient.domain.errors import StorageUnavailable
from simpatient.domain.people.actor import Actor
from simpatient.runtime.settings_store import SettingsStore

TRAINEE_VARIABLE = "SIMPATIENT_TRAINEE"


DEFAULT_TRAINEE = "me"
PERSON, NAME = "person", "name"


def actor_here() -> Actor:
    """Return who practises on this computer."""
    return Actor(person_id=os.environ.get(TRAINEE_VARIABLE, "").strip() or DEFAULT_TRAINEE)


def name_of(settings: SettingsStore, actor: Actor) -> str:
    """Return what a person wants to be called: the name set in Settings, else the one they log in with.

    Others than the person this computer belongs to are called by their id, '' here.
    """
    if actor.person_id != DEFAULT_TRAINEE:
        return ""
    with suppress(StorageUnavailable):
        chosen = settings.read(PERSON).get(NAME)
        if isinstance(chosen, str) and chosen.strip():
            return chosen.strip()
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no account, as in some containers
        return ""
