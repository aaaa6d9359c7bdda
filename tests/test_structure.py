"""The size rules of ARCHITECTURE.md, checked on the code itself."""

import ast
from collections import defaultdict
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "simpatient"
MOST_MODULES = 14


def _files() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "_data" not in p.parts)


def _functions(path: Path) -> list[tuple[str, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            found.append((f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines))
    return found


def _percentile(values: list[int], share: float) -> int:
    return sorted(values)[int(share * (len(values) - 1))]


def test_functions_are_short() -> None:
    functions = [item for path in _files() for item in _functions(path)]
    lengths = [length for _, length in functions]
    assert [f for f in functions if f[1] > 60] == []
    assert median(lengths) <= 10
    assert _percentile(lengths, 0.9) <= 30


def test_files_are_short() -> None:
    sizes = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in _files()}
    assert {name: size for name, size in sizes.items() if size > 600} == {}
    assert _percentile(list(sizes.values()), 0.9) <= 400


def test_files_of_tests_are_short() -> None:
    sizes = {p.name: len(p.read_text(encoding="utf-8").splitlines()) for p in (ROOT / "tests").rglob("*.py")}
    assert {name: size for name, size in sizes.items() if size > 600} == {}


def test_no_folder_holds_over_14_modules() -> None:
    sizes: defaultdict[str, int] = defaultdict(int)
    for path in _files():
        sizes[str(path.parent.relative_to(ROOT))] += path.stem != "__init__"
    assert {folder: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_no_class_name_means_two_things() -> None:
    """Private classes, too: whoever searches for a name, or reads it in a traceback, finds one place."""
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for path in _files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                homes[node.name].add(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {
        name: sorted(found) for name, found in homes.items() if len({each.rsplit(":")[0] for each in found}) > 1
    } == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(p.relative_to(ROOT)) for p in _files() if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert silent == []


def test_no_module_is_called_utils() -> None:
    assert [p for p in _files() if p.stem in {"utils", "helpers", "common", "misc"}] == []


def test_no_page_of_the_window_is_given_the_whole_program() -> None:
    """Each page names the services it uses; only what makes the pages sees them all."""
    gui = PACKAGE / "gui"
    others = [path for path in _files() if gui in path.parents and path.parent != gui / "shell"]
    assert [str(path.relative_to(ROOT)) for path in others if _names_app(path)] == []
    assert _names_app(gui / "shell" / "pages.py")


def _names_app(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names]
    reached = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return "App" in imported or "app" in reached
