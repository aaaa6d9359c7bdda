"""Evaluates the formulas that rubrics and coaching tips carry as data.

Formulas come from authored files, so only arithmetic on named numbers is allowed: everything else is
refused before anything runs. A value that does not exist (a ratio of nothing) stays undefined through
the whole formula. Must not know any rubric, code or file.
"""

import ast
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

import simpleeval

from simpatient.domain.errors import ContentError

MAX_LENGTH = 900
MAX_NODES = 240
MAX_NUMBER = 1e6  # no count, weight or threshold of an hour's talk comes near it

Kind = Literal["number", "truth"]


class _UndefinedComparison(Exception):
    """A comparison met a value that does not exist."""


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """Return ``value`` held within ``low`` and ``high``; undefined stays undefined."""
    return value if math.isnan(value) else _smallest(_largest(value, low), high)


def saturate(value: float, half: float) -> float:
    """Return ``value / (value + half)``: 0 at none, 0.5 at ``half``, towards 1 with plenty."""
    return _divide(max(value, 0.0), max(value, 0.0) + half) if not math.isnan(value) else math.nan


def or_else(value: float, fallback: float) -> float:
    """Return ``fallback`` where ``value`` is undefined."""
    return fallback if math.isnan(value) else value


def _smallest(*values: float) -> float:
    return math.nan if any(map(math.isnan, values)) else min(values)


def _largest(*values: float) -> float:
    return math.nan if any(map(math.isnan, values)) else max(values)


def _divide(left: float, right: float) -> float:
    return math.nan if right == 0 else float(left) / float(right)


def _comparing(compare: Callable[[float, float], bool]) -> Callable[[float, float], bool]:
    def compared(left: float, right: float) -> bool:
        if math.isnan(left) or math.isnan(right):
            raise _UndefinedComparison
        return compare(left, right)

    return compared


# name -> (function, fewest arguments, most arguments)
FUNCTIONS: dict[str, tuple[Callable[..., float], int, int]] = {
    "min": (_smallest, 2, 12),
    "max": (_largest, 2, 12),
    "abs": (abs, 1, 1),
    "clamp": (clamp, 1, 3),
    "saturate": (saturate, 2, 2),
    "or_else": (or_else, 2, 2),
}

_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: lambda left, right: float(left) + float(right),
    ast.Sub: lambda left, right: float(left) - float(right),
    ast.Mult: lambda left, right: float(left) * float(right),
    ast.Div: _divide,
    ast.USub: lambda value: -value,
    ast.UAdd: lambda value: value,
    ast.Not: lambda value: not value,
    ast.Lt: _comparing(lambda left, right: left < right),
    ast.LtE: _comparing(lambda left, right: left <= right),
    ast.Gt: _comparing(lambda left, right: left > right),
    ast.GtE: _comparing(lambda left, right: left >= right),
    ast.Eq: _comparing(lambda left, right: left == right),
    ast.NotEq: _comparing(lambda left, right: left != right),
}


