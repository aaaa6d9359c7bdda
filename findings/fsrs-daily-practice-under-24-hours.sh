#!/usr/bin/env bash
# fsrs counts elapsed time in whole 24-hour spans, so practising daily at a slightly earlier hour earns nothing.
#
# What surprises: py-fsrs takes the days since the last review from `timedelta.days`. A review 23 hours 55 minutes
# after the last one counts as the same day, whatever the calendar says: the predicted recall is still exactly 1,
# and the formula for same-day reviews is used, which for an answer of "Good" leaves the stability where it was.
#
# What it costs: a learner who answers "Good" thirty days running, five minutes earlier each day, is asked again
# after 2 days; with five minutes later each day it is 109 days. Nothing warns of it, and a progress chart shows
# a skill that never takes hold. Predicted recall is also flat within a day, so sorting by it leaves many ties.
#
# What to do: give review_card() the learner's calendar day (say, noon UTC of the local date) rather than the
# moment of the review, at most once a day for each card; keep the true moment in a field of your own.
#
# Seen on 2026-11-30 with fsrs 6.3.2, Python 3.11. Output:
#   fsrs 6.3.2: after 30 "Good" reviews, 23h55 apart: next in 2 days; 24h05 apart: next in 109 days;
#   recall after 23h59: 1.0   (one line)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq fsrs==6.3.2
"$work/venv/bin/python" - <<'PY'
import sys
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from fsrs import Card, Rating, Scheduler

scheduler = Scheduler(enable_fuzzing=False)


def practise(gap: timedelta, reviews: int = 30) -> tuple[Card, datetime]:
    """Return the card after so many "Good" answers, each one gap after the last, and when the last one was."""
    card, moment = Card(card_id=1), datetime(2026, 1, 1, 9, tzinfo=timezone.utc)
    for number in range(reviews):
        card, _ = scheduler.review_card(card, Rating.Good, moment + number * gap)
    return card, moment + (reviews - 1) * gap


early, last_early = practise(timedelta(hours=23, minutes=55))
late, last_late = practise(timedelta(hours=24, minutes=5))
soon, later = (early.due - last_early).days, (late.due - last_late).days
recall = scheduler.get_card_retrievability(late, last_late + timedelta(hours=23, minutes=59))
print(f'fsrs {version("fsrs")}: after 30 "Good" reviews, 23h55 apart: next in {soon} days; '
      f"24h05 apart: next in {later} days; recall after 23h59: {recall}")
sys.exit(0 if soon <= 3 and later >= 100 and recall == 1.0 else 1)
PY
