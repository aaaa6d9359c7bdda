"""Child processes: whatever the child does, the parent gets an answer or a word, and nothing is left behind."""

import math
import os
import pickle
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.runtime.child_process import ChildBroken, ChildLost, ChildProcess, ChildSilent, child_for
from simpatient.runtime.frames import BadFrame, Frame, pack, unpack
from tests.runtime.workers import Echo

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def shared():
    made = ChildProcess(Echo, "simpatient-test", silence_s=30, start_s=60)
    yield made
    made.drop()


@pytest.fixture
def child():
    made = ChildProcess(Echo, "simpatient-test", silence_s=30, start_s=60)
    yield made
    made.drop()
    assert made.pid is None


def wait_for(what, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 5), st.integers(0, 2**63), PLAIN)
def test_a_frame_comes_back_as_it_was(kind, number, value):
    assert unpack(pack(Frame(kind, number, value))) == Frame(kind, number, value)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.data())
def test_any_bytes_are_a_frame_or_refused(raw, data):
    whole = bytearray(pack(Frame(1, 7, {"a": [b"xyz", 1.5]})))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    for each in (raw, bytes(whole), bytes(whole[: data.draw(st.integers(0, len(whole)))])):
        try:
            assert isinstance(unpack(each), Frame)
        except BadFrame as error:
            assert str(error)


def test_deep_and_odd_values_are_refused_and_not_recursed_into():
    for text in (b"[" * 100_000, b'{"$bytes": 3}', b'{"$bytes": -1}', b'{"$bytes": true}', b"1" * 10_000, b"\xff"):
        raw = struct.pack("<BQI", 1, 1, len(text)) + text
        try:
            unpack(raw)
        except BadFrame:
            continue
        assert text == b'{"$bytes": true}' or pytest.fail(text[:20])


@settings(max_examples=30, deadline=None)
@given(value=PLAIN)
def test_values_reach_the_child_and_come_back(shared, value):
    assert shared.ask(("same", value)) == value


def test_numbers_and_bytes_are_exact(shared):
    value = [0.1 + 0.2, -math.inf, b"\x00\xff" * 500_000, "\ud800", 2**70]
    assert shared.ask(("same", value)) == value


def test_pieces_are_streamed_and_can_be_enough(child):
    seen: list[int] = []
    assert child.ask(("count", 5), on_piece=lambda piece: seen.append(piece) or True) == 5
    assert child.ask(("count", 5), on_piece=lambda piece: piece < 2) == 2
    child.ask(("pieces", ["a", b"b"]), on_piece=seen.append)
    assert seen == [0, 1, 2, 3, 4, "a", b"b"]
    assert child.starts == 1


def test_a_refusal_is_passed_on_in_its_own_words_and_costs_no_child(child):
    first = child.load()
    with pytest.raises(ModelUnavailable, match=r"^It is no model\. Choose another\.$"):
        child.ask(("refuse", ["It is no model.", "Choose another."]))
    assert child.ask(("same", 1)) == 1
    assert child.pid == first


@pytest.mark.parametrize(
    ("request_", "kind", "words"),
    [
        (("break", None), ChildBroken, "FileNotFoundError"),
        (("device", None), ChildBroken, "out of memory"),
        (("object", None), ChildBroken, "cannot be sent"),
        (("die", None), ChildLost, "died"),
    ],
)
def test_a_lost_child_is_told_from_a_broken_one_and_replaced(child, request_, kind, words):
    with pytest.raises(kind, match=words) as caught:
        child.ask(request_)
    assert getattr(caught.value, "is_device", False) == (request_[0] == "device")
    child.drop()
    assert child.ask(("same", 1)) == 1
    assert child.starts == 2


def test_silence_is_not_waited_for_without_end():
    silent = ChildProcess(Echo, "simpatient-test", silence_s=0.5, start_s=60)
    with pytest.raises(ChildSilent):
        silent.ask(("sleep", 60))
    silent.drop()


