"""Numbers, sizes and dates are written one way, whatever the value, the zone or the locale."""

import locale
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.content.rubric import Summary
from simpatient.presentation.words.dates import date, date_and_time, day_and_month, duration, timestamp
from simpatient.presentation.words.numbers import (
    NONE,
    clock,
    file_size,
    how_often,
    listed,
    number,
    percent,
    plural,
    turn_title,
    turn_words,
    turns_words,
)

UNITS = get_args(Summary.model_fields["unit"].annotation)
MOMENT = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "share", NONE),
        (float("nan"), "ratio", NONE),
        (float("inf"), "ratio", NONE),
        (0.0, "share", "0%"),
        (-0.001, "share", "0%"),
        (0.444, "share", "44%"),
        (1.25, "ratio", "1.25 : 1"),
        (7.0, "turn", "turn 7"),
        (12.4, "words", "12 words"),
        (3.0, "count", "3"),
        (3.55, "score", "3.5"),
        (4.25, "seconds", "4.2 s"),
        (131.0, "pace", "131 words per minute"),
        (1.5, "rate", "1.5 in 10 minutes"),
    ],
)
def test_numbers_in_their_units(value: float | None, unit: str, words: str) -> None:
    assert number(value, unit) == words


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9), st.sampled_from(UNITS))
def test_every_number_reads_as_the_value_it_is(value: float, unit: str) -> None:
    words = number(value, unit)
    read = float(re.findall(r"-?\d+(?:\.\d+)?", words)[0])
    assert read == pytest.approx(value * 100 if unit == "share" else value, abs=0.51)
    assert not re.search(r"-0(\.0+)?(?!\.?\d)", words)


@given(st.integers(min_value=0, max_value=10_000))
def test_counts_and_turns(count: int) -> None:
    assert plural(count, "turn").endswith("turn" if count == 1 else "turns")
    assert turn_words(count) == f"turn {count + 1}"
    assert turn_title(count) == f"Turn {count + 1}"
    assert how_often(count).startswith({1: "once", 2: "twice"}.get(count, str(count)))


@given(st.floats(min_value=0, max_value=1))
def test_a_share_in_per_cent(share: float) -> None:
    assert 0 <= int(percent(share).removesuffix("%")) <= 100


@given(st.integers(min_value=0, max_value=10**7))
def test_clock_keeps_the_seconds(seconds: int) -> None:
    minutes, rest = clock(seconds).split(":")
    assert (int(minutes) * 60 + int(rest), len(rest)) == (seconds, 2)


def test_lists_in_a_sentence() -> None:
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert (turns_words([2]), turns_words([2, 4])) == ("turn 3", "turns 3 and 5")


@pytest.mark.parametrize(("size", "words"), [(0, "0 MB"), (75_000_000, "75 MB"), (3_400_000_000, "3.4 GB")])
def test_file_sizes(size: int, words: str) -> None:
    assert file_size(size) == words


@pytest.fixture(params=["UTC", "Europe/Zurich", "Asia/Kolkata", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_people_read_local_time_with_its_zone(zone: str) -> None:
    assert (
        date_and_time(MOMENT)
        == {
            "UTC": "5 Jan 2026, 23:30 UTC",
            "Europe/Zurich": "6 Jan 2026, 00:30 UTC+1",
            "Asia/Kolkata": "6 Jan 2026, 05:00 UTC+5:30",
            "America/St_Johns": "5 Jan 2026, 20:00 UTC−3:30",
        }[zone]
    )
    assert date(MOMENT).startswith(day_and_month(MOMENT))


def test_data_hold_utc_whatever_zone_a_moment_came_in(zone: str) -> None:
    assert timestamp(MOMENT.astimezone(timezone(timedelta(hours=7)))) == "2026-01-05T23:30:00+00:00"
    assert timestamp(None) == ""


def test_months_do_not_follow_the_locale() -> None:
    # Qt sets the locale of the environment for the whole process; few machines have another one to try here.
    before = locale.setlocale(locale.LC_TIME)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8"):
        try:
            locale.setlocale(locale.LC_TIME, name)
        except locale.Error:
            continue
        assert date(datetime(2026, 5, 5, 12, tzinfo=UTC)) == "5 May 2026"
    locale.setlocale(locale.LC_TIME, before)


def test_durations() -> None:
    spans = (None, timedelta(seconds=20), timedelta(minutes=1), timedelta(minutes=20))
    assert [duration(span) for span in spans] == [NONE, "under a minute", "1 minute", "20 minutes"]
