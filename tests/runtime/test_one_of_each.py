"""There is one of each: what the runtime and a few services offer is done nowhere else, whatever it is called there."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "simpatient"
NODES = {
    path.relative_to(PACKAGE).as_posix(): [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call | ast.Import | ast.ImportFrom | ast.If)
    ]
    for path in sorted(PACKAGE.rglob("*.py"))
    if "_data" not in path.parts
}
WRITING = re.compile(r"[wax+]")
# A class of characters in a pattern that holds the three marks at which sentences end.
SENTENCE_END = re.compile(r"\[[^\]]*(?=[^\]]*\.)(?=[^\]]*!)(?=[^\]]*\?)[^\]]*\]")
Idiom = Callable[[ast.AST], bool]


def places(is_it: Idiom, allowed: dict[str, str]) -> list[str]:
    """Return where an idiom stands outside the modules it is allowed in, as ``file:line``."""
    return [
        f"{name}:{node.lineno} {ast.unparse(node)[:80]}"
        for name, nodes in NODES.items()
        if name not in allowed
        for node in nodes
        if is_it(node)
    ]


def imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports(*names: str) -> Idiom:
    return lambda node: any(one == name or one.startswith(f"{name}.") for one in imported(node) for name in names)


def dotted(called: ast.expr) -> str:
    """Return the name a function is called by; where it is got from an expression, only what follows that."""
    if isinstance(called, ast.Attribute):
        return f"{dotted(called.value)}.{called.attr}"
    return called.id if isinstance(called, ast.Name) else ""


def calls(*names: str) -> Idiom:
    """Return whether a node calls one of some functions, named as ``os.replace`` or, for any object, ``.rename``."""

    def is_it(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        called = dotted(node.func)
        return any(called == name or (name.startswith(".") and called.endswith(name)) for name in names)

    return is_it


def renames_a_file(node: ast.AST) -> bool:
    if calls("os.replace", "os.rename", "os.renames", "shutil.move", ".rename")(node):
        return True
    # Of the methods called replace, a path's alone takes a single argument without a name.
    return calls(".replace")(node) and isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords


def writes_a_file(node: ast.AST) -> bool:
    if calls(".write_text", ".write_bytes", "tempfile.NamedTemporaryFile")(node):
        return True
    if not (isinstance(node, ast.Call) and calls("open", "os.open", ".open")(node)):
        return False
    flags = [ast.unparse(each) for each in (*node.args, *(keyword.value for keyword in node.keywords))]
    modes = [
        each.value
        for each in (*node.args[:2], *(keyword.value for keyword in node.keywords if keyword.arg == "mode"))
        if isinstance(each, ast.Constant)
        and isinstance(each.value, str)
        and re.fullmatch(r"[rwaxbt+]{1,3}", each.value)
    ]
    return any(WRITING.search(mode) for mode in modes) or any("O_CREAT" in flag for flag in flags)


def cuts_sentences(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and calls("re.compile", "re.split", "re.finditer", "regex.compile", "regex.split")(node)
        and any(isinstance(arg, ast.Constant) and SENTENCE_END.search(str(arg.value)) for arg in node.args)
    )


ONES = {
    "starts processes": (
        lambda node: (
            imports("subprocess", "multiprocessing.Process", "concurrent.futures.ProcessPoolExecutor")(node)
            or calls("os.fork", "os.system", "os.popen", "os.posix_spawn", ".Popen", ".get_context", "QProcess")(node)
        ),
        {
            "runtime/launching.py": "the one",
            "runtime/child_process.py": "makes the pipe to a child, which launching starts",
        },
    ),
    "talks with processes": (
        imports("multiprocessing"),
        {f"runtime/{name}.py": "the one" for name in ("launching", "child_process", "child_serving", "frames")},
    ),
    "unpickles": (imports("pickle", "marshal", "shelve"), {}),
    "renames files": (renames_a_file, {"runtime/files.py": "the one"}),
    "writes files": (
        writes_a_file,
        {
            "runtime/files.py": "the one",
            "runtime/download.py": "appends to what has come so far",
            "runtime/launching.py": "writes into a pipe",
            "runtime/private_files.py": "makes an empty file with its mode, for libraries that fill it",
            "runtime/single_instance.py": "an empty file to lock",
            "speech/synthesis/flite.py": "hands a program its text in a temporary folder",
            "storage/encryption.py": "a key must never replace one that is there",
            "storage/sqlite/changes.py": "one number, written over in place",
        },
    ),
    "fetches files": (
        imports("httpx2", "httpx", "requests", "urllib.request.urlopen", "urllib.request.urlretrieve", "http.client"),
        {"runtime/download.py": "the one", "llm/remote/chat_completions.py": "asks for answers, not for files"},
    ),
    "uses a hub's own downloader": (
        imports("huggingface_hub.utils", "huggingface_hub.file_download", "huggingface_hub.snapshot_download"),
        {},
    ),
    "opens the settings": (
        calls("SettingsStore"),
        {"bootstrap/settings.py": "the one"},
    ),
    "keeps Qt settings": (
        imports("PySide6.QtCore.QSettings"),
        {"gui/base/preferences.py": "where the window stood, which belongs to the screen and not to the home"},
    ),
    "cuts sentences": (
        cuts_sentences,
        {
            "domain/text.py": "the one",
            "assessment/debrief/quoting.py": "clauses, cut finer so that a quote stays short",
            "assessment/scoring/writing.py": "statements, for which a semicolon ends one, too",
            "assessment/coding/features.py": "tokens",
            "patient/realisation/delivery.py": "marks without words, which no voice can say",
        },
    ),
    "scores": (
        lambda node: imports("simpatient.assessment.scoring.scoring.score")(node) or calls("scoring.score")(node),
        {"services/sessions/scorecards.py": "the one"},
    ),
    "has a queue of its own": (
        imports("queue"),
        {
            "gui/base/bridge.py": "the door into Qt's thread",
            "llm/remote/chat_completions.py": "one request's pieces, waited for with a time limit",
        },
    ),
    "asks for cancelling in its own way": (
        lambda node: (
            isinstance(node, ast.If)
            and isinstance(node.body[0], ast.Raise)
            and "is_cancelled" in ast.unparse(node.test)
            and "Cancelled" in ast.unparse(node.body[0])
        ),
        {"domain/cancellation.py": "the one"},
    ),
}


@pytest.mark.parametrize("what", ONES)
def test_only_one_module(what: str) -> None:
    is_it, allowed = ONES[what]
    assert places(is_it, allowed) == []


@pytest.mark.parametrize("what", ONES)
def test_no_module_is_allowed_what_it_does_not_do(what: str) -> None:
    is_it, allowed = ONES[what]
    idle = [name for name in allowed if not any(is_it(node) for node in NODES.get(name, []))]
    assert idle == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("starts processes", "import subprocess"),
        ("starts processes", "process = self._context.Popen(command)"),
        ("renames files", "part.replace(target)"),
        ("renames files", "os.replace(part, target)"),
        ("writes files", "path.write_text(text, encoding='utf-8')"),
        ("writes files", "file = path.open('wb')"),
        ("writes files", "handle = os.open(path, os.O_WRONLY | os.O_CREAT)"),
        ("fetches files", "from urllib.request import urlopen"),
        ("cuts sentences", "ENDS = re.compile(r'[.!?]+')"),
        ("cuts sentences", "parts = re.split(r'(?<=[!?.])', text)"),
        ("scores", "from simpatient.assessment.scoring.scoring import FORMULAS, score"),
        ("opens the settings", "store = SettingsStore(path)"),
        ("asks for cancelling in its own way", "if cancel.is_cancelled:\n    raise Cancelled"),
    ],
)
def test_the_idioms_are_recognised(what: str, line: str) -> None:
    assert any(ONES[what][0](node) for node in ast.walk(ast.parse(line)))


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("renames files", "text = text.replace('a', 'b')"),
        ("renames files", "at = at.replace(tzinfo=UTC)"),
        ("writes files", "file = path.open('rb')"),
        ("cuts sentences", "WORD = re.compile(r'[?!:*]')"),
    ],
)
def test_what_is_something_else_is_let_through(what: str, line: str) -> None:
    assert not any(ONES[what][0](node) for node in ast.walk(ast.parse(line)))
