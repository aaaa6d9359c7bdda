"""Every field of what a report is made of changes the report when it changes, or says here why it does not.

A new field fails until it is shown or declared.
"""

import html
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import BaseModel

from simpatient.domain.learning.report import SessionReport
from simpatient.presentation.feedback.session_report import SessionView, session_view
from simpatient.reporting.html_version import session_html
from tests.reporting.conftest import session_report
from tests.reporting.test_first_and_written import _with_missed_risk, _written
from tests.reporting.test_spoken_report import spoken

TIES = "ties values together, and would tear the report apart"
INTERNAL = "ties a value to others; what it stands for is shown"
RULE = "how a value comes about; the report shows the value"
FILE = "says how to read or find the content; the versions are listed"
PAGE = "shown on the page of the case, before the session"
CASEBOOK = "kept for the supervisor's casebook; never shown to a trainee"
SPAN = "where the quote stands within the turn; the quote itself is shown"
OWN_TIMES = "behind a figure about speaking that is shown"
MOST_PLACES = 40  # of one field; later ones are of the same kind
# Fields by class that do not change the report, each group with its reason.
HIDDEN: dict[str, dict[str, str]] = {
    "Aside": {"after_turn seconds": "a pause is drawn and counted, not measured"},
    "Attempt": {"rubric session_id": INTERNAL, "rubric_version": FILE, "number": "named once there are several"},
    "BehaviorCode": {"maps_to speaker valence": RULE, "meaning": "the key to the letters gives the name"},
    "Case": {
        "id persona rubrics": INTERNAL, "schema_version version first_line_by": FILE,
        "difficulty minutes objectives presenting_problem vignette": PAGE,
    },
    "CodingScheme": {"id source title version": FILE},
    "Count": {"codes policy repeats speaker unit unless valence": RULE},
    "Criterion": {
        "compare critical_at min_trainee_turns options policy start step text_mode": RULE, "manual_locator": FILE,
    },
    "CueGroup": {"kind serious": RULE},
    "Debrief": {"next_drill": "a way to the drill, in the window only", "session_id": INTERNAL},
    "DisclosureItem": {"fact_id": INTERNAL},
    "DisclosureMap": {"session_id": INTERNAL},
    "Driver": {"codes formula weight": RULE},
    "Evidence": {"end start": SPAN},
    "Identity": {"culture gender languages living_situation pronouns relationships work": CASEBOOK},
    "Interruption": {"overlap_s patient_turn": OWN_TIMES},
    "Latency": {"why": "said where there is no value"},
    "LevelRule": {"against codes value when": RULE},
    "Moment": {"measure": RULE},
    "Overall": {"confidence value": "orders sessions in tests; a grade would be believed"},
    "Pattern": {
        "after at_least breaks_in codes id in_a_row lasts min_confidence min_overlap min_words part phrases since "
        "speaker unless": RULE,
    },
    "Persona": {"id": INTERNAL, "schema_version status version": FILE},
    "Provenance": {"coder from_earlier_words judged_by rubric_version": "the versions name coder and rubrics"},
    "Rubric": {"license_tier schema_version scheme version": FILE, "overall": RULE},
    "Scorecard": {"session_id": INTERNAL},
    "Session": {"case_id first_free_turn": INTERNAL, "leaf": TIES},
    "Silence": {"after_turn": OWN_TIMES},
    "SpeakingTimes": {"alone_s overlap_s quiet_s": OWN_TIMES},
    "SpokenStretch": {"words": OWN_TIMES},
    "StatePoint": {"readiness": "not drawn: two curves are enough to read"},
    "Summary": {"evidence_codes formula higher_is_better n needs": RULE},
    "TextVersion": {"at": "the order is shown"},
    "Turn": {"turn parent": TIES, "at": "a typed turn shows no time"},
    "TurnSpeech": {"began_s ended_s clip confidence": "shown through the times of the whole talk"},
    "Utterance": {"end start text": SPAN},
    "UtteranceLabel": {"scheme": INTERNAL},
}  # fmt: skip


