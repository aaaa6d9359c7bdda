"""What the program makes is readable by the user's own account alone."""

import os
import stat
import sys
from pathlib import Path

import pytest

from simpatient.runtime.private_files import private_file, private_folder, tighten

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_on_the_way_are_private_too(tmp_path: Path) -> None:
    made = private_folder(tmp_path / "a" / "b")
    assert (_mode(made), _mode(made.parent)) == (0o700, 0o700)


def test_what_is_there_already_is_tightened(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(mode=0o755)
    (tmp_path / "old" / "words").write_text("x")
    (tmp_path / "old" / "words").chmod(0o644)
    assert _mode(private_folder(tmp_path / "old")) == 0o700
    assert _mode(private_file(tmp_path / "old" / "words")) == 0o600


def test_a_new_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert _mode(private_file(tmp_path / "new")) == 0o600
    finally:
        os.umask(before)


def test_a_tree_is_tightened_and_links_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("another program's")
    outside.chmod(0o644)
    tree = tmp_path / "tree" / "inner"
    tree.mkdir(parents=True)
    (tree / "file").write_text("x")
    (tree / "file").chmod(0o666)
    (tree / "link").symlink_to(outside)
    tighten([tmp_path / "tree", tmp_path / "missing"])
    assert (_mode(tree), _mode(tree / "file"), _mode(outside)) == (0o700, 0o600, 0o644)


def test_a_folder_of_more_than_this_program_keeps_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user").chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert _mode(private_folder(tmp_path / "user")) == 0o755
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    assert _mode(private_folder(shared)) == 0o1777


def test_a_file_in_the_way_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file"):
        private_folder(tmp_path / "file")
