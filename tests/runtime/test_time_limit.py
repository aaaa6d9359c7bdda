"""A time limit ends what loops without end, and never reaches what comes after."""

import itertools
import threading
import time

import pytest

from simpatient.runtime.time_limit import TimeLimitExceeded, time_limit


def test_endless_work_is_ended():
    with pytest.raises(TimeLimitExceeded), time_limit(0.05):
        for _ in itertools.count():
            pass


def test_quick_work_is_left_alone():
    with time_limit(60):
        found = sum(range(1000))
    assert found == 499_500


def test_an_error_of_the_work_is_its_own():
    with pytest.raises(ZeroDivisionError), time_limit(60):
        _ = 1 / 0


def test_a_limit_that_is_reached_in_the_last_moment_does_not_strike_later():
    for number in range(200):
        try:
            with time_limit(0.001):
                until = time.monotonic() + 0.0005 + 0.00001 * (number % 100)
                while time.monotonic() < until:
                    pass
        except TimeLimitExceeded:
            pass
        for _ in range(1000):
            pass


def test_only_its_own_thread_is_ended():
    counted: list[int] = []

    def count() -> None:
        for _ in range(50):
            time.sleep(0.002)
        counted.append(50)

    other = threading.Thread(target=count)
    other.start()
    with pytest.raises(TimeLimitExceeded), time_limit(0.02):
        _loop()
    other.join()
    assert counted == [50]


def _loop() -> None:
    while True:
        pass