def declared() -> dict[str, str]:
    """Return the reason for each hidden field, by ``Class.field``."""
    return {
        f"{owner}.{name}": reason
        for owner, groups in HIDDEN.items()
        for names, reason in groups.items()
        for name in names.split()
    }


@cache
def whole_report() -> SessionReport:
    """Return a report with something of everything in it."""
    report = _with_missed_risk(spoken(session_report(turns=12, disclosure=True)))
    return report.model_copy(update={"exercises": (_written(2, unread=2, after_reveal=True),)})


def steps(value: Any, owner: str = "") -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield every leaf below a value: the field it belongs to, as ``Class.field``, and the way to it."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if hasattr(value, name):
                for field, way in steps(getattr(value, name), f"{type(value).__name__}.{name}"):
                    yield field, (name, *way)
    elif isinstance(value, dict):
        for key, item in value.items():
            for field, way in steps(item, owner):
                yield field, (key, *way)
    elif isinstance(value, tuple | list):
        for at, item in enumerate(value):
            for field, way in steps(item, owner):
                yield field, (at, *way)
    else:
        yield owner, ()


def changed(value: Any) -> Any:
    """Return another value of the same kind; None where there is nothing to change."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, datetime):
        return value + timedelta(days=400)
    if isinstance(value, str):
        return _other_word(value)
    return None


def _other_word(value: str) -> str:
    # Words that the program tells apart are exchanged for one of their kind, others are added to.
    kinds = [("trainee", "patient"), ("estimate", "needs_review"), ("recogniser", "trainee"), ("pending", "reviewed")]
    kinds += [(">=", "<="), ("keep", "change"), ("share", "count"), ("ratio", "count"), ("score", "count")]
    others = {one: two for pair in kinds for one, two in (pair, pair[::-1])}
    return others.get(value, f"{value} zzchanged")


def at(value: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        value = getattr(value, step) if isinstance(step, str) and isinstance(value, BaseModel) else value[step]
    return value


def with_change(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    """Return a value with one part replaced, unchecked: the page has to show what is there."""
    if not way:
        return new
    step, rest = way[0], way[1:]
    if isinstance(value, BaseModel):
        return value.model_copy(update={step: with_change(getattr(value, step), rest, new)})
    if isinstance(value, dict):
        return {**value, step: with_change(value[step], rest, new)}
    parts = list(value)
    parts[step] = with_change(parts[step], rest, new)
    return tuple(parts)


def shows(way: tuple[Any, ...]) -> bool | None:
    """Return whether a change at the end of a way changes the report; None where nothing can be changed."""
    report = whole_report()
    new = changed(at(report, way))
    return None if new is None else session_view(with_change(report, way, new)) != whole_view()


@cache
def whole_view() -> SessionView:
    return session_view(whole_report())


@cache
def ways() -> dict[str, list[tuple[Any, ...]]]:
    """Return the ways to each field's values, by ``Class.field``."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for field, way in steps(whole_report()):
        found.setdefault(field, []).append(way)
    return found


def test_every_field_changes_the_report_or_says_why_not():
    reasons = declared()
    silent = set()
    for field, places in ways().items():
        if reasons.get(field) == TIES:
            continue
        seen = {shows(way) for way in places[:MOST_PLACES]}
        if seen and seen <= {False, None} and False in seen:
            silent.add(field)
    assert {"undeclared": sorted(silent - set(reasons)), "shown after all": stale(silent, reasons)} == {
        "undeclared": [],
        "shown after all": [],
    }


def stale(silent: set[str], reasons: dict[str, str]) -> list[str]:
    return sorted(field for field, reason in reasons.items() if field not in silent and reason != TIES)


def test_every_value_of_the_view_is_printed():
    page = " ".join(session_html(whole_view()).decode().split())
    for row in whole_view().turns:
        assert row.number in page
        assert row.silence in page
    for card in whole_view().scorecards:
        for rating in card.ratings:
            assert html.escape(rating.value_words, quote=False) in page
