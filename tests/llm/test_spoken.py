"""Text that is passed on token by token: all of it, only whole letters, no thinking, nothing after a stop."""

import functools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.llm.output.visible_text import Spoken
from tests.tiny_models import tiny_tokenizer

pytestmark = pytest.mark.torch
STOPS = ("\nTherapist:", "[INST]")
WORDS = st.sampled_from(
    ["I", " am", "  tired", ".\n", "🙂", "é", "שלום", "<", "[", "\nThe", "think", ">", " ", "<think"]
)


@functools.cache
def tokenizer():
    return tiny_tokenizer(None, ("<|im_start|>", "<|im_end|>"), ("<think>", "</think>"))


def ids(text):
    return tokenizer()(text, add_special_tokens=False)["input_ids"]


def spoken(tokens):
    found = Spoken(tokenizer(), frozenset(tokenizer().all_special_ids), STOPS)
    pieces = [found.add(token) for token in tokens]
    pieces.append(found.finish())
    assert "".join(pieces) == found.text
    return found, pieces


@given(st.lists(WORDS, max_size=30).map("".join))
def test_everything_is_passed_on_but_space_at_both_ends(text):
    found, _ = spoken(ids(text))
    expected = text.split("<think>")[0] if "<think>" in text else text
    assert found.text == expected.strip()


@given(st.text(max_size=20))
def test_any_text_comes_through_whole(text):
    if any(mark in text for mark in (*STOPS, "<think", "[THINK]", "<|im_", "\ufffd")):
        return  # the last is how tokenizers write half a letter
    assert spoken(ids(text))[0].text == text.strip()


@given(st.lists(WORDS, max_size=10).map("".join), st.lists(WORDS, max_size=10).map("".join))
def test_nothing_after_a_stop_is_passed_on(before, after):
    if "<think>" in before or any(stop in before for stop in STOPS):
        return
    found, _ = spoken(ids(f"{before}[INST]{after}"))
    assert found.text == before.strip()
    assert found.has_stopped


def test_thinking_is_never_passed_on():
    for text in (
        "<think>He wants me to be sad.</think>\n\nI'm fine.",
        "<thinking>Sad\n</thinking>I'm fine.",
        "[THINK]x[/THINK] I'm fine.",
        "I'm <think>hm</think>fine.",
        "I'm fine.<think>never closed, \nTherapist: ",
    ):
        found, pieces = spoken(ids(text))
        assert found.text == "I'm fine."
        assert not found.has_stopped
        assert not any("hm" in piece or "ad" in piece for piece in pieces)


def test_letters_of_several_tokens_come_whole_and_early():
    found, pieces = spoken(ids("Yes 🙂. And é."))
    assert found.text == "Yes 🙂. And é."
    assert all("\ufffd" not in piece for piece in pieces)
    assert sum(map(bool, pieces)) > 5
    cut = spoken(ids("Yes 🙂")[:-1])[0]
    assert cut.text == "Yes"


def test_rubbish_of_a_broken_model_is_no_error():
    random, vocabulary = Random(4), len(tokenizer())
    for _ in range(50):
        found, _ = spoken([random.randrange(vocabulary) for _ in range(60)])
        assert found.text == found.text.strip()
        assert "<|im_" not in found.text
