"""Writes a draft as YAML for an author to continue: marked as a draft, with a TODO wherever something is missing.

Must not know how the draft was made.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simpatient.content.reading.yaml_source import FieldPath
from simpatient.domain.content.drafting import Draft

Todos = Mapping[FieldPath, Sequence[str]]


def draft_text(draft: Draft) -> str:
    """Return the text of the file; every comment that asks for work begins with ``# TODO``."""
    todos: dict[FieldPath, list[str]] = {}
    for todo in draft.todos:
        todos.setdefault(_nearest(draft.data, todo.path), []).append(f"{_named(todo.path)}: {todo.why}")
    head = [f"# {line}" for remark in draft.remarks for line in remark.splitlines()]
    head = ["# DRAFT, written by a language model and not yet by a person.", *head, f"# Model: {_flat(draft.model)}"]
    return "\n".join([*head, *_todos_at((), todos, ""), *_block(draft.data, (), todos, "")]) + "\n"


def _nearest(data: Any, path: FieldPath) -> FieldPath:
    """Return the existing part of a path: a missing field is reported where it belongs."""
    for size, step in enumerate(path):
        is_there = step in data if isinstance(data, dict) else isinstance(data, list) and step in range(len(data))
        if not is_there:
            return path[:size]
        data = data[step]
    return path


def _named(path: FieldPath) -> str:
    return ".".join(str(step) for step in path) or "the whole"


def _todos_at(path: FieldPath, todos: Todos, indent: str) -> Iterator[str]:
    for words in todos.get(path, ()):
        yield f"{indent}# TODO {_flat(words)}"


def _block(data: Mapping[str, Any], path: FieldPath, todos: Todos, indent: str) -> Iterator[str]:
    for name, value in data.items():
        here = (*path, name)
        yield from _todos_at(here, todos, indent)
        yield from _entry(f"{indent}{name}:", value, here, todos, indent + "  ")


def _entry(start: str, value: Any, path: FieldPath, todos: Todos, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield start
        yield from _block(value, path, todos, indent)
    elif isinstance(value, list | tuple) and value:
        yield start
        for number, item in enumerate(value):
            yield from _todos_at((*path, number), todos, indent)
            yield from _item(item, (*path, number), todos, indent)
    else:
        yield f"{start} {json.dumps(value, ensure_ascii=False)}"


def _item(item: Any, path: FieldPath, todos: Todos, indent: str) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        yield f"{indent}-"
        yield from _block(item, path, todos, indent + "  ")
    else:
        yield f"{indent}- {json.dumps(item, ensure_ascii=False)}"


def _flat(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
