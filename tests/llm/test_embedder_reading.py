"""Reading turns: one contract, several implementations; any string is taken."""

import numpy as np
import pytest

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Adapter, EncodingRequest, ReadingEncoder
from simpatient.llm.encoder.embedder import CachedEncoder, OnnxEncoder
from simpatient.llm.encoder.embedder_graphs import PARTS

TEXT, BEFORE = "You miss her. What would help?", "My sister moved away."
SPANS = ((0, 13), (14, 30))


def an_adapter(name: str = "a") -> Adapter:
    """An adapter that changes both top layers a little."""
    random = np.random.default_rng(0)
    sizes = {"grow": (1536, 384), "shrink": (384, 1536)}
    arrays = {"kinds": random.normal(0, 0.1, (2, 384)).astype(np.float16)}
    for at in (4, 5):
        for part in PARTS:
            rows, columns = sizes.get(part, (384, 384))
            arrays[f"{at}.{part}.a"] = random.normal(0, 0.05, (4, columns)).astype(np.float16)
            arrays[f"{at}.{part}.b"] = random.normal(0, 0.05, (rows, 4)).astype(np.float16)
    return Adapter(name, 4, 24, arrays)


def test_gives_a_row_for_the_turn_the_one_before_and_each_span(encoder: ReadingEncoder) -> None:
    rows = encoder.read(an_adapter(), [EncodingRequest(TEXT, BEFORE, SPANS), EncodingRequest("Hello.")])
    assert [matrix.shape for matrix in rows] == [(4, 768), (2, 768)]
    assert not rows[0][1, 384:].any()
    assert not rows[1][1].any()
    np.testing.assert_allclose(np.linalg.norm(rows[0][:, :384], axis=1), 1.0, atol=1e-4)
    assert rows[0][[0, 2, 3], 384:].any(axis=1).all()


def test_without_an_adapter_the_last_columns_are_what_encode_says_and_empty_when_nothing_is_kept(
    encoder: ReadingEncoder,
) -> None:
    rows = encoder.read(None, [EncodingRequest(TEXT, BEFORE, SPANS)])[0]
    np.testing.assert_allclose(rows[0, 384:], encoder.encode([TEXT])[0], atol=1e-4)
    assert not rows[1, 384:].any()
    np.testing.assert_allclose(np.linalg.norm(rows[2:, 384:], axis=1), 1.0, atol=1e-4)
    assert not encoder.read(None, [EncodingRequest(TEXT, BEFORE, SPANS)], keep=False)[0][:, 384:].any()
    assert encoder.read(None, []) == []


def test_a_part_is_heard_within_its_turn(minilm: OnnxEncoder) -> None:
    """Without an adapter too: close to what the part says by itself, and not the same in another turn."""
    start, end = SPANS[0]
    here = minilm.read(None, [EncodingRequest(TEXT, "", SPANS)])[0][2, 384:]
    alone = minilm.encode([TEXT[start:end]])[0]
    other = minilm.read(None, [EncodingRequest(TEXT[start:end] + " I hate Mondays.", "", ((0, end - start),))])[0][
        2, 384:
    ]
    assert 0.4 < here @ alone < 0.999
    assert here @ other < 0.999


def test_is_the_same_alone_and_among_others(encoder: ReadingEncoder) -> None:
    many = [
        EncodingRequest(TEXT, BEFORE, SPANS),
        EncodingRequest("A much longer turn than the other one, by some way.", TEXT),
    ]
    alone = [encoder.read(an_adapter(), [one], keep=False)[0] for one in many]
    for one, among in zip(alone, encoder.read(an_adapter(), many, keep=False), strict=True):
        np.testing.assert_allclose(one, among, atol=1e-4)


@pytest.mark.parametrize("text", ["", " ", "x" * 100_000, "\ud800 broken", "\x00\x07", "👩‍👩‍👧 שלום", "word " * 20_000])
def test_takes_any_string(encoder: ReadingEncoder, text: str) -> None:
    end = len(text)
    rows = encoder.read(an_adapter(), [EncodingRequest(text, text, ((0, end // 2), (end // 2, end)))])[0]
    assert rows.shape == (4, 768)
    assert np.isfinite(rows).all()


def test_a_span_beyond_the_cut_is_still_read(minilm: OnnxEncoder) -> None:
    text = "word " * 2000 + "What would help?"
    rows = minilm.read(an_adapter(), [EncodingRequest(text, "", ((0, 4), (10_000, len(text))))])[0]
    alone = minilm.read(an_adapter(), [EncodingRequest("What would help?")])[0]
    np.testing.assert_allclose(rows[3], alone[0], atol=1e-4)


def test_the_vector_kept_on_the_way_is_the_encoders_own(minilm: OnnxEncoder) -> None:
    _, kept = minilm.read_and_keep(an_adapter(), [EncodingRequest(TEXT, BEFORE)], keep=True)
    np.testing.assert_allclose(kept[TEXT], minilm.encode([TEXT])[0], atol=1e-5)
    assert list(kept) == [TEXT]
    assert minilm.read_and_keep(None, [EncodingRequest(TEXT)], keep=False)[1] == {}


def test_the_turn_before_changes_what_is_heard(minilm: OnnxEncoder) -> None:
    one, other = (
        minilm.read(an_adapter(), [EncodingRequest(TEXT, before)])[0] for before in (BEFORE, "I hate Mondays.")
    )
    np.testing.assert_allclose(one[0, :384], other[0, :384], atol=1e-5)
    assert np.abs(one[0, 384:] - other[0, 384:]).max() > 1e-3


def test_another_adapter_takes_over(minilm: OnnxEncoder) -> None:
    plain = Adapter("b", 4, 24, {name: array * 0 for name, array in an_adapter().arrays.items()})
    changed = minilm.read(an_adapter(), [EncodingRequest(TEXT)])[0]
    assert np.abs(minilm.read(plain, [EncodingRequest(TEXT)])[0] - changed).max() > 1e-3
    np.testing.assert_array_equal(minilm.read(an_adapter(), [EncodingRequest(TEXT)])[0], changed)


def test_the_cache_remembers_the_vector_kept_on_the_way(minilm: OnnxEncoder) -> None:
    cached = CachedEncoder(minilm)
    rows = cached.read(an_adapter(), [EncodingRequest(TEXT, BEFORE, SPANS)])[0]
    np.testing.assert_array_equal(rows, minilm.read(an_adapter(), [EncodingRequest(TEXT, BEFORE, SPANS)])[0])
    _, kept = minilm.read_and_keep(an_adapter(), [EncodingRequest(TEXT, BEFORE)], keep=True)
    np.testing.assert_array_equal(cached.encode([TEXT])[0], kept[TEXT])


def test_an_adapter_of_other_layers_is_refused(minilm: OnnxEncoder) -> None:
    with pytest.raises(ModelUnavailable, match="does not fit"):
        minilm.read(Adapter("c", 3, 24, an_adapter().arrays), [EncodingRequest(TEXT)])
