"""Checks that a rubric or a coaching guide hangs together, so that scoring can rely on it.

Used when authored files are checked. Must not know any particular rubric or file.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

from simpatient.assessment.scoring import formulas
from simpatient.assessment.scoring.criteria_checks import criterion_problems
from simpatient.assessment.scoring.measures import MEASURES, TALK_TYPES, pattern_names
from simpatient.domain.content.coaching import CoachingGuide, CoachingTip
from simpatient.domain.content.rubric import Pattern, Rubric, Summary
from simpatient.domain.errors import ContentError

PLACEHOLDERS = ("quote", "patient", "patient_words", "waited", "lasted")


def rubric_problems(rubric: Rubric, codes: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return ``(field, what is wrong)`` for each mistake in a rubric; empty when sound.

    A field is written with ids and positions: ``criteria.empathy.drivers.0.formula``.

    Args:
        rubric: The rubric to check.
        codes: The codes of its scheme; when given, unknown codes are mistakes too.
    """
    return (
        *_twice(rubric),
        *_formulas(rubric),
        *_labels_of_rubric(rubric, codes),
        *_speakers(rubric.patterns),
        *(problem for criterion in rubric.criteria for problem in criterion_problems(criterion)),
        *(problem for summary in rubric.summaries for problem in _borders(summary)),
    )


def guide_problems(
    guide: CoachingGuide, codes: Collection[str] = (), measures: Collection[str] = ()
) -> tuple[tuple[str, str], ...]:
    """Return ``(field, what is wrong)`` for each mistake in a coaching guide; empty when sound.

    Args:
        guide: The guide to check.
        codes: The codes of its scheme; when given, unknown codes are mistakes too.
        measures: Ids a tip may explain; when given, a tip naming another is a mistake.
    """
    return (*_labels_of_guide(guide, codes), *_tips(guide, measures))


def guide_names(guide: CoachingGuide) -> frozenset[str]:
    """Return every name the guide's conditions may use: measures, patterns and the codes it names."""
    return frozenset({*MEASURES, *pattern_names(guide.patterns), *named_codes(guide)})


def named_codes(guide: CoachingGuide) -> frozenset[str]:
    """Return the codes a guide speaks of; each is in formulas the number of volleys that carry it."""
    tips = [label for tip in guide.tips for label in (*tip.codes, *tip.unless)]
    found = [label for p in guide.patterns for label in (*p.codes, *p.unless, *p.after)]
    return frozenset({*tips, *found} - {p.id for p in guide.patterns})


def _twice(rubric: Rubric) -> Iterator[tuple[str, str]]:
    """Every name formulas may use stands for one thing; of two that are called alike the later is the mistake."""
    seen = set(MEASURES)
    for field, names in _named(rubric):
        for name in names:
            if name in seen:
                yield field, f'The id "{name}" is already used above, or by a built-in measure.'
            elif not name.isidentifier():
                yield field, f'The id "{name}" cannot be used in formulas; write it with "_" instead of "-".'
            seen.add(name)


def _named(rubric: Rubric) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each field that names something, by position, with the names it gives to formulas."""
    for at, pattern in enumerate(rubric.patterns):
        yield f"patterns.{at}.id", tuple(pattern_names([pattern]))
    for group in ("counts", "criteria", "summaries"):
        yield from ((f"{group}.{at}.id", (item.id,)) for at, item in enumerate(getattr(rubric, group)))


def _formulas(rubric: Rubric) -> Iterator[tuple[str, str]]:
    known = {*MEASURES, *pattern_names(rubric.patterns), *(count.id for count in rubric.counts)}
    for criterion in rubric.criteria:
        for at, driver in enumerate(criterion.drivers):
            yield from _wrong(f"criteria.{criterion.id}.drivers.{at}.formula", driver.formula, known, "number")
        for at, rule in enumerate(criterion.rules):
            yield from _wrong(f"criteria.{criterion.id}.rules.{at}.when", rule.when, known, "truth")
    known |= {criterion.id for criterion in rubric.criteria}
    for at, summary in enumerate(rubric.summaries):
        later = {each.id for each in rubric.summaries[at:]} - known
        for name in ("formula", "n"):
            yield from _wrong(f"summaries.{summary.id}.{name}", getattr(summary, name), known, "number", later)
        known.add(summary.id)
    yield from _wrong("overall", rubric.overall, known, "number")


def _wrong(
    field: str, text: str, known: Collection[str], kind: str, later: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a formula; names in ``later`` exist, but are worked out only afterwards."""
    try:
        formula = formulas.check_names(text, {*known, *later})
    except ContentError as error:
        yield field, str(error)
        return
    for name in sorted(formula.names & set(later)):
        yield field, f'The formula "{text}" uses "{name}", which is only defined here or further down; move it up.'
    if formula.kind != kind:
        yield field, f'The formula "{text}" must give a {"condition" if kind == "truth" else kind}.'


