"""The sentence encoders every contract of theirs is run on."""

import pytest

from simpatient.bootstrap import coding
from simpatient.domain.ports import ReadingEncoder
from simpatient.llm.encoder.embedder import CachedEncoder, OnnxEncoder
from tests.fakes import FakeEncoder


@pytest.fixture(scope="module")
def minilm() -> OnnxEncoder:
    return coding.sentence_encoder()


@pytest.fixture(params=["fake", "cached", "minilm"])
def encoder(request: pytest.FixtureRequest) -> ReadingEncoder:
    if request.param == "fake":
        return FakeEncoder()
    if request.param == "cached":
        return CachedEncoder(FakeEncoder())
    found: ReadingEncoder = request.getfixturevalue(request.param)
    return found
