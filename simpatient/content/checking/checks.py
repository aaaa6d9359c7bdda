"""What must hold between content items beyond each one's schema: references, cycles, formulas, order.

Knows no particular item and reads no files; ``Problem`` paths get file and line from the loaded source.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from simpatient.assessment.scoring.rubrics import guide_problems, rubric_problems
from simpatient.content.checking.drill_checks import drill_problems
from simpatient.content.checking.known import Known, measures_of
from simpatient.content.checking.persona_checks import Problem, missing, persona_problems, unknown
from simpatient.content.reading.loader import LoadedFile
from simpatient.content.reading.yaml_source import FieldPath
from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.base import Value
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum, LearningObjective
from simpatient.domain.content.drafting import DraftingGuide
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric, Threshold
from simpatient.domain.errors import ContentError
from simpatient.domain.learning.drill import Drill
from simpatient.domain.limited_pattern import PatternError
from simpatient.patient.guard.false_claims import compiled
from simpatient.services.authoring.draft_schemas import item_model
from simpatient.services.authoring.drafting import TARGETS


def check(loaded: LoadedFile, known: Known) -> tuple[ContentError, ...]:
    """Return all problems of a file: its own mistakes, or else what does not fit the other content."""
    if loaded.value is None or loaded.source is None:
        return loaded.problems
    found = problems_of(loaded.value, known)
    errors = [loaded.source.error(problem.message, problem.path, problem.action) for problem in found]
    return tuple(sorted(errors, key=lambda error: error.line))


def problems_of(value: Value, known: Known) -> Sequence[Problem]:
    """Return what does not hold within a content item and between it and the others."""
    rule = _RULES.get(type(value))
    return list(rule(value, known)) if rule else []


def case_problems(case: Case, known: Known) -> Iterator[Problem]:
    """Yield missing personas and rubrics of a case."""
    yield from missing(("persona",), case.persona, known.personas, "persona")
    for number, rubric in enumerate(case.rubrics):
        yield from missing(("rubrics", number), rubric, known.rubrics, "rubric")


def curriculum_problems(curriculum: Curriculum, known: Known) -> Iterator[Problem]:
    """Yield what a curriculum refers to in vain, ids used twice, and circles of prerequisites."""
    ids = [unit.id for unit in curriculum.units]
    yield from _used_twice("units", ids)
    for number, unit in enumerate(curriculum.units):
        here: FieldPath = ("units", number)
        for at, case in enumerate(unit.cases):
            yield from missing((*here, "cases", at), case, known.cases, "case")
        for at, needed in enumerate(unit.prerequisites):
            yield from missing((*here, "prerequisites", at), needed, ids, "unit")
        for at, objective in enumerate(unit.objectives):
            yield from _targets((*here, "objectives", at), objective, known)
    objectives = [objective.id for unit in curriculum.units for objective in unit.objectives]
    for item_id in sorted({i for i in objectives if objectives.count(i) > 1}):
        yield Problem(("units",), f'the objective id "{item_id}" is used twice', "Give one of them another id.")
    yield from _circles(curriculum)


def _targets(here: FieldPath, objective: LearningObjective, known: Known) -> Iterator[Problem]:
    for number, target in enumerate(objective.targets):
        path = (*here, "targets", number)
        rubric = known.rubrics.get(target.rubric)
        if rubric is None:
            yield from missing((*path, "rubric"), target.rubric, known.rubrics, "rubric")
        else:
            what = f"count, criterion or summary in {target.rubric}:"
            yield from unknown((*path, "measure"), target.measure, measures_of(rubric), what)


def _circles(curriculum: Curriculum) -> Iterator[Problem]:
    """Take away units whose prerequisites are all taken away; what is left stands in a circle or behind one."""
    ids = {unit.id for unit in curriculum.units}
    left = {unit.id: set(unit.prerequisites) & ids for unit in curriculum.units}
    while free := {unit for unit, needs in left.items() if not needs}:
        left = {unit: needs - free for unit, needs in left.items() if unit not in free}
    for number, unit in enumerate(curriculum.units):
        if unit.id in left:
            message = "this unit can never open, because its prerequisites lead back to it or to a circle"
            yield Problem(("units", number, "prerequisites"), message)


def _used_twice(name: str, ids: Sequence[str]) -> Iterator[Problem]:
    for number, item_id in enumerate(ids):
        if item_id in ids[:number]:
            yield Problem((name, number, "id"), f'the id "{item_id}" is used twice', "Give one of them another id.")


def rubric_checks(rubric: Rubric, known: Known) -> Iterator[Problem]:
    """Yield an unknown scheme, what does not hang together within the rubric, and bands out of order."""
    if known.schemes:
        yield from unknown(("scheme",), rubric.scheme, frozenset(known.schemes), "coding scheme")
    scheme = known.schemes.get(rubric.scheme)
    codes = frozenset(code.code for code in scheme.codes) if scheme else frozenset()
    for field, message in rubric_problems(rubric, codes):
        yield Problem(_path_by_ids(rubric, field), message)
    for number, summary in enumerate(rubric.summaries):
        yield from _bands(("summaries", number, "thresholds"), summary.thresholds)


def _bands(path: FieldPath, thresholds: tuple[Threshold, ...]) -> Iterator[Problem]:
    """Bands go from the easiest to reach to the hardest: upwards for >=, downwards for <=."""
    for number in range(1, len(thresholds)):
        before, this = thresholds[number - 1], thresholds[number]
        if before.op[0] != this.op[0]:
            yield Problem((*path, number, "op"), "all bands of a summary must look the same way (all >= or all <=)")
        elif (this.value > before.value) != (this.op[0] == ">"):
            yield Problem((*path, number, "value"), f'"{this.label}" must be harder to reach than "{before.label}"')


def _path_by_ids(value: Value, dotted: str) -> FieldPath:
    """Turn ``criteria.empathy.drivers.0``, or ``criteria.2.id``, into the path of that field, as far as it is there."""
    name, *rest = dotted.split(".")
    items: Any = getattr(value, name, None)
    if items is None or not rest:
        return (name,) if items is not None else ()
    found = next((number for number, item in enumerate(items) if item.id == rest[0]), None)
    if found is None and rest[0].isdigit():
        found = int(rest[0])
    inner = tuple(int(step) if step.isdigit() else step for step in rest[1:])
    return (name,) if found is None else (name, found, *inner)


def coaching_checks(guide: CoachingGuide, known: Known) -> Iterator[Problem]:
    """Yield tips with wrong conditions, codes, measures or blanks."""
    scheme = known.schemes.get(guide.scheme)
    codes = frozenset(code.code for code in scheme.codes) if scheme else frozenset()
    measures = frozenset(measure for rubric in known.rubrics.values() for measure in measures_of(rubric))
    yield from _used_twice("tips", [tip.id for tip in guide.tips])
    yield from _used_twice("cues", [cue.id for cue in guide.cues])
    for field, message in guide_problems(guide, codes, measures):
        yield Problem(_path_by_ids(guide, field), message)
    for number, tip in enumerate(guide.tips):
        if tip.drill:
            yield from unknown(("tips", number, "drill"), tip.drill, known.drills, "drill")
    for number, cue in enumerate(guide.cues):
        if cue.drill:
            yield from unknown(("cues", number, "drill"), cue.drill, known.drills, "drill")


def guard_checks(rules: GuardRules, known: Known) -> Iterator[Problem]:
    """Yield ids used twice, answers that are none, and patterns that are no regular expression or stop every line."""
    for name in ("rules", "claims", "quantities", "mentions"):
        yield from _used_twice(name, [item.id for item in getattr(rules, name)])
    for path, pattern, needs in _guard_patterns(rules):
        yield from _pattern_problems(path, pattern, needs)
    for number, claim in enumerate(rules.claims):
        if claim.otherwise:
            answers = [value.id for value in claim.values]
            yield from missing(("claims", number, "otherwise"), claim.otherwise, answers, "answer")


def _guard_patterns(rules: GuardRules) -> Iterator[tuple[FieldPath, str, str]]:
    """Yield every pattern with the group it needs, '' when it needs none."""
    for number, rule in enumerate(rules.rules):
        yield from ((("rules", number, "patterns", at), pattern, "") for at, pattern in enumerate(rule.patterns))
    for number, claim in enumerate(rules.claims):
        for which, value in enumerate(claim.values):
            yield from _listed(("claims", number, "values", which), value, ("known_by", "said_by"), "")
    for number, quantity in enumerate(rules.quantities):
        yield from _listed(("quantities", number), quantity, ("known_by", "said_by"), "(?P<n>{number})")
    for number, mention in enumerate(rules.mentions):
        yield from _listed(("mentions", number), mention, ("known_by", "said_by"), "(?P<word>")


def _listed(path: FieldPath, item: Value, names: tuple[str, ...], needs: str) -> Iterator[tuple[FieldPath, str, str]]:
    for name in names:
        yield from (((*path, name, at), pattern, needs) for at, pattern in enumerate(getattr(item, name)))


def _pattern_problems(path: FieldPath, pattern: str, needs: str) -> Iterator[Problem]:
    try:
        found = compiled(pattern)
        slow = found.slow_on()
    except (PatternError, OverflowError, RecursionError) as error:
        yield Problem(path, f"is not a valid pattern ({error})")
        return
    if found.search("") is not None:
        yield Problem(path, "the pattern fits every line, even an empty one")
    if slow:
        yield Problem(path, f'the pattern takes too long on long lines (such as "{slow}...") and would hang a session')
    if needs not in pattern:
        yield Problem(path, f'the pattern needs a group "{needs}"')


def intents_checks(bank: IntentBank, known: Known) -> Iterator[Problem]:
    """Yield intent ids used twice, and wordings that stand for two intents at once."""
    yield from _used_twice("intents", [intent.id for intent in bank.intents])
    first: dict[str, str] = {}
    for number, intent in enumerate(bank.intents):
        for at, ask in enumerate(intent.asks):
            other = first.setdefault(ask.lower().strip(" .?!"), intent.id)
            if other != intent.id:
                yield Problem(("intents", number, "asks", at), f'the same wording is already used for "{other}"')


def scheme_checks(scheme: CodingScheme, known: Known) -> Iterator[Problem]:
    """Yield codes and letters used twice."""
    codes = [code.code for code in scheme.codes]
    tags = [code.letters for code in scheme.codes]
    for number, (code, tag) in enumerate(zip(codes, tags, strict=True)):
        if code in codes[:number]:
            yield Problem(("codes", number, "code"), f'the code "{code}" is used twice')
        if tag and tag in tags[:number]:
            yield Problem(("codes", number, "letters"), f'the letters "{tag}" are already used for another code')


def dynamics_checks(table: DynamicsTable, known: Known) -> Iterator[Problem]:
    """Yield codes and events that do not exist."""
    movers = known.trainee_codes | set(table.events)
    for code in table.codes:
        yield from unknown(("codes", code), code, known.trainee_codes, "trainee code")
    for name in ("skilled", "harmful"):
        for number, mover in enumerate(getattr(table, name)):
            if known.trainee_codes:
                yield from unknown((name, number), mover, movers, "trainee code or event")
    for event in table.event_phrases:
        yield from missing(("event_phrases", event), event, table.events, "event")


def drafting_checks(guide: DraftingGuide, known: Known) -> Iterator[Problem]:
    """Yield sections that ask for fields which are not there."""
    for number, section in enumerate(guide.sections):
        try:
            model, _ = item_model(TARGETS[guide.target], section)
        except KeyError:
            yield Problem(("sections", number, "path"), f"a {guide.target} has no such block or list of blocks")
            continue
        for name in ("only", "fixed"):
            for field in getattr(section, name):
                yield from missing(("sections", number, name), field, tuple(model.model_fields), "field")


_RULES: dict[type[Value], Callable[[Any, Known], Iterator[Problem] | list[Problem]]] = {
    Persona: persona_problems,
    Case: case_problems,
    Curriculum: curriculum_problems,
    Rubric: rubric_checks,
    Drill: drill_problems,
    CoachingGuide: coaching_checks,
    GuardRules: guard_checks,
    IntentBank: intents_checks,
    CodingScheme: scheme_checks,
    DynamicsTable: dynamics_checks,
    DraftingGuide: drafting_checks,
}
