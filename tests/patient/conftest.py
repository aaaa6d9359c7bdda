"""The small persona's mind, built once."""

import pytest

from simpatient.patient.mind import Mind
from simpatient.patient.persona_index import PersonaIndex, build_index
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
