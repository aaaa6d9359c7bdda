"""Time to first paint against a bare PySide6 window, and starting through the bootstrap against starting directly."""

import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

from tests.benchmarks.conftest import Results, interleaved

ROOT = Path(__file__).resolve().parent.parent.parent
BARE = """
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        print("painted", flush=True)
        import os
        os._exit(0)
app = QApplication([])
window = Window()
window.setCentralWidget(QLabel("bare"))
window.resize(1180, 780)
window.show()
app.exec()
"""
OURS = """
import os, sys
from PySide6.QtWidgets import QApplication
from simpatient.gui.shell.app import start
def never():
    raise SystemError("not before the first paint")
window = start(never, ["x"])
def painted():
    print("painted", flush=True)
    os._exit(0)
window.first_painted.connect(painted)
QApplication.exec()
"""
COMMAND = "python3 packaging/bootstrap.py test tests/benchmarks/bench_startup.py"


def _until_painted(code: str, home: Path) -> float:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(home), "PYTHONPATH": str(ROOT)}
    started = perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"painted"
        return perf_counter() - started


def test_first_paint(benchmark, results: Results, tmp_path: Path) -> None:
    ours, bare = interleaved(lambda _: _until_painted(OURS, tmp_path), lambda _: _until_painted(BARE, tmp_path), 9)
    results.add(
        "time to first paint / bare PySide6 window", f"{ours:.2f} s", f"{bare:.2f} s", ours / bare, "≤ 1.5", COMMAND
    )
    benchmark.extra_info["ratio"] = ours / bare
    benchmark.pedantic(_until_painted, args=(OURS, tmp_path), rounds=1)


def test_through_the_bootstrap(benchmark, results: Results, tmp_path: Path) -> None:
    environment = {**os.environ, "SIMPATIENT_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def through(_: int) -> None:
        command = ["python3", "packaging/bootstrap.py", "run", "list", "cases"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)

    def direct(_: int) -> None:
        command = [sys.executable, "-m", "simpatient", "list", "cases"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)

    ours, plain = interleaved(through, direct, 7)
    name = "starting through bootstrap.py / starting directly (list cases)"
    results.add(name, f"{ours:.2f} s", f"{plain:.2f} s", ours / plain, "≤ 1.5", COMMAND)
    benchmark.extra_info["ratio"] = ours / plain
    benchmark.pedantic(through, args=(0,), rounds=1)
