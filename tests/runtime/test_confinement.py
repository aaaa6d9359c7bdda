"""A confined child can do nothing but compute on what is open. The probes are harmless: they act on a test folder."""

import os
import platform
import sys
from functools import partial
from pathlib import Path

import pytest

from simpatient.runtime.child_process import ChildLost, ChildProcess
from simpatient.runtime.confinement import Confinement, confinement_here, in_words
from tests.runtime.workers import Probing

IS_COMPLETE = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
pytestmark = pytest.mark.skipif(not IS_COMPLETE, reason="only Linux knows such a filter")
NAMES = sorted(Probing(Path(), 0).probes()) if IS_COMPLETE else []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("probed")


@pytest.fixture(scope="module")
def child(folder):
    made = ChildProcess(
        partial(Probing, folder, os.getpid()), "simpatient-probing", silence_s=60, start_s=60, bare=True
    )
    yield made
    made.drop()


def test_the_system_keeps_the_promise(child):
    assert child.ask("confinement") == [True, True]


def test_what_is_open_can_be_read_and_memory_used(child):
    assert child.ask("read") == [b"kept", 1 << 22, True]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_refused(child, folder, name):
    before = child.load() or child.pid
    assert child.ask(name)[0] == "refused"
    assert child.pid == before
    assert [path.name for path in folder.iterdir()] == ["kept"]
    assert (folder / "kept").read_text() == "kept"


def test_without_confinement_the_same_probes_succeed(tmp_path):
    """Else the tests above would show nothing."""
    (tmp_path / "kept").write_text("kept")
    probes = Probing(tmp_path, os.getpid()).probes()
    for name in ("open", "list", "stat", "socket", "chmod", "mkdir", "symlink", "kill", "thread", "run", "rename"):
        probes[name]()


def test_processor_time_ends(tmp_path):
    child = ChildProcess(partial(Spinning, tmp_path), "simpatient-probing", silence_s=60, start_s=60, bare=True)
    with pytest.raises(ChildLost):
        child.ask(None)
    child.drop()


def test_it_is_said_what_the_system_can_do():
    assert confinement_here() == Confinement(limits=True, calls=True)
    assert "seccomp" in in_words(confinement_here())
    assert "does not keep it from deleting" in in_words(Confinement(limits=True, calls=False))
    assert "does not confine" in in_words(Confinement(limits=False, calls=False))


class Spinning:
    def __init__(self, _) -> None:
        pass

    def load(self) -> None:
        from simpatient.runtime.confinement import confine

        confine(memory_bytes=1 << 28, cpu_s=1)

    def answer(self, request, call):
        while True:
            call.is_cancelled  # noqa: B018 - it gives a sign of life