@dataclass(frozen=True)
class Formula:
    """A checked formula: its text, parsed form, the names it needs, and what it gives."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    kind: Kind


@lru_cache(maxsize=4096)
def parse(text: str) -> Formula:
    """Return the checked form of a formula.

    Raises:
        ContentError: It is no formula, too long, or uses something not allowed.
    """
    if len(text) > MAX_LENGTH:
        raise _refused(text, f"is longer than {MAX_LENGTH} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise _refused(text, "cannot be read as a formula") from error
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise _refused(text, f"has more than {MAX_NODES} parts")
    kind = _kind_of(tree, text)
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}
    return Formula(text, tree, frozenset(names), kind)


def check_names(text: str, known: Collection[str]) -> Formula:
    """Return the parsed formula when every name in it is among ``known``.

    Raises:
        ContentError: The formula is refused or names something unknown.
    """
    formula = parse(text)
    for name in sorted(formula.names):
        if name not in known:
            near = get_close_matches(name, list(known), n=1)
            action = f'Did you mean "{near[0]}"?' if near else "Use the id of a count, pattern or measure."
            raise ContentError(f'The formula "{text}" uses the unknown name "{name}".', action=action)
    return formula


def evaluate(text: str, names: Mapping[str, float | None]) -> float | None:
    """Return the value of a numeric formula, or None where it is undefined.

    ``names`` gives a number to every name; None marks one that does not exist. Division by zero, an
    undefined input and a result that is not finite all give None, never 0 or infinity.

    Raises:
        ContentError: The formula is refused, unknown names are used, or it gives yes or no.
    """
    formula = check_names(text, names.keys())
    if formula.kind != "number":
        raise _refused(text, "gives yes or no where a number is needed")
    value = _run(formula, names)
    return value if value is not None and math.isfinite(value) else None


def holds(text: str, names: Mapping[str, float | None]) -> bool:
    """Return whether a condition holds; one that rests on an undefined value does not.

    Raises:
        ContentError: The formula is refused, unknown names are used, or it gives a number.
    """
    formula = check_names(text, names.keys())
    if formula.kind != "truth":
        raise _refused(text, "gives a number where a condition such as a > 2 is needed")
    return bool(_run(formula, names))


def _run(formula: Formula, names: Mapping[str, float | None]) -> float | None:
    given = {name: names[name] for name in formula.names}
    evaluator = simpleeval.SimpleEval(
        operators=_OPERATORS,
        functions={name: entry[0] for name, entry in FUNCTIONS.items()},
        names={name: math.nan if value is None else float(value) for name, value in given.items()},
    )
    try:
        return float(evaluator.eval(formula.text, previously_parsed=formula.tree))
    except _UndefinedComparison:
        return None


def _refused(text: str, why: str) -> ContentError:
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    allowed = "Use numbers, names, + - * /, comparisons, and/or/not, a if b else c, and " + ", ".join(FUNCTIONS)
    return ContentError(f'The formula "{shown}" {why}.', action=f"{allowed}.")


def _kind_of(node: ast.expr, text: str) -> Kind:
    """Return what a node gives, refusing all that is not allowed, so that no number is taken for a truth."""
    rule = _RULES.get(type(node))
    if rule is None:
        raise _refused(text, f"uses something not allowed ({type(node).__name__})")
    return rule(node, text)


def _need(kind: Kind, text: str, *nodes: ast.expr) -> None:
    for node in nodes:
        if _kind_of(node, text) != kind:
            wanted = "a number" if kind == "number" else "a condition such as a > 2"
            raise _refused(text, f'needs {wanted} at "{ast.unparse(node)}"')


def _allowed_operator(operator: ast.AST, text: str) -> None:
    if type(operator) not in _OPERATORS:
        raise _refused(text, f"uses an operator that is not allowed ({type(operator).__name__})")


def _constant(node: ast.Constant, text: str) -> Kind:
    if isinstance(node.value, bool):
        return "truth"
    if not isinstance(node.value, int | float) or not abs(node.value) <= MAX_NUMBER:
        raise _refused(text, f"has a constant that is not a number up to {MAX_NUMBER:.0f}")
    return "number"


def _name(node: ast.Name, text: str) -> Kind:
    if node.id.startswith("_") or node.id in FUNCTIONS:
        raise _refused(text, f'uses "{node.id}" as a name')
    return "number"


def _binary(node: ast.BinOp, text: str) -> Kind:
    _allowed_operator(node.op, text)
    _need("number", text, node.left, node.right)
    return "number"


def _unary(node: ast.UnaryOp, text: str) -> Kind:
    _allowed_operator(node.op, text)
    kind: Kind = "truth" if isinstance(node.op, ast.Not) else "number"
    _need(kind, text, node.operand)
    return kind


def _compare(node: ast.Compare, text: str) -> Kind:
    for operator in node.ops:
        _allowed_operator(operator, text)
    _need("number", text, node.left, *node.comparators)
    return "truth"


def _bool_op(node: ast.BoolOp, text: str) -> Kind:
    _need("truth", text, *node.values)
    return "truth"


def _choice(node: ast.IfExp, text: str) -> Kind:
    _need("truth", text, node.test)
    kind = _kind_of(node.body, text)
    _need(kind, text, node.orelse)
    return kind


def _call(node: ast.Call, text: str) -> Kind:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        raise _refused(text, f'calls "{ast.unparse(node.func)}", which is not a function here')
    _, fewest, most = FUNCTIONS[node.func.id]
    if node.keywords or not fewest <= len(node.args) <= most:
        raise _refused(text, f'gives "{node.func.id}" the wrong number of values')
    _need("number", text, *node.args)
    return "number"


_RULES: dict[type[ast.expr], Callable[..., Kind]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _bool_op,
    ast.IfExp: _choice,
    ast.Call: _call,
}