def _labels_of_rubric(rubric: Rubric, codes: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from _labels_of_patterns(rubric.patterns, codes)
    known = {*codes, *TALK_TYPES, *(pattern.id for pattern in rubric.patterns)}
    named: list[tuple[str, Sequence[str]]] = []
    for count in rubric.counts:
        named += [(f"counts.{count.id}.codes", count.codes), (f"counts.{count.id}.unless", count.unless)]
    for criterion in rubric.criteria:
        field = f"criteria.{criterion.id}"
        named += [(f"{field}.drivers.{at}.codes", driver.codes) for at, driver in enumerate(criterion.drivers)]
        named += [(f"{field}.rules.{at}.codes", rule.codes) for at, rule in enumerate(criterion.rules)]
        named += [(f"{field}.rules.{at}.against", rule.against) for at, rule in enumerate(criterion.rules)]
    named += [(f"summaries.{summary.id}.evidence_codes", summary.evidence_codes) for summary in rubric.summaries]
    for field, labels in named:
        yield from _unknown(field, labels, known, codes)


def _labels_of_patterns(patterns: tuple[Pattern, ...], codes: Collection[str]) -> Iterator[tuple[str, str]]:
    """A pattern may name codes, talk types and the patterns before it."""
    known = {*codes, *TALK_TYPES}
    later = {pattern.id for pattern in patterns}
    yield from _out_of_order(patterns)
    for pattern in patterns:
        field = f"patterns.{pattern.id}"
        for name in ("codes", "unless", "after"):
            yield from _unknown(f"{field}.{name}", getattr(pattern, name), known | later, codes)
        yield from _unknown(f"{field}.since", [pattern.since] if pattern.since else [], known | later, codes)
        if pattern.id in known:
            yield f"{field}.id", "The pattern has the name of a code, a talk type or an earlier pattern."
        low, high = pattern.part
        if not 0 <= low < high <= 1:
            yield (
                f"{field}.part",
                "The part of the session must run from a lower to a higher share of it, within 0 to 1.",
            )
        if pattern.waited is not None and not 0 <= pattern.waited[0] < pattern.waited[1]:
            yield f"{field}.waited", "The wait must run from fewer to more seconds, starting at 0 or more."
        known.add(pattern.id)


def _out_of_order(patterns: Sequence[Pattern]) -> Iterator[tuple[str, str]]:
    """Patterns are looked for from the top, so one that needs a later one, or itself, would never be found."""
    needs = {p.id: {*p.codes, *p.unless, *p.after, p.since} for p in patterns}
    for at, pattern in enumerate(patterns):
        for other in (each.id for each in patterns[at:] if each.id in needs[pattern.id]):
            circle = " and leads back here" if other == pattern.id or pattern.id in _reached(other, needs) else ""
            yield (
                f"patterns.{pattern.id}",
                f'The pattern needs "{other}", which is further down{circle}; it can need only what is above it.',
            )


def _reached(name: str, needs: Mapping[str, Collection[str]]) -> set[str]:
    """Return every pattern that one needs, at once or by way of others."""
    found: set[str] = set()
    left = {name}
    while left:
        left = {other for each in left for other in needs.get(each, ()) if other in needs} - found
        found |= left
    return found


def _speakers(patterns: Sequence[Pattern]) -> Iterator[tuple[str, str]]:
    """A pattern that needs a label only the other speaker can carry would never be found."""
    speakers: dict[str, str] = dict.fromkeys(TALK_TYPES, "patient") | {p.id: p.speaker for p in patterns}
    for pattern in patterns:
        other = "patient" if pattern.speaker == "trainee" else "trainee"
        for name, wanted in (("codes", pattern.speaker), ("unless", pattern.speaker), ("after", other)):
            for label in getattr(pattern, name):
                if speakers.get(label, "trainee") != wanted:
                    message = f'"{label}" is never found in what the {wanted} says, so this can never hold.'
                    yield f"patterns.{pattern.id}.{name}", message


def _borders(summary: Summary) -> Iterator[tuple[str, str]]:
    labels = [border.label for border in summary.thresholds]
    for at, border in enumerate(summary.thresholds):
        field = f"summaries.{summary.id}.thresholds.{at}"
        if border.label in labels[:at]:
            yield f"{field}.label", f'There is already a band called "{border.label}".'
        if summary.unit == "share" and not 0 <= border.value <= 1:
            yield f"{field}.value", "The border of a share lies between 0 and 1 (0.4 stands for 40 per cent)."
        if summary.higher_is_better is not None and summary.higher_is_better != (border.op[0] == ">"):
            better = "higher" if summary.higher_is_better else "lower"
            yield f"{field}.op", f"The summary says that {better} is better; the band looks the other way."


def _unknown(
    field: str, labels: Collection[str], known: Collection[str], codes: Collection[str]
) -> Iterator[tuple[str, str]]:
    for label in labels:
        if codes and label not in known:
            near = get_close_matches(label, sorted(known), n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            yield field, f'"{label}" is neither a code of the scheme nor an earlier pattern.{hint}'


def _labels_of_guide(guide: CoachingGuide, codes: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from _labels_of_patterns(guide.patterns, codes)
    known = {*codes, *TALK_TYPES, *(pattern.id for pattern in guide.patterns)}
    for tip in guide.tips:
        yield from _unknown(f"tips.{tip.id}", (*tip.codes, *tip.unless), known, codes)
    for cue in guide.cues:
        yield from _unknown(f"cues.{cue.id}", (*cue.codes, *cue.answered_by), known, codes)


def _tips(guide: CoachingGuide, measures: Collection[str]) -> Iterator[tuple[str, str]]:
    names = guide_names(guide)
    for tip in guide.tips:
        field = f"tips.{tip.id}"
        yield from _wrong(field, tip.when, names, "truth")
        yield from _wrong(field, tip.weight, names, "number")
        yield from _placeholders(field, tip)
        if measures and tip.measure and tip.measure not in measures:
            yield field, f'The tip explains "{tip.measure}", which no rubric has.'


def _placeholders(field: str, tip: CoachingTip) -> Iterator[tuple[str, str]]:
    for text in (tip.what, *tip.better_lines):
        bare = text
        for name in PLACEHOLDERS:
            bare = bare.replace("{" + name + "}", "")
        if "{" in bare or "}" in bare:
            yield field, f'"{text}" has a placeholder that is none of: {", ".join(PLACEHOLDERS)}.'
    if tip.better_lines and all("{" in line for line in tip.better_lines):
        yield field, "One better line has to work without the patient's words; they may have said nothing."
