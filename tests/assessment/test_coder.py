"""The embedded coder: the shape of its answer on any string, its cost, and sensible codes."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.assessment.coding.coder import EmbeddedCoder, centred
from simpatient.assessment.coding.coder_weights import CoderWeights, load_weights
from simpatient.assessment.coding.features import HASH_WIDTH, NAMES, cues, hashed, prepare
from simpatient.bootstrap import coding
from simpatient.domain.assessment.codes import TurnCodes
from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.session.session import TranscriptTurn
from simpatient.llm.encoder.embedder import CachedEncoder
from tests.assessment.sentences import SENTENCES
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "assets" / "models" / "coder"
HOSTILE = [
    "x" * 100_000, "word " * 20_000, "\ud800\udfff", "\x00\x1f", "👍", "...", "?", "<b>&amp;</b>", "שלום מה שלומך?",
    "'; DROP TABLE turns; --", "a. " * 5000, "{{7*7}}", "\u202eevil", "e\u0301" * 300, "\n\n\n?\n",
]  # fmt: skip


@cache
def _weights() -> CoderWeights:
    return load_weights(SHIPPED)


def _fake() -> FakeEncoder:
    return FakeEncoder(_weights().encoder_id)


def _coder() -> EmbeddedCoder:
    return EmbeddedCoder(_fake(), _weights())


def _transcript(said: list[tuple[str, str]], session: str = "s") -> list[TranscriptTurn]:
    return [TranscriptTurn(session_id=session, turn=at, speaker=who, text=text) for at, (who, text) in enumerate(said)]


def _assert_sound(codes: TurnCodes, text: str) -> None:
    for name, labels in _weights().rules.heads.items():
        label = getattr(codes, name)
        assert label.code in labels
    shown = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    at = 0
    for utterance in codes.utterances:
        assert at <= utterance.start < utterance.end
        assert shown[utterance.start : utterance.end] == utterance.text
        assert utterance.codes[0].code in _weights().heads["utterance"].labels
        at = utterance.end


def _assert_coherent(codes: TurnCodes) -> None:
    """The turn's labels agree with one another: a main behaviour is there, and none is there without one."""
    needs = _weights().rules.main_needs
    labels = {name: getattr(codes, name).code for name in _weights().rules.heads}
    empty = {name: of[0] for name, of in _weights().rules.heads.items()}
    if labels["main"] in needs:
        assert labels[needs[labels["main"]]] != empty[needs[labels["main"]]]
    else:
        assert all(labels[head] == empty[head] for head in needs.values())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_takes_any_string(text: str) -> None:
    codes = _coder().code_turn("trainee", text, text)
    _assert_sound(codes, text)
    _assert_coherent(codes)
    assert _coder().code_turn("patient", text, text).talk is not None


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=60))
def test_answer_is_always_sound_and_coherent(text: str, previous: str) -> None:
    codes = _coder().code_turn("trainee", text, previous)
    _assert_sound(codes, text)
    _assert_coherent(codes)
    assert bool(codes.utterances) == bool(text.strip())


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_blank_text_is_other(text: str) -> None:
    codes = _coder().code_turn("trainee", text)
    assert codes.main is not None
    assert codes.question is not None
    assert (codes.main.code, codes.question.code, codes.utterances) == ("other", "none", ())
    patient = _coder().code_turn("patient", text)
    assert patient.talk is not None
    assert (patient.talk.code, patient.main) == ("neutral", None)


def test_same_input_gives_the_same_answer() -> None:
    text = "You're worried about her. What would help?"
    assert _coder().code_turn("trainee", text, "I am.") == _coder().code_turn("trainee", text, "I am.")


def test_one_sentence_costs_one_encoder_pass_over_one_sentence() -> None:
    encoder = _fake()
    coder = EmbeddedCoder(encoder, _weights())
    coder.prepare_for("It's been a hard week.")
    encoder.calls.clear()
    coder.code_turn("trainee", "What made it so hard?", "It's been a hard week.")
    assert encoder.calls == [1]


