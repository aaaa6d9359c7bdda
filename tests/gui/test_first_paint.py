"""The designed shell is on the screen before anything heavy is loaded."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("torch", "transformers", "sqlalchemy", "reportlab", "pydantic", "numpy", "pyqtgraph", "yaml")
CHILD = """
import json, sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from simpatient.gui.shell.app import start
from simpatient.gui.base.preferences import Preferences
from simpatient.runtime.settings_store import SettingsStore
from PySide6.QtCore import QSettings

def open_app():
    raise SystemError("never reached before the first paint")

window = start(open_app, ["x"], Preferences(SettingsStore(Path(sys.argv[1] + ".json")), QSettings(sys.argv[1], QSettings.Format.IniFormat)))

def on_painted():
    loaded = [name for name in json.loads(sys.argv[2]) if name in sys.modules]
    domain = sorted(m for m in sys.modules if m.startswith("simpatient.domain."))
    print(json.dumps({"loaded": loaded, "domain": domain, "title": window.windowTitle()}))
    sys.stdout.flush()
    import os
    os._exit(0)

window.first_painted.connect(on_painted)
QApplication.exec()
"""


def test_nothing_heavy_is_loaded_at_first_paint(tmp_path):
    command = [sys.executable, "-c", CHILD, str(tmp_path / "w.ini"), json.dumps(HEAVY)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    found = json.loads(done.stdout)
    assert found["loaded"] == []
    assert found["domain"] == ["simpatient.domain.errors"]  # what a choice that cannot be kept is told with
    assert found["title"] == "simpatient"


def test_singletons_survive_thousands_of_calls(tmp_path):
    """PySide6 6.12 on Python 3.11 drops a reference to None or True with every call; unguarded, this aborts."""
    code = (
        "from PySide6.QtCore import QCoreApplication, QObject, Signal\n"
        "from simpatient.gui.base.refcount_guard import protect_singletons\n"
        "app = QCoreApplication([]); protect_singletons()\n"
        "class S(QObject):\n    s = Signal(object)\n"
        "s = S()\n"
        "for _ in range(200000): s.s.emit(None); s.setObjectName('x')\n"
        "print('alive')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "alive"
