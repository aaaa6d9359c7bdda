"""Transcripts as JSON Lines: read, written, and refused with their line."""

# Tables read best with one case a line.

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.content.reading.transcripts import MOST_BYTES, parse_transcript, read_transcript, transcript_lines
from simpatient.domain.errors import ContentError
from simpatient.domain.session.session import TranscriptTurn

FIRST = '{"session_id": "s1", "turn": 0, "speaker": "trainee", "text": "What brings you in today?", "start_s": 0.0, "end_s": 1.9}'
SECOND = '{"session_id": "s1", "turn": 1, "speaker": "patient", "text": "My wife said I should come."}'


def test_the_documented_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(f"{FIRST}\n{SECOND}\n\n")
    first, second = read_transcript(path)
    assert (first.speaker, first.end_s, second.turn, second.start_s) == ("trainee", 1.9, 1, None)


def test_several_sessions_blank_text_windows_line_ends_and_other_fields() -> None:
    lines = [FIRST, FIRST.replace("s1", "s2"), SECOND.replace("My wife said I should come.", "")]
    lines.append(json.dumps({**json.loads(SECOND), "turn": 2, "main": {"code": "other"}}))
    raw = b"\xef\xbb\xbf" + "\r\n".join(lines).encode()
    turns = list(parse_transcript(raw, "t"))
    assert [(turn.session_id, turn.turn) for turn in turns] == [("s1", 0), ("s2", 0), ("s1", 1), ("s1", 2)]
    assert turns[2].text == ""


def test_text_keeps_its_blanks_and_odd_line_ends() -> None:
    (turn,) = parse_transcript(
        json.dumps({**json.loads(SECOND), "text": "  a\u2028b\x85c \n"}, ensure_ascii=False).encode(), "t"
    )
    assert turn.text == "  a\u2028b\x85c \n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("{", "t:2: This line is not valid JSON."),
        ("[1]", "t:2: must be a block of fields"),
        ("5", "t:2: must be a block of fields"),
        ('{"session_id": "s"}', 't:2: missing field "turn"'),
        (SECOND.replace('"patient"', '"client"'), "t:2: speaker: must be one of trainee, patient"),
        (SECOND.replace('"turn": 1', '"turn": -1'), "t:2: turn: must be at least 0"),
        (SECOND.replace('"turn": 1', '"turn": "x"'), "t:2: turn: must be a whole number"),
        (SECOND.replace('"My wife said I should come."', "null"), "t:2: text: must be text"),
        (SECOND.replace("My wife", "\\ud800"), "t:2: This line is not valid JSON."),
        (SECOND.replace('"turn": 1', '"start_s": NaN, "turn": 1'), "t:2: start_s: must be an ordinary number"),
        (FIRST, 't:2: turn: turn 0 of session "s1" is already on line 1'),
        ("[" * 100_000, "t:2: This line is not valid JSON."),
        ('{"turn": ' + "9" * 5000 + "}", "t:2: This line is not valid JSON."),
    ],
)
def test_a_bad_line_is_named(line: str, expected: str) -> None:
    with pytest.raises(ContentError) as caught:
        list(parse_transcript(f"{FIRST}\n{line}\n".encode(), "t"))
    assert str(caught.value).startswith(expected)


def test_bytes_that_are_no_text_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="t:2: The text is not UTF-8"):
        list(parse_transcript(FIRST.encode() + b"\n\xff\n", "t"))
    with pytest.raises(ContentError, match="cannot be read"):
        read_transcript(tmp_path / "no.jsonl")


TURNS = st.lists(
    st.builds(
        TranscriptTurn,
        session_id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=5),
        turn=st.integers(0, 99),
        speaker=st.sampled_from(["trainee", "patient"]),
        text=st.text(st.characters(codec="utf-8"), max_size=40),
        start_s=st.none() | st.floats(0, 1e4),
    ),
    unique_by=lambda turn: (turn.session_id, turn.turn),
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(TURNS)
def test_what_is_written_is_read_back(turns: list[TranscriptTurn]) -> None:
    raw = "".join(f"{line}\n" for line in transcript_lines(turns)).encode()
    assert list(parse_transcript(raw, "t")) == turns


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_or_a_device_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for path in (tmp_path / "pipe.jsonl", Path("/dev/zero"), tmp_path):
        with pytest.raises(ContentError, match=r"The file cannot be read \(it is not a plain file\)\.$"):
            read_transcript(path)


def test_a_file_too_large_for_a_transcript_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "t.jsonl").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(ContentError, match="larger than 256 MB"):
        read_transcript(tmp_path / "t.jsonl")
