"""The small persona's mind, built once; and patience on a shared machine."""

import pytest
from hypothesis import settings

from simpatient.patient.mind import Mind
from simpatient.patient.persona_index import PersonaIndex, build_index
from tests.builders import small_bank, small_persona, small_rules, small_table
from tests.fakes import RememberingFakeEncoder

# The machine is shared: how long one example takes says nothing about the code.
settings.register_profile("unhurried", deadline=None, max_examples=50)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def encoder() -> RememberingFakeEncoder:
    return RememberingFakeEncoder()


@pytest.fixture(scope="session")
def mind(encoder: RememberingFakeEncoder) -> Mind:
    return Mind(small_persona(), small_bank(), small_table(), small_rules(), encoder)


@pytest.fixture(scope="session")
def index(encoder: RememberingFakeEncoder) -> PersonaIndex:
    return build_index(small_persona(), small_bank(), encoder)
