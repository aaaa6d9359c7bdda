"""What the window imports on its way up must not pull in anything heavy."""

import subprocess
import sys

HEAVY = ("torch", "transformers", "sqlalchemy", "alembic", "reportlab", "sklearn", "whisper", "pyttsx3")
CODE = f"""
import importlib, pkgutil, sys
import simpatient.services, simpatient.patient
for package in (simpatient.services, simpatient.patient):
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
import simpatient.gui.shell.app
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_services_patient_and_window_load_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == "[]"


TURN = f"""
import sys, tempfile
from pathlib import Path
from simpatient.bootstrap.app import open_desktop_app
app = open_desktop_app(Path(tempfile.mkdtemp()))
session = app.practise.start(app.actor, "ray-first-talk", seed=1)
app.practise.reply(app.actor, session.id, "You sound tired.", lambda _: None)
coded = [turn.codes for turn in app.sessions.get(session.id).turns if turn.speaker == "trainee"]
assert coded[0].utterances
app.close()
print([name for name in {("torch", "transformers", "accelerate", "whisper", "sklearn", "numba")!r} if name in sys.modules])
"""


def test_a_coded_and_answered_turn_loads_no_torch() -> None:
    done = subprocess.run([sys.executable, "-c", TURN], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == "[]"
