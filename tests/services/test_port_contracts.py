"""What the engines rely on, asked of the stand-ins and, where that is cheap, of the real thing."""

from datetime import UTC

import numpy as np
import pytest

from simpatient.bootstrap import SystemClock
from simpatient.llm.embedder import CachedEncoder
from tests.fakes import FakeCoder, FakeEncoder, FixedClock, RememberingFakeEncoder

TEXTS = ["How is the choir?", "", "How is the choir?", "Ünïcödé 🙂"]


@pytest.fixture(params=["fake", "cached"])
def encoder(request, tmp_path):
    return RememberingFakeEncoder() if request.param == "fake" else CachedEncoder(FakeEncoder(), tmp_path)


def test_an_encoder_gives_unit_rows_and_equal_rows_for_equal_texts(encoder):
    rows = encoder.encode(TEXTS)
    assert rows.shape == (4, 384)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.array_equal(rows[0], rows[2])
    assert encoder.encode([]).shape == (0, 384)
    assert encoder.model_id


def test_a_set_is_what_encoding_gives(encoder):
    expected = FakeEncoder().encode(TEXTS)
    for _ in range(2):
        assert np.allclose(encoder.encode_set("set", TEXTS), expected, atol=1e-2)
    assert np.allclose(encoder.encode_set("set", TEXTS[:1]), expected[:1], atol=1e-2)


def test_a_coder_codes_spans_of_the_turn_it_was_given():
    coder = FakeCoder(scripted={"Hm.": ("affirm", "support")})
    text = "It sounds hard. What happened?  You should rest!"
    coded = coder.code_turn("trainee", text, "So.")
    assert all(text[u.start : u.end] == u.text for u in coded.utterances)
    assert coded.utterance_codes() == ("complex_reflection", "open_question", "advise_without_permission")
    assert coder.code_turn("trainee", "Hm.").utterance_codes() == ("affirm", "support")
    assert coder.code_turn("trainee", "").utterances == ()
    assert coder.code_turn("patient", "I could try.").talk.code == "change"
    assert coder.code_turn("trainee", text, "So.") == coded


@pytest.mark.parametrize("clock", [FixedClock(), SystemClock()])
def test_a_clock_is_in_utc_and_goes_forward(clock):
    assert clock.now().tzinfo == UTC
    assert clock.now() <= clock.now()
    assert clock.monotonic() <= clock.monotonic()
