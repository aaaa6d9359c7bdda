"""What must hold within a drill beyond its schema: names, levels, and better lines that are better.

Knows no particular drill and no files. Whether the coder finds in the better lines what the drill expects is
measured apart, because it needs a model.
"""

from collections.abc import Collection, Iterator

from simpatient.assessment.learning.drilling import PARROTED_FROM
from simpatient.assessment.scoring.coded_transcript import overlap
from simpatient.assessment.scoring.measures import TALK_TYPES
from simpatient.assessment.scoring.volleys import words
from simpatient.content.checking.known import Known
from simpatient.content.checking.persona_checks import Problem, missing, unknown
from simpatient.content.reading.yaml_source import FieldPath
from simpatient.domain.content.rubric import Pattern
from simpatient.domain.learning.drill import Avoidance, Drill, Expectation, Stimulus

_Placed = tuple[FieldPath, Pattern]


def drill_problems(drill: Drill, known: Known) -> list[Problem]:
    """Return everything wrong in a drill beyond its schema."""
    return [*_scheme(drill, known), *_patterns(drill, known), *_levels(drill), *_stimuli(drill)]


def _scheme(drill: Drill, known: Known) -> Iterator[Problem]:
    yield from unknown(("scheme",), drill.scheme, frozenset(known.schemes), "coding scheme")


def _patterns(drill: Drill, known: Known) -> Iterator[Problem]:
    """A pattern may name codes, talk types and the patterns before it; a stimulus's stand behind the drill's."""
    scheme = known.schemes.get(drill.scheme)
    codes = frozenset(code.code for code in scheme.codes) if scheme else frozenset()
    shared = [
        *_placed("patterns", drill.patterns),
        *_placed("expects", drill.expects),
        *_placed("avoids", drill.avoids),
    ]
    yield from _in_order(shared, codes, frozenset(TALK_TYPES))
    named = frozenset({*TALK_TYPES, *(pattern.id for _, pattern in shared)})
    for number, stimulus in enumerate(drill.stimuli):
        own = [(("stimuli", number, *path), pattern) for path, pattern in _placed("expects", stimulus.expects)]
        yield from _in_order(own, codes, named)


def _placed(name: str, patterns: Collection[Pattern]) -> list[_Placed]:
    return [((name, number), pattern) for number, pattern in enumerate(patterns)]


def _in_order(placed: list[_Placed], codes: frozenset[str], named: frozenset[str]) -> Iterator[Problem]:
    for path, pattern in placed:
        yield from _labels(path, pattern, codes, named)
        if pattern.id in codes | named:
            message = f'"{pattern.id}" is already a code, a talk type or an earlier pattern'
            yield Problem((*path, "id"), message, "Give it another id.")
        if isinstance(pattern, Expectation | Avoidance):
            yield from _about_a_try(path, pattern)
        named |= {pattern.id}


def _labels(path: FieldPath, pattern: Pattern, codes: frozenset[str], named: frozenset[str]) -> Iterator[Problem]:
    if not codes:
        return
    for field in ("codes", "unless", "after"):
        for at, label in enumerate(getattr(pattern, field)):
            yield from missing((*path, field, at), label, codes | named, "code or earlier pattern")
    if pattern.since:
        yield from missing((*path, "since"), pattern.since, codes | named, "code or earlier pattern")


def _about_a_try(path: FieldPath, pattern: Pattern) -> Iterator[Problem]:
    """A try is one turn of the trainee's, so nothing else can be asked of it."""
    if pattern.speaker != "trainee":
        yield Problem((*path, "speaker"), "a try is spoken by the trainee, so this can never be found in it")
    if pattern.in_a_row > 1:
        yield Problem((*path, "in_a_row"), "a try is a single turn, so nothing can come in a row")
    if not (pattern.codes or pattern.phrases or pattern.unless or pattern.min_words or pattern.min_overlap):
        yield Problem(path, "there is nothing to look for here", "Give it codes, phrases or another condition.")


def _levels(drill: Drill) -> Iterator[Problem]:
    there = drill.levels()
    for level in range(1, there[-1]):
        if level not in there:
            yield Problem(("stimuli",), f"there is no stimulus of level {level}, but one of level {there[-1]}")


def _stimuli(drill: Drill) -> Iterator[Problem]:
    ids = [stimulus.id for stimulus in drill.stimuli]
    for number, stimulus in enumerate(drill.stimuli):
        path: FieldPath = ("stimuli", number)
        if stimulus.id in ids[:number]:
            yield Problem((*path, "id"), f'the id "{stimulus.id}" is used twice', "Give one of them another id.")
        yield from _better(path, stimulus, drill.max_words)


def _better(path: FieldPath, stimulus: Stimulus, max_words: int) -> Iterator[Problem]:
    for at, line in enumerate(stimulus.better):
        place = (*path, "better", at)
        count = len(words(line))
        if count > max_words:
            yield Problem(place, f"has {count} words, and max_words is {max_words}")
        if line in stimulus.better[:at]:
            yield Problem(place, "the same better line appears twice")
        if overlap(line, stimulus.patient) >= PARROTED_FROM:
            yield Problem(place, "only repeats the patient's words")
