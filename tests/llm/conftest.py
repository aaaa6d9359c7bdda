"""The sentence encoders every contract of theirs is run on."""

from collections.abc import Iterator

import pytest

from simpatient.domain.ports import ReadingEncoder
from simpatient.llm.encoder.embedder import CachedEncoder, MiniLmEncoder
from simpatient.llm.encoder.embedder_host import EncoderProcess
from tests.fakes import FakeEncoder


@pytest.fixture(scope="module")
def minilm() -> MiniLmEncoder:
    return MiniLmEncoder(threads=1)


@pytest.fixture(scope="module")
def hosted() -> Iterator[EncoderProcess]:
    process = EncoderProcess(FakeEncoder, model_id="fake-encoder@1")
    yield process
    process.close()


@pytest.fixture(params=["fake", "cached", "hosted", pytest.param("minilm", marks=pytest.mark.torch)])
def encoder(request: pytest.FixtureRequest) -> ReadingEncoder:
    if request.param == "fake":
        return FakeEncoder()
    if request.param == "cached":
        return CachedEncoder(FakeEncoder())
    found: ReadingEncoder = request.getfixturevalue(request.param)
    return found
