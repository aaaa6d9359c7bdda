"""Every command that a message, an example or the README names exists, with its options."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from simpatient.cli.main import app

ROOT = Path(__file__).parent.parent.parent
COMMAND: Any = typer.main.get_command(app)
# In code and messages a command stands in quotes or back quotes, or ends its line, as in "Example: simpatient ...".
_QUOTED = re.compile(r"""[`']simpatient( [^`'\n]+)[`']""")
_LINE = re.compile(r"(?:^|Example: |: |\$ )simpatient( [a-z][^\n]*)", re.MULTILINE)


def _texts(path: Path) -> Iterator[str]:
    """Give every string of a module; what is put into an f-string stands as one word."""
    inside = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in ast.walk(node))
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "WORD" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def _named() -> set[str]:
    found: set[str] = set()
    for path in sorted((ROOT / "simpatient").rglob("*.py")):
        for text in _texts(path):
            found |= {each.strip() for each in _QUOTED.findall(text)}
            found |= {each.strip() for each in re.findall(r": simpatient( [a-z][^\n]+)", text)}
    for path in [ROOT / "README.md", *(ROOT / "assets").rglob("*.yaml")]:
        text = path.read_text("utf-8")
        found |= {each.strip() for each in _QUOTED.findall(text)}
        blocks = "\n".join(re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL))
        found |= {each.strip() for each in _LINE.findall(blocks)}
    return found


def _problem(line: str) -> str:
    """Return what is wrong with a command line; empty when there is such a command with such options."""
    words = shlex.split(re.split(r"\s#|\s[|>&]", line)[0])
    command, path = COMMAND, "simpatient"
    while words and hasattr(command, "commands"):
        name = words.pop(0)
        if name.startswith("-") or name in {"...", "WORD"}:
            return ""
        if name not in command.commands:
            return f"{path} has no command {name}"
        command, path = command.commands[name], f"{path} {name}"
    options = {option for parameter in command.params for option in parameter.opts} | {"--help", "--debug"}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in options]
    return f"{path} has no option {unknown[0]}" if unknown else ""


def test_every_command_that_is_named_exists() -> None:
    named = _named()
    problems = {line: found for line in sorted(named) if (found := _problem(line))}
    assert problems == {}
    assert len(named) > 40


@pytest.mark.parametrize("line", ["db chek", "report session --pfd x", "nothing at all"])
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert _problem(line)