def test_several_utterances_cost_one_call() -> None:
    encoder = _fake()
    EmbeddedCoder(encoder, _weights()).code_turn("trainee", "I see. What made it hard?", "It's been hard.")
    assert encoder.calls == [1]


def test_a_turn_coded_before_costs_nothing() -> None:
    encoder = _fake()
    coder = EmbeddedCoder(encoder, _weights())
    first = coder.code_turn("trainee", "What made it hard?", "It's been hard.")
    encoder.calls.clear()
    assert coder.code_turn("trainee", "What made it hard?", "It's been hard.") == first
    assert encoder.calls == []


def test_a_whole_transcript_gets_the_codes_of_its_turns() -> None:
    encoder = _fake()
    said = [
        ("trainee", "Hello. What brings you in?"), ("patient", "My wife. She worries."), ("trainee", " "),
        ("trainee", "You feel sent."), ("patient", "I want to stop."),
    ]  # fmt: skip
    codes = EmbeddedCoder(encoder, _weights()).code_transcript(_transcript(said))
    # The patient's turns with their utterances inside, the trainee's, then the patient's with the turns before.
    assert encoder.calls == [2, 2, 4]
    before = ["", said[0][1], said[1][1], said[1][1], said[3][1]]
    alone = [_coder().code_turn(who, text, heard) for (who, text), heard in zip(said, before, strict=True)]
    assert list(codes) == alone
    assert EmbeddedCoder(encoder, _weights()).code_transcript([]) == ()


def test_a_long_transcript_tells_how_far_it_is_and_stops_when_asked() -> None:
    turns = _transcript([("trainee" if at % 2 else "patient", f"I like number {at}.") for at in range(200)])
    done: list[int] = []
    cancel = CancelToken()

    def stop_at_half(count: int) -> None:
        done.append(count)
        if count >= 100:
            cancel.cancel()

    with pytest.raises(Cancelled):
        _coder().code_transcript(turns, cancel=cancel, on_done=stop_at_half)
    assert len(done) > 1
    assert done[-1] < len(turns)
    assert len(_coder().code_transcript(turns, on_done=done.append)) == done[-1] == len(turns)


def test_a_patients_turn_is_read_by_the_encoder_itself() -> None:
    """Nothing but the encoder's own vectors: a line encoded before, as a persona's lines are, costs nothing."""
    encoder = _fake()
    cached = CachedEncoder(encoder)
    cached.encode(["I want to stop.", "What now?"])
    encoder.calls.clear()
    EmbeddedCoder(cached, _weights()).code_turn("patient", "I want to stop.", "What now?")
    assert encoder.calls == []


def test_weights_for_another_encoder_are_refused() -> None:
    with pytest.raises(ModelUnavailable, match="trained for"):
        EmbeddedCoder(FakeEncoder("another@1"), _weights())


