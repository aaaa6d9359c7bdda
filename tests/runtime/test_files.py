"""Whole-file writes and bounded reads: nothing is ever half there, and nothing is waited for."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.domain.errors import UserFacingError
from simpatient.runtime.files import FileTooLarge, NotAPlainFile, read_plain_file, save_whole, write_atomically

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes, pipes and devices are POSIX's")


def everything_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=2_000), st.binary(max_size=2_000))
def test_what_is_written_is_read_and_replaces_what_was_there(tmp_path_factory, first, second):
    folder = tmp_path_factory.mktemp("files")
    for content in (first, second):
        write_atomically(folder / "file", content)
        assert read_plain_file(folder / "file", 2_000) == content
    assert everything_in(folder) == ["file"]


@POSIX
def test_a_private_file_is_private_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_atomically(tmp_path / "private", b"x")
        write_atomically(tmp_path / "shared", b"x", private=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o666


@POSIX
def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from simpatient.runtime.files import write_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_atomically(Path(sys.argv[1]), b'new' * 1000)\n"
        "except OSError as error: print(error.errno)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", script, str(tmp_path / "file")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.stdout.strip() == str(errno.EFBIG), done.stderr
    assert (tmp_path / "file").read_bytes() == b"old"
    assert everything_in(tmp_path) == ["file"]


def test_an_interrupt_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"old")

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert everything_in(tmp_path) == ["file"]


@POSIX
@pytest.mark.parametrize("work", [lambda path: write_atomically(path, b"x"), lambda path: read_plain_file(path, 10)])
def test_pipes_devices_and_folders_are_refused(tmp_path, work):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", tmp_path / "folder", Path("/dev/zero"), Path("/dev/stdin")):
        with pytest.raises((NotAPlainFile, IsADirectoryError)) as caught:
            work(path)
        assert caught.value.strerror in ("it is not a plain file", "it is a folder")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@given(st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_no_more_is_read_than_was_asked_for(tmp_path_factory, size, most):
    path = tmp_path_factory.mktemp("files") / "file"
    path.write_bytes(b"x" * size)
    if size <= most:
        assert read_plain_file(path, most) == b"x" * size
    else:
        with pytest.raises(FileTooLarge, match=f"larger than {most / 1000:.3g} kB"):
            read_plain_file(path, most)


@POSIX
def test_a_file_without_end_that_claims_to_be_empty_is_read_to_the_limit_only():
    if not Path("/proc/self/maps").exists():
        pytest.skip("no such file here")
    assert Path("/proc/self/maps").stat().st_size == 0
    with pytest.raises(FileTooLarge):
        read_plain_file(Path("/proc/self/maps"), 100)


def test_a_failure_to_save_is_one_sentence_with_what_to_do(tmp_path):
    with pytest.raises(UserFacingError, match=r"^r\.pdf could not be saved: the folder .* does not exist\. Choose"):
        save_whole(tmp_path / "none" / "r.pdf", b"x")
    with pytest.raises(UserFacingError, match="there is a folder with that name"):
        save_whole(tmp_path, b"x")
    with pytest.raises(UserFacingError, match="the name is too long"):
        save_whole(tmp_path / ("x" * 300), b"x")
    assert everything_in(tmp_path) == []