def test_a_cancel_stops_the_work_and_keeps_the_child(child, tmp_path):
    first, token = child.load(), CancelToken()
    threading.Timer(0.3, token.cancel).start()
    with pytest.raises(Cancelled):
        child.ask(("wait", str(tmp_path)), cancel=token)
    assert child.ask(("same", 2)) == 2
    assert (tmp_path / "cancelled").exists()
    assert child.pid == first


def test_work_ahead_is_dropped_for_the_next_request(child, tmp_path):
    assert child.ask(("ahead", str(tmp_path))) == "now"
    assert child.ask(("same", 3)) == 3
    assert (tmp_path / "dropped").exists()
    child.notify(("break", None))
    with pytest.raises(ChildLost):
        child.ask(("same", 4))


def test_a_close_from_another_thread_ends_the_call_and_starts_no_other(child):
    child.load()
    threading.Timer(0.3, child.close).start()
    with pytest.raises(ChildLost):
        child.ask(("sleep", 60))
    child.drop()
    with pytest.raises(ChildLost, match="closed"):
        child.ask(("same", 1))


class Trap:
    """Leaves a trace where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self):
        return (Path.touch, (self._path,))


@pytest.mark.skipif(os.name != "posix", reason="pipes carry whole messages there")
@pytest.mark.parametrize("kind", ["pickle", "huge", "half", "rubbish", "wrong words"])
def test_what_a_hostile_child_sends_is_never_run_nor_waited_for(child, tmp_path, kind):
    trap = pickle.dumps(Trap(tmp_path / "sprung"))
    raw = {
        "pickle": struct.pack("!i", len(trap)) + trap,
        "huge": b"\xff\xff\xff\x7f",
        "half": struct.pack("<I", 100) + b"x",
        "rubbish": struct.pack("<I", 50) + b"x" * 50,
        "wrong words": struct.pack("<I", 21) + struct.pack("<BQI", 5, 1, 8) + b'"broken"',
    }[kind]
    token = CancelToken()
    threading.Timer(3.0, token.cancel).start()
    with pytest.raises((ChildLost, Cancelled)):
        child.ask(("raw", raw), cancel=token)
    assert not (tmp_path / "sprung").exists()


def test_a_bare_child_sees_no_variables(monkeypatch):
    monkeypatch.setenv("SIMPATIENT_TEST_KEY", "secret")
    for bare, expected in ((False, True), (True, False)):
        child = ChildProcess(Echo, "simpatient-test", silence_s=30, start_s=60, bare=bare)
        assert ("SIMPATIENT_TEST_KEY" in child.ask(("variables", None))) == expected
        if sys.platform == "linux" and bare:
            assert b"SIMPATIENT_TEST_KEY" not in Path(f"/proc/{child.pid}/environ").read_bytes()
        child.drop()


def test_a_child_for_one_piece_of_work_ends_with_it():
    with child_for(_doubled, "simpatient-test", silence_s=30) as child:
        assert child.ask((21,)) == 42
        pid = child.pid
    assert is_gone(pid)


def _doubled(number: int, _) -> int:
    return 2 * number


@pytest.mark.parametrize("how", ["working", "frozen"])
def test_no_child_outlives_a_killed_parent(tmp_path, how):
    if how == "frozen" and sys.platform != "linux":
        pytest.skip("only Linux ends a stopped child with its parent")
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    code = f"from tests.runtime.workers import run_and_wait; run_and_wait({str(tmp_path)!r})"
    parent = subprocess.Popen([sys.executable, "-c", code], env=env)
    wait_for(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text(), 60)
    pid = int((tmp_path / "child").read_text())
    if how == "frozen":
        psutil.Process(pid).suspend()
    parent.kill()
    parent.wait()
    wait_for(lambda: is_gone(pid))


def test_a_child_started_by_a_thread_outlives_that_thread(child):
    starting = threading.Thread(target=child.start)
    starting.start()
    starting.join()
    time.sleep(0.3)
    assert child.ask(("same", 5)) == 5
    assert child.starts == 1


def test_importing_loads_nothing_heavy():
    code = "import sys, simpatient.runtime.child_process; print({'torch', 'numpy', 'pydantic'} & set(sys.modules))"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=env)
    assert done.stdout.strip() == "set()", done.stderr
