"""There is one of each: who needs a child process, a download, a queue or a splitter uses the one in the runtime."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "simpatient"
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if "_data" not in path.parts]


def importing(name: str) -> set[str]:
    found = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            module = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            dotted = [*names, *module, *(f"{module[0]}.{one}" for one in names if module)]
            if any(one == name or one.startswith(f"{name}.") for one in dotted):
                found.add(path.relative_to(PACKAGE).as_posix())
    return found


def holding(text: str) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in FILES if text in path.read_text(encoding="utf-8")}


@pytest.mark.parametrize(
    ("module", "where"),
    [
        (
            "multiprocessing",
            {f"runtime/{name}.py" for name in ("child_process", "child_serving", "frames", "launching")},
        ),
        ("pickle", set()),
        ("queue", {"gui/base/bridge.py", "llm/remote/chat_completions.py"}),
        ("huggingface_hub.utils", set()),
        ("huggingface_hub.file_download", set()),
        ("PySide6.QtCore.QSettings", {"gui/base/preferences.py"}),
    ],
)
def test_only_these_modules_import_it(module, where):
    assert importing(module) <= where


def test_only_the_runtime_asks_for_files_and_only_the_remote_model_for_answers():
    assert importing("httpx2") <= {"runtime/download.py", "llm/remote/chat_completions.py"}


def test_sentences_are_cut_in_one_place():
    """Clauses for quoting are cut finer on purpose."""
    assert holding("[.!?") <= {"domain/text.py", "assessment/debrief/quoting.py"}


def test_cancelling_is_asked_in_one_way():
    assert holding("is_cancelled:\n        raise Cancelled") <= {"domain/cancellation.py"}
