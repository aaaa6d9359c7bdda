"""``simpatient transcribe``: from a file through the real decoder and the real endpointing to turns and scores."""

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from simpatient.bootstrap import voice as bootstrap
from simpatient.bootstrap.settings import open_settings
from simpatient.cli.main import run
from simpatient.content.reading.transcripts import read_transcript
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.speech import TalkSettings
from simpatient.services.voice.talk_settings import write_talking
from simpatient.speech.recognition.transcriber import open_transcriber
from tests.speech.sphinx import SphinxTranscriber, word_errors, words_of
from tests.speech_fakes import FakeTranscriber
from tests.tiny_whisper import credulous, save_whisper, settings_of

LINES = (
    ("slt", "What brings you here today?"),
    ("rms", "My wife said that I should come."),
    ("slt", "It sounds like this was not your idea."),
    ("rms", "No. She worries about my drinking."),
)


def said(voice: str, text: str, folder: Path) -> np.ndarray:
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed here (Debian package of the same name)")
    path = folder / "said.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, timeout=120)
    return soundfile.read(path, dtype="float32")[0]


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    """A role-play in stereo: the trainee left, the patient right, each leaking 20 dB lower into the other."""
    folder, parts = tmp_path_factory.mktemp("recording"), []
    for voice, text in LINES:
        own, quiet = said(voice, text, folder), np.zeros((16_000, 2), "f4")
        pair = np.stack([own, 0.1 * own] if voice == "slt" else [0.1 * own, own], 1)
        parts += [quiet, pair]
    sound = np.concatenate([*parts, np.zeros((16_000, 2), "f4")])
    soundfile.write(folder / "First talk.wav", sound + np.random.default_rng(0).normal(0, 1e-4, sound.shape), 16_000)
    return folder / "First talk.wav"


@pytest.fixture
def transcriber(monkeypatch) -> FakeTranscriber:
    made = FakeTranscriber(*(text for _, text in LINES))
    monkeypatch.setattr("simpatient.bootstrap.voice.open_transcriber", lambda *_: made)
    return made


BOTH = ("--channels", "trainee=left,patient=right")


def test_by_channel_to_a_transcript_and_a_scorecard(recording, transcriber, tmp_path, capsys):
    out = tmp_path / "talk.jsonl"
    rubric = ("--rubric", "miti-informed")
    assert run(["transcribe", str(recording), *BOTH, "--out", str(out), *rubric]) == 0
    card = json.loads(capsys.readouterr().out)
    assert (card["session_id"], card["rubric"]) == ("First-talk", "miti-informed")
    turns = read_transcript(out)
    assert [(turn.speaker, turn.text) for turn in turns] == [
        ("trainee" if voice == "slt" else "patient", text) for voice, text in LINES
    ]
    assert all(turn.end_s - turn.start_s > 0.8 for turn in turns)
    assert all(first.end_s < second.start_s for first, second in pairwise(turns))
    assert turns[0].start_s == pytest.approx(1.0, abs=0.4)
    assert run(["score", str(out), *rubric]) == 0
    assert json.loads(capsys.readouterr().out) == card


