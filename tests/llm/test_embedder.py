"""The sentence encoder port: one contract, three implementations; the cache; the child process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Embeddings, SentenceEncoder
from simpatient.llm.encoder import embedder
from simpatient.llm.encoder.embedder import CachedEncoder, MiniLmEncoder, check_weights, find_model, printable
from simpatient.llm.encoder.embedder_host import EncoderProcess
from tests.fakes import FakeEncoder

HOSTILE = ["", " ", "x" * 100_000, "\ud800 broken", "\x00\x07", "👩‍👩‍👧 שלום", "<b>&amp;</b>", "word " * 20_000]


def test_gives_unit_rows_in_the_order_asked(encoder: SentenceEncoder) -> None:
    texts = ["When did the pain start?", "Hello", "How long have you had the pain?", "Hello"]
    rows = encoder.encode(texts)
    assert rows.shape == (4, 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-4)
    np.testing.assert_allclose(rows[1], rows[3], atol=1e-5)
    assert rows[0] @ rows[2] > rows[0] @ rows[1]


def test_is_the_same_alone_and_among_others(encoder: SentenceEncoder) -> None:
    alone = encoder.encode(["You are tired."])
    among = encoder.encode(["A much longer sentence that needs more room than the other one.", "You are tired."])
    np.testing.assert_allclose(alone[0], among[1], atol=1e-5)


def test_takes_any_string_and_no_string(encoder: SentenceEncoder) -> None:
    assert np.isfinite(encoder.encode(HOSTILE)).all()
    assert encoder.encode([]).shape == (0, 384)


def test_names_itself(encoder: SentenceEncoder) -> None:
    assert "@" in encoder.model_id


@pytest.mark.torch
def test_minilm_knows_meaning(minilm: MiniLmEncoder) -> None:
    rows = minilm.encode(["When did the pain start?", "How long have you had the pain?", "Do you smoke?"])
    assert rows[0] @ rows[1] == pytest.approx(0.68, abs=0.02)
    assert rows[0] @ rows[2] == pytest.approx(0.12, abs=0.02)


@given(st.text(max_size=50), st.integers(0, 3))
def test_printable_is_always_encodable_and_short(text: str, copies: int) -> None:
    cleaned = printable((text + "\ud83d") * (copies * 1000))
    assert len(cleaned.encode("utf-8")) >= len(cleaned) <= embedder.MAX_CHARACTERS


def test_missing_model_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedder, "PACKAGE", "no_such_package_here")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="not installed"):
        find_model()


def test_hub_cache_serves_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedder, "PACKAGE", "no_such_package_here")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / embedder.HUB_FOLDER / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        (snapshot / name).write_bytes(b"x")
    assert find_model() == snapshot


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the model")
    with pytest.raises(ModelUnavailable, match="damaged"):
        check_weights(tmp_path)
    with pytest.raises(ModelUnavailable, match="damaged"):
        MiniLmEncoder(tmp_path).encode(["hello"])


def test_unreadable_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        check_weights(tmp_path)


def test_cache_asks_once_per_text() -> None:
    inner = FakeEncoder()
    cached = CachedEncoder(inner)
    cached.encode(["a", "b", "a"])
    cached.encode(["b", "c"])
    assert inner.calls == [2, 1]


def test_cache_forgets_the_oldest() -> None:
    inner = FakeEncoder()
    cached = CachedEncoder(inner, capacity=2)
    for text in ("a", "b", "c", "a"):
        cached.encode([text])
    assert len(inner.calls) == 4


def test_set_is_computed_once_per_machine(tmp_path: Path) -> None:
    texts = ["one line", "another line"]
    first = CachedEncoder(FakeEncoder(), tmp_path).encode_set("persona: x/y", texts)
    inner = FakeEncoder()
    second = CachedEncoder(inner, tmp_path)
    np.testing.assert_array_equal(second.encode_set("persona: x/y", texts), first)
    second.encode(["one line"])
    assert inner.calls == []


def test_set_of_other_texts_or_model_is_another_set(tmp_path: Path) -> None:
    CachedEncoder(FakeEncoder(), tmp_path).encode_set("lines", ["a"])
    for inner, texts in ((FakeEncoder(), ["b"]), (FakeEncoder("other@2"), ["a"])):
        CachedEncoder(inner, tmp_path).encode_set("lines", texts)
        assert inner.calls == [1]


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"\x93NUMPY\x01\x00"])
def test_damaged_set_is_made_again(tmp_path: Path, damage: bytes) -> None:
    rows = CachedEncoder(FakeEncoder(), tmp_path).encode_set("lines", ["a", "b"])
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    np.testing.assert_array_equal(CachedEncoder(FakeEncoder(), tmp_path).encode_set("lines", ["a", "b"]), rows)


def test_set_works_where_nothing_can_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert CachedEncoder(FakeEncoder(), blocked / "sub").encode_set("lines", ["a"]).shape == (1, 384)


class DyingEncoder(FakeEncoder):
    """Kills its own process when it meets the word."""

    def encode(self, texts: Sequence[str]) -> Embeddings:
        if "die" in texts:
            os.kill(os.getpid(), signal.SIGKILL)
        if "fail" in texts:
            raise RuntimeError("inside the library")
        if "sleep" in texts:
            time.sleep(30)
        return super().encode(texts)


def test_child_that_died_is_replaced() -> None:
    process = EncoderProcess(FakeEncoder, model_id="fake-encoder@1")
    try:
        before = process.encode(["hello"])
        old = process.pid
        assert old is not None
        os.kill(old, signal.SIGKILL)
        np.testing.assert_array_equal(process.encode(["hello"]), before)
        assert process.pid != old
    finally:
        process.close()


def test_child_that_keeps_dying_is_reported() -> None:
    process = EncoderProcess(DyingEncoder, model_id="fake-encoder@1")
    try:
        with pytest.raises(ModelUnavailable, match="twice"):
            process.encode(["die"])
        with pytest.raises(ModelUnavailable, match="RuntimeError"):
            process.encode(["fail"])
        assert process.encode(["fine again"]).shape == (1, 384)
    finally:
        process.close()


def test_child_that_hangs_is_given_up() -> None:
    process = EncoderProcess(DyingEncoder, model_id="fake-encoder@1", timeout_s=0.3)
    try:
        process.encode(["hello"])
        with pytest.raises(ModelUnavailable, match="in time"):
            process.encode(["sleep"])
    finally:
        process.close()


def test_start_returns_before_the_child_is_ready_and_close_ends_it() -> None:
    process = EncoderProcess(FakeEncoder, model_id="fake-encoder@1")
    process.start()
    pid = process.pid
    assert pid is not None
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(ModelUnavailable, match="closed"):
        process.encode(["too late"])


@pytest.mark.torch
def test_host_gives_the_same_as_the_model_itself(minilm: MiniLmEncoder) -> None:
    process = EncoderProcess()
    try:
        texts = ["You are tired.", ""]
        np.testing.assert_allclose(process.encode(texts), minilm.encode(texts), atol=1e-5)
        assert process.model_id == minilm.model_id
    finally:
        process.close()


def test_importing_the_encoder_and_its_host_loads_no_torch() -> None:
    code = (
        "import sys, simpatient.llm.encoder.embedder_host as h; assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=6))
def test_cache_never_changes_the_answer(texts: list[str]) -> None:
    cached = CachedEncoder(FakeEncoder(), capacity=3)
    for _ in range(2):
        np.testing.assert_array_equal(cached.encode(texts), FakeEncoder().encode(texts))
