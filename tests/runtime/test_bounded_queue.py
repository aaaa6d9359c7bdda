"""Handing over between threads: order, room, closing, and a stream that can be left at any time."""

import itertools
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled
from simpatient.runtime.bounded_queue import BoundedQueue, streamed_from_thread


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(), max_size=60), st.integers(1, 5))
def test_everything_comes_in_order_through_little_room(items, room):
    with streamed_from_thread(lambda: items, "test", room=room) as came:
        assert list(came) == items


def test_without_room_an_offer_is_refused_and_counted_and_what_must_not_be_lost_is_taken():
    queue: BoundedQueue[str] = BoundedQueue(3)
    assert queue.offer("ab", 2)
    assert not queue.offer("cd", 2)
    queue.put("end")
    assert (queue.lost, queue.take(0), queue.take(0), queue.take(0)) == (2, "ab", "end", None)


def test_a_sender_waits_for_room_and_no_longer_than_until_the_close():
    queue: BoundedQueue[int] = BoundedQueue(1)
    sent: list[bool] = []
    sender = threading.Thread(target=lambda: sent.extend(queue.send(number) for number in range(3)))
    sender.start()
    assert queue.take() == 0
    assert queue.take() == 1
    queue.close()
    sender.join(10)
    assert sent in ([True, True, True], [True, True, False])
    assert not queue.send(9)


def test_an_error_of_the_thread_reaches_whoever_waits_after_what_came_before():
    def produce():
        yield 1
        raise ValueError("broken")

    came: list[int] = []
    with pytest.raises(ValueError, match="broken"), streamed_from_thread(produce, "test") as stream:
        came.extend(stream)
    assert came == [1]


def test_a_silence_can_be_cancelled_and_the_thread_ends():
    release, token, ended = threading.Event(), CancelToken(), threading.Event()

    def produce():
        try:
            release.wait(30)
            yield from itertools.count()
        finally:
            ended.set()

    threading.Timer(0.2, token.cancel).start()
    with pytest.raises(Cancelled), streamed_from_thread(produce, "test", token) as stream:
        next(stream)
    release.set()
    assert ended.wait(10)


def test_leaving_early_ends_an_endless_thread():
    before = threading.active_count()
    with streamed_from_thread(itertools.count, "endless") as stream:
        assert [next(stream) for _ in range(3)] == [0, 1, 2]
    until = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() <= before