def test_by_hand_from_a_file_that_is_made_to_be_filled_in(recording, transcriber, tmp_path, capsys):
    labels = tmp_path / "who.txt"
    assert run(["transcribe", str(recording), "--speakers", str(labels)]) == 1
    assert "Fill in who spoke each segment" in capsys.readouterr().err
    lines = labels.read_text(encoding="utf-8").splitlines()
    assert [line[:3] for line in lines[1:]] == ["1 ?", "2 ?", "3 ?", "4 ?"]
    labels.write_text("\n".join(line.replace("?", "tp"[at % 2], 1) for at, line in enumerate(lines[1:])), "utf-8")
    transcriber._is_closed, transcriber._texts = False, [text for _, text in LINES]
    assert run(["transcribe", str(recording), "--speakers", str(labels), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [turn["speaker"] for turn in told["transcript"]] == ["trainee", "patient"] * 2
    assert told["recogniser"] == transcriber.model_id
    assert told["scorecard"] is None
    assert told["duration_s"] == pytest.approx(soundfile.info(recording).duration, abs=0.01)


def test_by_hand_at_the_prompt(recording, transcriber, monkeypatch, capsys):
    answers = iter(["t", "what?", "p", "s", "p"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    assert run(["transcribe", str(recording)]) == 0
    turns = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [turn["speaker"] for turn in turns] == ["trainee", "patient"]
    assert turns[1]["text"] == f"{LINES[1][1]} {LINES[3][1]}"


def test_without_a_person_the_spells_are_shown(recording, transcriber, capsys):
    assert run(["transcribe", str(recording)]) == 1
    told = capsys.readouterr()
    assert "What brings you here today?" in told.out
    assert "Give --channels, or --speakers FILE" in told.err


@pytest.mark.parametrize("channels", ["trainee=left,trainee=left", "left", "doctor=left", "trainee=middle"])
def test_wrong_channels_are_told_at_once(channels, transcriber, tmp_path, capsys):
    assert run(["transcribe", str(tmp_path / "no.wav"), "--channels", channels]) == 2
    assert "trainee=left,patient=right" in capsys.readouterr().err


def test_errors_are_one_plain_sentence_each(recording, transcriber, tmp_path, capsys):
    (tmp_path / "text.wav").write_text("no sound at all, only words")
    soundfile.write(tmp_path / "silence.wav", np.zeros(32_000, "f4"), 16_000)
    soundfile.write(tmp_path / "mono.wav", soundfile.read(recording)[0].sum(axis=1), 16_000)
    for arguments, code, words in (
        ([str(tmp_path / "none.wav")], 1, "cannot be read"),
        ([str(tmp_path / "text.wav")], 1, "not a WAV, FLAC or MP3"),
        ([str(tmp_path / "silence.wav")], 1, "No words were recognised"),
        ([str(tmp_path / "mono.wav"), *BOTH], 1, "has only one channel"),
        ([str(recording), "--rubric", "no-such"], 2, 'no rubric "no-such"'),
    ):
        transcriber._is_closed = False
        assert run(["transcribe", *arguments]) == code
        told = capsys.readouterr().err
        assert words in told
        assert "Traceback" not in told


def test_without_weights_it_says_what_to_do(recording, home, monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "no-cache"))
    assert run(["transcribe", str(recording), *BOTH]) == 1
    told = capsys.readouterr().err
    assert "Speech recognition is not installed on this computer." in told
    assert "simpatient recogniser download" in told


def test_the_whole_way_with_the_real_recogniser(recording, tmp_path, monkeypatch, capsys):
    """Random weights: what is written means nothing, and says that every part of the way works."""
    sha = save_whisper(tmp_path / "small.pt")
    settings = settings_of(tmp_path / "small.pt", sha, credulous(), most_tokens=4)
    monkeypatch.setattr("simpatient.bootstrap.voice.open_transcriber", lambda *_: open_transcriber(settings))
    assert run(["transcribe", str(recording), *BOTH, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [turn["speaker"] for turn in told["transcript"]] == ["trainee", "patient"] * 2
    assert all(turn["text"] for turn in told["transcript"])


def test_a_recogniser_that_really_recognises_gives_words_and_codes(recording, tmp_path, monkeypatch, capsys):
    pytest.importorskip("pocketsphinx")
    monkeypatch.setattr("simpatient.bootstrap.voice.open_transcriber", lambda *_: SphinxTranscriber())
    out = tmp_path / "talk.jsonl"
    assert run(["transcribe", str(recording), *BOTH, "--out", str(out)]) == 0
    turns = read_transcript(out)
    assert [turn.speaker for turn in turns] == ["trainee", "patient"] * 2
    wrong = [word_errors(words_of(text), words_of(turn.text)) for (_, text), turn in zip(LINES, turns, strict=True)]
    assert sum(wrong) <= 3
    capsys.readouterr()
    assert run(["code", str(out)]) == 0
    codes = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (codes[0]["main"]["code"], codes[0]["question"]["code"]) == ("question", "open")
    assert codes[2]["main"]["code"] == "reflection"


def test_the_help_has_an_example(capsys):
    assert run(["transcribe", "--help"]) == 0
    assert "Example: simpatient transcribe" in capsys.readouterr().out


def test_what_listens_is_wired(home):
    with pytest.raises(ModelUnavailable):
        bootstrap.open_import(home, "tiny.en")


def test_the_recogniser_chosen_in_the_window_is_used_for_english(tmp_path):
    assert bootstrap._chosen_recogniser(tmp_path, "en") == ""
    write_talking(open_settings(tmp_path), TalkSettings(recogniser="small.en"))
    assert bootstrap._chosen_recogniser(tmp_path, "en") == "small.en"
    assert bootstrap._chosen_recogniser(tmp_path, "es") == ""
