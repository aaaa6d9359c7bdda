"""Sentences that engines read from files do not stay behind, also where the program was killed."""

import os
import tempfile
from pathlib import Path

import pytest

from simpatient.speech.synthesis.sentence_files import clear_leftovers, sentence_folder


def test_a_sentence_of_a_killed_program_is_cleared_and_one_being_spoken_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = [tmp_path / "simpatient-voice-4194305-abcd", tmp_path / "simpatient-voice-k2j3h4"]
    other = tmp_path / "another-programs"
    for folder in (*left, other):
        folder.mkdir()
        (folder / "text").write_text("words of a session")
    (tmp_path / "simpatient-voice-link").symlink_to(other)
    with sentence_folder() as speaking:
        assert speaking.name.startswith(f"simpatient-voice-{os.getpid()}-")
        clear_leftovers()
        assert speaking.is_dir()
    assert not speaking.exists()
    assert not any(folder.exists() for folder in left)
    assert (other / "text").exists()
