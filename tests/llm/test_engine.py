"""The voice on tiny random models: what is kept changes no answer, notes leave no trace, sessions stay apart."""

import contextlib
import shutil
from pathlib import Path
from random import Random

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import BugError, Cancelled, ModelUnavailable
from simpatient.domain.models.chat import Completion, Message, Sampling
from simpatient.llm.local.decoding import StaticDecoder
from simpatient.llm.local.engine import TransformersPatientModel
from simpatient.runtime.child_serving import DeviceFailed
from tests.chat_families import FAMILIES, family_model
from tests.tiny_models import SENTENCES, tiny_chat_model

pytestmark = pytest.mark.torch
PERSONA = Message(role="system", content="You are Ray, a tired carpenter of 58. " * 6)
OPENING = (PERSONA, Message(role="user", content="Begin."))
NOTE = "Director: be curt, word CANARY{}."
GREEDY = Sampling(max_tokens=12)
KINDS = sorted(set(FAMILIES) - {"thinker"})


def open_voice(folder: Path, **named: object) -> TransformersPatientModel:
    return TransformersPatientModel(folder, device="cpu", threads=1, **named)


def user(text: str) -> Message:
    return Message(role="user", content=text)


def answer(text: str) -> Message:
    return Message(role="assistant", content=text)


def said(voice, session, messages, note="", sampling=GREEDY, on_text=None, cancel=None) -> Completion:
    pieces: list[str] = []

    def take(piece: str) -> bool:
        pieces.append(piece)
        return on_text is None or on_text(piece)

    completion = voice.speak(session, messages, note, sampling, take, cancel=cancel)
    assert "".join(pieces) == completion.text
    return completion


def core(completion: Completion) -> tuple[str, int, bool]:
    """Return what of an answer does not depend on the last digits of a sum."""
    return completion.text, completion.tokens, completion.is_complete


