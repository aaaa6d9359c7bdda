"""``simpatient doctor`` on homes in every condition: it names what is wrong and never ends before its list does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from simpatient.bootstrap.upkeep import DATABASE
from simpatient.cli.home import doctor as doctor_command
from simpatient.cli.main import run
from simpatient.storage.opening import open_repositories
from tests.storage.small_database import make_small_database


def _database(home: Path, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    _, works, detail = doctor_command._guarded("Database", lambda: doctor_command._database(home))
    return works, detail


def test_a_home_that_is_not_there_has_none_yet_and_stays_away(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    works, detail = _database(home, capsys)
    assert works
    assert "none yet" in detail
    assert not home.exists()


def test_a_sound_database_is_sound(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_small_database(home / DATABASE)
    assert _database(home, capsys) == (True, f"sound, {home / DATABASE}")


def test_a_file_in_the_place_of_the_home_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home.write_text("x")
    works, detail = _database(home, capsys)
    assert not works
    assert "a file where the folder" in detail


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:700]), "damaged"),
        (lambda path: path.write_bytes(b"x" * 5000), "damaged"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(home, harm, words, capsys) -> None:
    make_small_database(home / DATABASE)
    harm(home / DATABASE)
    before = sorted((file.name, file.stat().st_size) for file in home.rglob("*"))
    works, detail = _database(home, capsys)
    assert not works
    assert words in detail
    assert "simpatient db rescue" in detail
    assert sorted((file.name, file.stat().st_size) for file in home.rglob("*")) == before


def test_a_look_that_fails_in_whatever_way_is_named_and_the_others_follow() -> None:
    def fails() -> doctor_command.Finding:
        raise RuntimeError("the driver is gone")

    assert doctor_command._guarded("Sound", fails) == (
        "Sound",
        False,
        "the check failed (RuntimeError: the driver is gone)",
    )


def test_every_look_has_a_name(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in vars(doctor_command) if each.startswith("_") and each not in ("_guarded", "_line")]:
        if callable(getattr(doctor_command, name)) and not name.startswith("__"):
            monkeypatch.setattr(doctor_command, name, _failing)
    assert run(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert len(found) >= 12
    assert not any("lambda" in each["what"] or not each["what"] for each in found)


def _failing(*_: object) -> doctor_command.Finding:
    raise ValueError("no")


def test_a_database_set_aside_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_small_database(home / DATABASE)
    (home / DATABASE).rename(home / "simpatient-damaged-1.sqlite")
    open_repositories_after_loss(home)
    works, detail = _database(home, capsys)
    assert not works
    assert "simpatient-damaged-1.sqlite" in detail


def open_repositories_after_loss(home: Path) -> None:
    (home / f"{DATABASE}-changes").unlink()
    open_repositories(home / DATABASE).sessions.close()


_DOCTOR = """
import sys, threading, psutil
from simpatient.cli.home import doctor
from simpatient.cli.main import run
doctor._content = lambda home: ("Content", True, "has tests of its own")
if __name__ == "__main__":
    run(["doctor"])
    busy = [each.name for each in threading.enumerate() if not each.daemon and each is not threading.main_thread()]
    print(sorted(busy), [each.name() for each in psutil.Process().children()], "torch" in sys.modules)
"""


def test_the_process_ends_with_its_list(home: Path, tmp_path: Path) -> None:
    script = tmp_path / "doctor_alone.py"
    script.write_text(_DOCTOR)
    environment = {**os.environ, "SIMPATIENT_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    *lines, left = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert len(lines) == 12
    # The thread that starts children waits for nothing but more to start; it goes with the interpreter.
    assert left == "['simpatient-launcher_0'] [] False"


def test_each_finding_is_printed_as_soon_as_it_is_known(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(doctor_command, "show", printed.append)
    seen: list[int] = []
    monkeypatch.setattr(doctor_command, "_guarded", lambda what, _: seen.append(len(printed)) or (what, True, "fine"))
    assert run(["doctor"]) == 0
    assert seen == list(range(len(printed)))
