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
