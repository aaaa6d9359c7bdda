"""The small persona's mind, built once."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from simpatient.domain.session.session import Turn
from simpatient.patient.mind import Mind
from simpatient.patient.understanding.persona_index import PersonaIndex, build_index
from tests.builders import small_bank, small_persona, small_rules, small_table
from tests.fakes import RememberingFakeEncoder


@pytest.fixture(scope="session")
def encoder() -> RememberingFakeEncoder:
    return RememberingFakeEncoder()


@pytest.fixture(scope="session")
def mind(encoder: RememberingFakeEncoder) -> Mind:
    return Mind(small_persona(), small_bank(), small_table(), small_rules(), encoder)


@pytest.fixture(scope="session")
def index(encoder: RememberingFakeEncoder) -> PersonaIndex:
    return build_index(small_persona(), small_bank(), encoder)


@pytest.fixture
def make_turns() -> Callable[..., tuple[Turn, ...]]:
    """Return a function that makes a branch of the given words; the patient begins."""

    def make(*texts: str) -> tuple[Turn, ...]:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        return tuple(
            Turn(turn=n, parent=n - 1 if n else None, speaker="trainee" if n % 2 else "patient", text=text, at=now)
            for n, text in enumerate(texts)
        )

    return make