@pytest.mark.parametrize("name", ["coder.npz", "coder.json"])
def test_damaged_weights_are_refused(tmp_path: Path, name: str) -> None:
    for file in ("coder.npz", "coder.json"):
        data = (SHIPPED / file).read_bytes()
        (tmp_path / file).write_bytes(data[: len(data) // 2] if file == name else data)
    with pytest.raises(ModelUnavailable):
        load_weights(tmp_path)


def test_missing_weights_are_said_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        load_weights(tmp_path)


def test_coder_id_holds_the_weight_hash() -> None:
    import hashlib

    digest = hashlib.sha256((SHIPPED / "coder.npz").read_bytes()).hexdigest()
    assert _coder().coder_id.endswith(digest[:12])
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 2_000_000


def test_centring_leaves_blank_rows_alone() -> None:
    rows = np.array([[0.0, 0.0], [1.0, 2.0]], dtype=np.float32)
    assert centred(rows, np.array([1.0, 1.0], dtype=np.float32)).tolist() == [[0.0, 0.0], [0.0, 1.0]]


@given(st.text(max_size=300), st.text(max_size=50))
def test_features_are_bounded_for_any_string(text: str, previous: str) -> None:
    words = prepare(text)
    values = cues(words, prepare(previous))
    assert values.shape == (len(NAMES),)
    assert (values >= 0).all()
    assert (values <= 1).all()
    columns, weights = hashed(words)
    assert len(set(columns.tolist())) == len(columns)
    assert (columns < HASH_WIDTH).all()
    assert np.linalg.norm(weights) == pytest.approx(1.0, abs=1e-4)


@pytest.fixture(scope="module")
def real() -> EmbeddedCoder:
    encoder = CachedEncoder(coding.sentence_encoder())
    encoder.encode_set("sentences", [text for text, _ in SENTENCES])
    return EmbeddedCoder(encoder, _weights())


def _first_code(coder: EmbeddedCoder, text: str, previous: str = "") -> str:
    utterance = coder.code_turn("trainee", text, previous).utterances[0]
    return utterance.codes[0].code


@pytest.mark.torch
def test_unseen_sentences_get_sensible_codes(real: EmbeddedCoder) -> None:
    wrong = [(text, code) for text, wanted in SENTENCES if (code := _first_code(real, text)) not in wanted.split()]
    assert len(wrong) <= len(SENTENCES) * 0.15, wrong


@pytest.mark.torch
def test_batch_and_single_coding_agree_and_repeat(real: EmbeddedCoder) -> None:
    said = [("trainee" if at % 2 else "patient", text) for at, (text, _) in enumerate(SENTENCES[:40])]
    once, again = real.code_transcript(_transcript(said)), real.code_transcript(_transcript(said))
    assert once == again
    before = ""
    for (who, text), codes in zip(said, once, strict=True):
        alone = real.code_turn(who, text, before)
        before = text
        assert alone.utterance_codes() == codes.utterance_codes()
        for name in (*_weights().rules.heads, "talk"):
            one, other = getattr(alone, name), getattr(codes, name)
            assert (one and one.code) == (other and other.code)
            assert one is None or one.confidence == pytest.approx(other.confidence, abs=2e-3)


@pytest.mark.torch
def test_confidence_is_spread_so_that_abstaining_has_a_meaning(real: EmbeddedCoder) -> None:
    sure = [real.code_turn("trainee", text).main for text, _ in SENTENCES]
    values = [label.confidence for label in sure if label is not None]
    assert min(values) < 0.6 < 0.9 < max(values)


def test_exemplars_and_test_sentences_share_nothing() -> None:
    exemplars = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "exemplars").glob("*.yaml"))
    assert [text for text, _ in SENTENCES if f'"{text}"' in exemplars and len(text.split()) > 3] == []


@pytest.mark.torch
@pytest.mark.parametrize(
    ("text", "main", "question"),
    [
        ("What brings you in today?", "question", "open"),
        ("Do you smoke?", "question", "closed"),
        ("You're tired of everybody telling you what to do.", "reflection", "none"),
        ("You should go to the gym and eat less.", "input", "none"),
        ("Mm-hmm.", "other", "none"),
    ],
)
def test_plain_turns_get_plain_labels(real: EmbeddedCoder, text: str, main: str, question: str) -> None:
    codes = real.code_turn("trainee", text, "My wife thinks I drink too much and she's always on at me.")
    assert codes.main is not None
    assert codes.question is not None
    assert (codes.main.code, codes.question.code) == (main, question)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("I want to stop drinking, I've decided to quit.", "change"),
        ("I need to cut down for my kids.", "change"),
        ("I don't want to stop, I like smoking.", "sustain"),
        ("I live in Leeds.", "neutral"),
    ],
)
def test_client_talk(real: EmbeddedCoder, text: str, talk: str) -> None:
    found = real.code_turn("patient", text, "How do you feel about it?").talk
    assert found is not None
    assert found.code == talk