class After:
    """Cancelled once it has been asked so often."""

    def __init__(self, times: int) -> None:
        self.left = times

    @property
    def is_cancelled(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root, made = tmp_path_factory.mktemp("families"), {}

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = family_model(root / name, name)
        return made[name]

    return folder


@pytest.fixture(scope="module")
def llama(folders):
    return folders("llama")


@pytest.fixture
def voice(llama):
    return open_voice(llama)


def play(kept, fresh, turns: int, seed: int) -> int:
    """Play a session with all that happens in one; return how many answers were compared."""
    random, messages, compared = Random(seed), list(OPENING), 0
    kept.prepare("s", messages)
    for turn in range(turns):
        happening = random.choices(
            ["talk", "retry", "branch", "edit", "cancel", "stop", "drawn"], [8, 2, 1, 2, 2, 2, 2]
        )[0]
        if happening == "branch" and len(messages) > 6:
            del messages[random.randrange(3, len(messages), 2) :]
        if happening == "retry" and len(messages) > 3:
            del messages[-2:]
        if happening == "edit" and len(messages) > 3:
            messages[-1] = answer(random.choice(SENTENCES))
        if messages[-1].role == "assistant" or len(messages) == 2:
            messages.append(user(f"{random.choice(SENTENCES)} {turn}"))
        note = NOTE.format(turn) if random.random() < 0.8 else ""
        if happening == "cancel":
            with contextlib.suppress(Cancelled):  # an answer of one token is over before
                said(kept, "s", messages, note, cancel=After(random.randrange(4)))
        if happening == "stop":
            said(kept, "s", messages, note, on_text=lambda _: False)
        sampling = Sampling(temperature=0.9, top_p=0.9, seed=turn, max_tokens=12) if happening == "drawn" else GREEDY
        found, expected = said(kept, "s", messages, note, sampling), said(fresh, "s", messages, note, sampling)
        fresh.forget("s")
        assert core(found) == core(expected)
        assert found.log_probability == pytest.approx(expected.log_probability, abs=1e-3)
        compared += 1
        messages.append(answer(found.text or "..."))
        if random.random() < 0.7:
            kept.prepare("s", messages)
            same_logits(kept)
    assert b"CANARY" not in kept._parts().loaded.tokenizer.decode(kept.kept_ids("s")).encode()
    return compared


def same_logits(voice) -> None:
    """Compare the logits after what is kept with those of one pass over the same tokens."""
    import torch

    reading, parts = voice._sessions["s"].reading, voice._parts()
    ids = list(reading.ids)
    with torch.inference_mode():
        whole = parts.loaded.model(input_ids=torch.tensor([ids])).logits[0, -1]
        kept = reading.read(ids)[0]
    assert float((whole - kept).abs().max()) < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_changes_no_answer(folders, kind):
    assert play(open_voice(folders(kind)), open_voice(folders(kind)), turns=14, seed=1) == 14


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_kept_changes_no_answer_in_a_long_session(folders, kind):
    for seed in (2, 3):
        assert play(open_voice(folders(kind)), open_voice(folders(kind)), turns=100, seed=seed) == 100


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_read_stays_and_nothing_is_read_twice(folders, kind):
    voice, messages = open_voice(folders(kind)), list(OPENING)
    voice.prepare("s", messages)
    before, one_token = voice.kept_ids("s"), Sampling(max_tokens=1)
    for turn in range(20):
        messages.append(user(f"{SENTENCES[turn % 5]} {turn}"))
        said(voice, "s", messages, NOTE.format(turn), one_token)
        assert voice.kept_ids("s")[: len(before)] == before
        messages.append(answer(f"{SENTENCES[turn % 7]} {turn}"))
        spent = voice.forwarded
        voice.prepare("s", messages)
        after = voice.kept_ids("s")
        assert after[: len(before)] == before
        # The answer, and what stands between it and what was kept before the note.
        assert voice.forwarded - spent <= len(after) - len(before)
        before = after
    spent = voice.forwarded
    voice.prepare("s", messages)
    assert voice.forwarded == spent


def test_a_note_leaves_no_trace(voice):
    messages = [*OPENING, user("How are you?")]
    tokenizer = voice._parts().loaded.tokenizer
    said(voice, "s", messages, NOTE.format(1))
    assert tokenizer.decode(voice.kept_ids("s")).endswith("How are you?")
    with pytest.raises(Cancelled):
        said(voice, "s", messages, NOTE.format(2), cancel=After(3))
    assert "CANARY" not in tokenizer.decode(voice.kept_ids("s"))
    assert said(voice, "s", messages, NOTE.format(1)).text != said(voice, "s", messages).text


@pytest.mark.parametrize(
    ("turns", "names"), [(40, "abcd"), pytest.param(1000, "abcdefgh", marks=pytest.mark.long)], ids=["short", "long"]
)
def test_sessions_never_see_each_other(voice, llama, turns, names):
    alone = {name: open_voice(llama) for name in names}
    talks = {name: [PERSONA, user(f"CANARY-{name} begins.")] for name in alone}
    tokenizer, random = voice._parts().loaded.tokenizer, Random(6)
    for turn in range(turns):
        name = random.choice(names)
        if len(talks[name]) > 60:
            del talks[name][20:]
        talk = talks[name]
        talk.append(user(f"{random.choice(SENTENCES)} CANARY-{name}"))
        if random.random() < 0.2:
            with contextlib.suppress(Cancelled):  # an answer of one token is over before
                said(voice, name, talk, f"CANARY-{name}", cancel=After(2))
        found = said(voice, name, talk, f"CANARY-{name} {turn}")
        assert core(found) == core(said(alone[name], name, talk, f"CANARY-{name} {turn}"))
        talk.append(answer(found.text or "..."))
        assert f"CANARY-{name}" in tokenizer.decode(voice.kept_ids(name))
        for other in alone:
            text = tokenizer.decode(voice.kept_ids(other))
            assert {f"CANARY-{each}" for each in alone if f"CANARY-{each}" in text} <= {f"CANARY-{other}"}


def test_sessions_used_longest_ago_are_let_go_of(llama):
    voice, talk = open_voice(llama, memory=1), [*OPENING, user("How are you?")]
    expected = said(voice, "a", talk)
    said(voice, "b", talk)
    assert (voice.kept_ids("a"), bool(voice.kept_ids("b"))) == ((), True)
    assert core(said(voice, "a", talk)) == core(expected)
    roomy = open_voice(llama)
    for name in "abc":
        said(roomy, name, talk)
    assert all(roomy.kept_ids(name) for name in "abc")
    roomy.forget("b")
    assert [bool(roomy.kept_ids(name)) for name in "abc"] == [True, False, True]
    roomy.forget("nobody")


def test_greedy_answers_are_those_of_plain_generation(llama, voice):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, plain = AutoTokenizer.from_pretrained(llama), AutoModelForCausalLM.from_pretrained(llama)
    messages = [*OPENING, user("What brings you in today?"), answer("My wife."), user("Why?")]
    ids = torch.tensor([voice._parts().loaded.template.ids(messages)])
    with torch.inference_mode():
        out = plain.generate(ids, do_sample=False, max_new_tokens=12)[0, ids.shape[1] :]
    assert said(voice, "s", messages).text == tokenizer.decode(out, skip_special_tokens=True).strip()


def test_a_seed_draws_the_same_again_and_another_seed_something_else(voice):
    talk, drawn = [*OPENING, user("Hi")], Sampling(temperature=1.0, top_p=0.95, max_tokens=20, seed=1)
    first = said(voice, "a", talk, "Be curt.", drawn)
    for session in "ab":
        assert core(said(voice, session, talk, "Be curt.", drawn)) == core(first)
    assert said(voice, "a", talk, "Be curt.", drawn.model_copy(update={"seed": 2})).text != first.text


def test_an_answer_stops_when_no_more_is_wanted_or_there_is_no_more_room(voice):
    talk = [*OPENING, user("Hi")]
    tries = (Sampling(temperature=1.5, max_tokens=200, seed=seed) for seed in range(50))
    drawn, whole = next((one, found) for one in tries if (found := said(voice, "s", talk, sampling=one)).tokens < 200)
    assert whole.is_complete
    taken: list[str] = []
    stopped = said(voice, "s", talk, "", drawn, lambda piece: taken.append(piece) or len(taken) < 2)
    assert len(taken) == 2
    assert not stopped.is_complete
    assert whole.text.startswith(stopped.text)
    short = said(voice, "s", talk, sampling=drawn.model_copy(update={"max_tokens": 3}))
    assert (short.tokens, short.is_complete) == (3, False)


def test_cancelling_stops_reading_too(voice):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        said(voice, "s", [*OPENING, user("Hi")], cancel=token)
    with pytest.raises(Cancelled):
        voice.prepare("s", OPENING, cancel=token)
    assert voice.kept_ids("s") == ()
    long = [PERSONA, user("word " * 3000)]
    with pytest.raises(Cancelled):
        voice.prepare("s", long, cancel=After(2))
    assert len(voice.kept_ids("s")) == 256


def test_a_stop_ends_an_answer(llama):
    talk, long = [*OPENING, user("Hi")], Sampling(max_tokens=200)
    text = said(open_voice(llama), "s", talk, sampling=long).text
    stop = text[4:6]
    found = said(open_voice(llama, stops=[stop]), "s", talk, sampling=long)
    assert found.text == text.partition(stop)[0].strip()
    assert found.is_complete


def test_thinking_is_never_drawn(folders):
    voice = open_voice(folders("thinker"))
    wild = [Sampling(temperature=5.0, max_tokens=60, seed=seed) for seed in range(10)]
    drawn: list[int] = []
    for sampling in wild:
        voice._speak("s", [*OPENING, user("Hi")], "", sampling, lambda _: True, None, drawn.append)
    think = voice._parts().loaded.tokenizer.convert_tokens_to_ids("<think>")
    assert len(set(drawn)) > 100
    assert think not in drawn


def test_a_talk_without_room_loses_its_early_turns(tmp_path):
    voice = open_voice(family_model(tmp_path / "short", "llama", max_position_embeddings=500))
    tokenizer, messages = voice._parts().loaded.tokenizer, list(OPENING)
    for turn in range(30):
        messages += [user(f"What brings you in today, number {turn}?")]
        found = said(voice, "s", messages, NOTE.format(turn))
        assert len(voice.kept_ids("s")) + found.tokens < 500
        messages += [answer("My wife said I should come.")]
    text = tokenizer.decode(voice.kept_ids("s"))
    assert PERSONA.content.strip() in text
    assert "number 29?" in text
    assert "number 2?" not in text
    with pytest.raises(ModelUnavailable, match="too long"):
        said(voice, "s", [*OPENING, user("word " * 500)])


def test_memory_that_runs_out_costs_other_sessions_then_early_talk_then_the_answer(llama):
    import torch

    voice, talk = open_voice(llama), [*OPENING]
    for turn in range(30):
        talk += [user(f"What brings you in today, number {turn}?"), answer("My wife said I should come.")]
    talk.append(user("Why?"))
    expected = said(voice, "s", talk)
    said(voice, "other", talk)
    model = voice._parts().loaded.model
    plain, failures = model.forward, 0

    def forward(**named):
        nonlocal failures
        if failures:
            failures -= 1
            raise torch.OutOfMemoryError
        return plain(**named)

    model.forward, failures = forward, 1
    assert core(said(voice, "s", talk)) == core(expected)
    assert voice.kept_ids("other") == ()
    failures, whole = 1, len(voice.kept_ids("s"))
    said(voice, "s", talk)
    assert 0 < len(voice.kept_ids("s")) <= whole // 2 + 20
    failures = 100
    with pytest.raises(DeviceFailed, match="not enough memory"):
        said(voice, "s", talk)


def test_a_failing_device_is_put_into_words_and_a_failing_caller_is_not(voice):
    talk = [*OPENING, user("Hi")]

    def complain(_: str) -> bool:
        raise RuntimeError("the window is gone")

    with pytest.raises(RuntimeError, match="window"):
        said(voice, "s", talk, on_text=complain)

    def fail(**_):
        raise RuntimeError("device-side assert")

    expected, model = said(voice, "s", talk), voice._parts().loaded.model
    plain, model.forward = model.forward, fail
    with pytest.raises(DeviceFailed, match="stopped"):
        said(voice, "s", [*talk, answer("Hm"), user("And?")])
    model.forward = plain
    assert core(said(voice, "s", talk)) == core(expected)


def test_only_answers_to_the_user_are_given(voice):
    for messages in ([], [*OPENING, answer("Hm")]):
        with pytest.raises(BugError):
            said(voice, "s", messages)
    with pytest.raises(BugError):
        said(voice, "s", OPENING, sampling=Sampling(samples=2))


def test_the_canary_tells_models_apart(llama, folders, voice):
    first = voice.canary()
    said(voice, "s", [*OPENING, user("Hi")])
    assert voice.canary() == first == open_voice(llama).canary()
    assert first
    assert open_voice(folders("thinker")).canary() != first


def test_a_model_that_cannot_go_back_is_refused(tmp_path):
    folder = tiny_chat_model(tmp_path / "mamba", kind="mamba2", num_heads=8, n_groups=1)
    with pytest.raises(ModelUnavailable, match="no cache"):
        open_voice(folder).load()
    mixed = tiny_chat_model(tmp_path / "mixed", kind="falcon_h1", mamba_n_heads=8, mamba_d_head=8, mamba_d_ssm=64)
    with pytest.raises(ModelUnavailable, match="cannot be rewound"):
        open_voice(mixed).load()


def test_only_a_folder_with_safetensors_has_a_voice(llama, tmp_path):
    bare = Path(shutil.copytree(llama, tmp_path / "bare"))
    (bare / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match="no language model"):
        open_voice(bare).prepare("s", OPENING)
    assert open_voice(llama).model_id.startswith("llama@")


@pytest.mark.parametrize("kind", ["llama", "qwen", "gemma", "mistral"])
def test_steps_of_fixed_shape_draw_the_same_and_are_compiled_once(folders, kind):
    import torch

    compiled: list[int] = []

    def backend(module, examples):
        compiled.append(len(examples))
        return module.forward

    static, plain = open_voice(folders(kind)), open_voice(folders(kind))
    steps = StaticDecoder(
        static._parts().loaded.model, 1024, lambda forward: torch.compile(forward, backend=backend, dynamic=False)
    )
    object.__setattr__(static._parts(), "static", steps)
    messages = list(OPENING)
    for turn in range(6):
        messages.append(user(SENTENCES[turn]))
        found, expected = said(static, "s", messages, NOTE), said(plain, "s", messages, NOTE)
        assert found.text == expected.text
        assert found.log_probability == pytest.approx(expected.log_probability, abs=1e-3)
        messages.append(answer(found.text or "..."))
    assert len(compiled) == 1


@pytest.mark.parametrize("fails_at", [0, 3])
def test_steps_that_cannot_be_compiled_are_made_plainly(llama, voice, caplog, fails_at):
    static, talk = open_voice(llama), [*OPENING, user("Hi")]
    model, calls = static._parts().loaded.model, []

    def compiled(forward):
        def step(**named):
            calls.append(1)
            if len(calls) > fails_at:
                raise ValueError("no compiler here")
            return forward(**named)

        return step

    object.__setattr__(static._parts(), "static", StaticDecoder(model, 1024, compiled))
    assert said(static, "s", talk).text == said(voice, "s", talk).text
    assert said(static, "s", talk).text == said(voice, "s", talk).text
    assert len(calls) == fails_at + 1
    assert "no compiler here" in caplog.text
