"""An earlier commit to measure against, checked out beside this one for as long as a benchmark runs.

It runs with the same interpreter, which therefore needs everything installed (``bootstrap.py setup --all``).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).resolve().parent.parent.parent
COMMIT = "f7cede4"


@contextmanager
def baseline_tree(commit: str = COMMIT) -> Iterator[Path]:
    """Check a commit out into a temporary folder; it is removed afterwards."""
    folder = Path(mkdtemp(prefix="simpatient-baseline-")) / "tree"
    subprocess.run(["git", "worktree", "add", "--detach", folder, commit], cwd=ROOT, check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=False, capture_output=True)
        shutil.rmtree(folder.parent, ignore_errors=True)


def run_in(tree: Path, code: str, home: Path) -> str:
    """Run Python code on a checkout in a process of its own and return what it printed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "SIMPATIENT_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=home, env=environment, check=True, capture_output=True, text=True).stdout
