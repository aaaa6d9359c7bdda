"""Checks that a rubric or a coaching guide hangs together, so that scoring can rely on it.

Used when authored files are checked. Must not know any particular rubric or file.
"""

from collections import Counter
from collections.abc import Collection, Iterator

from simpatient.assessment import formulas
from simpatient.assessment.measures import MEASURES, TALK_TYPES, pattern_names
from simpatient.domain.coaching import CoachingGuide, CoachingTip
from simpatient.domain.errors import ContentError
from simpatient.domain.rubric import Pattern, Rubric

PLACEHOLDERS = ("quote", "patient", "patient_words")


def rubric_problems(rubric: Rubric, codes: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    """Return ``(field, what is wrong)`` for each mistake in a rubric; empty when sound.

    Args:
        rubric: The rubric to check.
        codes: The codes of its scheme; when given, unknown codes are mistakes too.
    """
    return (*_twice(rubric), *_formulas(rubric), *_labels_of_rubric(rubric, codes))


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
    ids = [*MEASURES, *pattern_names(rubric.patterns)]
    ids += [item.id for group in (rubric.counts, rubric.criteria, rubric.summaries) for item in group]
    for name, times in Counter(ids).items():
        if times > 1:
            yield name, f'The id "{name}" is used {times} times; every id must be used once.'
        if not name.isidentifier():
            yield name, f'The id "{name}" cannot be used in formulas; write it with "_" instead of "-".'


def _formulas(rubric: Rubric) -> Iterator[tuple[str, str]]:
    known = {*MEASURES, *pattern_names(rubric.patterns), *(count.id for count in rubric.counts)}
    for criterion in rubric.criteria:
        for driver in criterion.drivers:
            yield from _wrong(f"criteria.{criterion.id}", driver.formula, known, "number")
    known |= {criterion.id for criterion in rubric.criteria}
    for summary in rubric.summaries:
        for formula in (summary.formula, summary.n):
            yield from _wrong(f"summaries.{summary.id}", formula, known, "number")
        known.add(summary.id)
    yield from _wrong("overall", rubric.overall, known, "number")


def _wrong(field: str, text: str, known: Collection[str], kind: str) -> Iterator[tuple[str, str]]:
    try:
        formula = formulas.check_names(text, known)
    except ContentError as error:
        yield field, str(error)
        return
    if formula.kind != kind:
        yield field, f'The formula "{text}" must give a {"condition" if kind == "truth" else kind}.'


def _labels_of_rubric(rubric: Rubric, codes: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from _labels_of_patterns(rubric.patterns, codes)
    known = {*codes, *TALK_TYPES, *(pattern.id for pattern in rubric.patterns)}
    named = [(f"counts.{c.id}", (*c.codes, *c.unless)) for c in rubric.counts]
    named += [(f"criteria.{c.id}", d.codes) for c in rubric.criteria for d in c.drivers]
    named += [(f"summaries.{s.id}", s.evidence_codes) for s in rubric.summaries]
    for field, labels in named:
        yield from _unknown(field, labels, known, codes)


def _labels_of_patterns(patterns: tuple[Pattern, ...], codes: Collection[str]) -> Iterator[tuple[str, str]]:
    """A pattern may name codes, talk types and the patterns before it."""
    known = {*codes, *TALK_TYPES}
    for pattern in patterns:
        labels = [*pattern.codes, *pattern.unless, *pattern.after, *([pattern.since] if pattern.since else [])]
        yield from _unknown(f"patterns.{pattern.id}", labels, known, codes)
        if pattern.id in known:
            yield f"patterns.{pattern.id}", "The pattern is called like a code, a talk type or an earlier pattern."
        known.add(pattern.id)


def _unknown(
    field: str, labels: Collection[str], known: Collection[str], codes: Collection[str]
) -> Iterator[tuple[str, str]]:
    for label in labels:
        if codes and label not in known:
            yield field, f'"{label}" is neither a code of the scheme nor an earlier pattern.'


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
            yield field, f'"{text}" has a blank that is none of: {", ".join(PLACEHOLDERS)}.'
    if tip.better_lines and all("{" in line for line in tip.better_lines):
        yield field, "One better line has to work without the patient's words; they may have said nothing."
