"""The sentence encoder port: one contract, three implementations; its files; the cache."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.bootstrap import coding
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.ports import SentenceEncoder
from simpatient.llm.encoder import embedder
from simpatient.llm.encoder.embedder import CachedEncoder, OnnxEncoder, check_files, find_model, printable
from simpatient.llm.encoder.embedder_graphs import LOWER, UPPER, read_description
from tests.fakes import FakeEncoder

GRAPHS = bundled_root().joinpath(*coding.ENCODER_FOLDER)
DESCRIPTION = read_description(GRAPHS)
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


def test_minilm_knows_meaning(minilm: OnnxEncoder) -> None:
    rows = minilm.encode(["When did the pain start?", "How long have you had the pain?", "Do you smoke?"])
    assert rows[0] @ rows[1] == pytest.approx(0.68, abs=0.02)
    assert rows[0] @ rows[2] == pytest.approx(0.12, abs=0.02)


@given(st.text(max_size=50), st.integers(0, 3))
def test_printable_is_always_encodable_and_short(text: str, copies: int) -> None:
    cleaned = printable((text + "\ud83d") * (copies * 1000))
    assert len(cleaned.encode("utf-8")) >= len(cleaned) <= embedder.MAX_CHARACTERS


NOWHERE = replace(DESCRIPTION, package="no_such_package_here")


def test_missing_model_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="not installed"):
        find_model(NOWHERE)


def test_hub_cache_serves_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / NOWHERE.hub_folder / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    for name in ("model.safetensors", "tokenizer.json"):
        (snapshot / name).write_bytes(b"x")
    assert find_model(NOWHERE) == snapshot


@pytest.mark.parametrize("damaged", ["model.safetensors", "tokenizer.json"])
def test_damaged_files_are_refused(tmp_path: Path, damaged: str) -> None:
    published = find_model(DESCRIPTION)
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).symlink_to(published / name)
    check_files(tmp_path, DESCRIPTION)
    (tmp_path / damaged).unlink()
    (tmp_path / damaged).write_bytes(b"not the model")
    with pytest.raises(ModelUnavailable, match="damaged"):
        check_files(tmp_path, DESCRIPTION)
    with pytest.raises(ModelUnavailable, match="damaged"):
        OnnxEncoder(GRAPHS, tmp_path).encode(["hello"])


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        check_files(tmp_path, DESCRIPTION)


@pytest.mark.parametrize("name", [LOWER, UPPER])
def test_a_damaged_graph_is_refused(tmp_path: Path, name: str) -> None:
    shutil.copytree(GRAPHS, tmp_path, dirs_exist_ok=True)
    data = bytearray((tmp_path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / name).write_bytes(bytes(data))
    with pytest.raises(ModelUnavailable, match="damaged"):
        OnnxEncoder(tmp_path).encode(["hello"])
    (tmp_path / name).unlink()
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        OnnxEncoder(tmp_path).encode(["hello"])


@pytest.mark.parametrize("words", ["", "{}", "[1]", '{"name": "x"}'])
def test_a_damaged_description_is_refused(tmp_path: Path, words: str) -> None:
    (tmp_path / "encoder.json").write_text(words)
    with pytest.raises(ModelUnavailable, match="graphs"):
        OnnxEncoder(tmp_path)


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


def test_a_long_set_says_how_far_it_has_come_and_keeps_its_order(tmp_path: Path) -> None:
    texts, told = [f"line {number}" for number in range(600)], []
    cached = CachedEncoder(FakeEncoder(), tmp_path)
    rows = cached.encode_set("lines", texts, on_done=told.append)
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 600
    np.testing.assert_array_equal(rows, FakeEncoder().encode(texts))
    cached.encode_set("lines", texts, on_done=told.append)
    assert told[-1] == 600
    assert told.count(600) == 1


def test_a_long_set_can_be_stopped_on_the_way(tmp_path: Path) -> None:
    def stop(done: int) -> None:
        raise Cancelled

    inner = FakeEncoder()
    with pytest.raises(Cancelled):
        CachedEncoder(inner, tmp_path).encode_set("lines", [str(number) for number in range(600)], on_done=stop)
    assert len(inner.calls) == 1
    assert list(tmp_path.iterdir()) == []


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


def test_a_thread_works_while_the_encoder_runs(minilm: OnnxEncoder) -> None:
    """The interpreter lock is free during a pass, so that the window goes on being drawn."""
    minilm.load()
    ticks, is_done = [0], threading.Event()

    def tick() -> None:
        while not is_done.wait(0.0005):
            ticks[0] += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    minilm.encode(["word " * 200] * 8)
    during = ticks[0]
    is_done.set()
    ticker.join()
    assert during > 5


def test_threads_share_one_encoder(minilm: OnnxEncoder) -> None:
    texts = [f"I have been thinking about number {number}." for number in range(40)]
    alone = minilm.encode(texts)
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda text: minilm.encode([text])[0], texts))
    np.testing.assert_array_equal(np.stack(rows), alone)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=6))
def test_cache_never_changes_the_answer(texts: list[str]) -> None:
    cached = CachedEncoder(FakeEncoder(), capacity=3)
    for _ in range(2):
        np.testing.assert_array_equal(cached.encode(texts), FakeEncoder().encode(texts))
