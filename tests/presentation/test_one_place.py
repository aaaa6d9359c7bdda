"""Window, reports and command line put no value into words themselves: each idiom of doing so is forbidden there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "simpatient"
FRONTS = ("gui", "reporting", "cli")
# Not words: coordinates in a drawing, cells of data, a level passed between threads.
NO_WORDS = {"reporting/pdf/drawing.py", "reporting/progress_csv.py"}
NO_WORDS_IN = {("gui/settings/talk_card.py", "level")}
COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")


def modules() -> list[Path]:
    return sorted(path for front in FRONTS for path in (PACKAGE / front).rglob("*.py"))


def found_in(source: str) -> Iterator[str]:
    """Yield each forbidden idiom of a module: what it formats, and how."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FormattedValue):
            yield from _formatted(node)
        elif isinstance(node, ast.JoinedStr) and any(_is(part, " : 1") for part in node.values):
            yield f"a ratio: {ast.unparse(node)}"
        elif isinstance(node, ast.Compare) and "confidence" in ast.unparse(node):
            yield f"a bound of confidence: {ast.unparse(node)}"
        elif isinstance(node, ast.Attribute) and node.attr in {"strftime", "isoformat"}:
            yield f"a date: {ast.unparse(node)}"
        elif isinstance(node, ast.IfExp) and _adds_an_s(node):
            yield f"a plural: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and COLOUR.search(node.value):
            yield f"a colour: {node.value[:40]}"


def _formatted(node: ast.FormattedValue) -> Iterator[str]:
    value = ast.unparse(node.value)
    how = "" if node.format_spec is None else ast.unparse(node.format_spec)
    if re.search(r"\d?[fg%]\'$|%[a-zA-Z]", how):
        yield f"a number or date: {value} {how}"
    if "turn" in value and re.search(r"\+ 1$", value):
        yield f"a turn: {value}"


def _is(part: ast.expr, words: str) -> bool:
    return isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith(words)


def _adds_an_s(node: ast.IfExp) -> bool:
    return {"", "s"} == {part.value for part in (node.body, node.orelse) if isinstance(part, ast.Constant)}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_front_formats_no_value_itself(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    if name in NO_WORDS:
        return
    allowed = [words for file, words in NO_WORDS_IN if file == name]
    found = [each for each in found_in(path.read_text(encoding="utf-8")) if not any(word in each for word in allowed)]
    assert found == []


def test_templates_name_no_colour() -> None:
    for path in (PACKAGE / "reporting" / "templates").iterdir():
        assert COLOUR.search(path.read_text(encoding="utf-8")) is None, path.name


@pytest.mark.parametrize(
    "line",
    [
        'f"{value:.2f} : 1"',
        'f"{ratio} : 1"',
        'f"Turn {turn + 1}"',
        'f"in turn {moment.turn + 1}"',
        'f"{share:.0%}"',
        'f"{share * 100:.0f} %"',
        '"high" if score.confidence >= 0.8 else "low"',
        'f"{at:%d %b %Y}"',
        'at.strftime("%d")',
        """f"{n} turn{'' if n == 1 else 's'}\"""",
        'color = "#1f6b5f"',
        'f"{size / GB:.1f} GB"',
    ],
)
def test_the_idioms_are_recognised(line: str) -> None:
    assert list(found_in(line))


@pytest.mark.parametrize("line", ['f"{name:<{width}}"', 'f"Unit {i + 1}"', 'f"{count} of {total}"', '"#"'])
def test_harmless_lines_are_let_through(line: str) -> None:
    assert list(found_in(line)) == []
