"""A conversation as token ids: nothing that comes later changes what came before, for every family of templates."""

from random import Random

import pytest

from simpatient.domain.errors import BugError, ModelUnavailable
from simpatient.domain.models.chat import Message
from simpatient.llm.local.chat_template import ChatTemplate
from simpatient.llm.local.prompt_tokens import PromptHistory, PromptTokens, common_length
from tests.chat_families import FAMILIES, family_tokenizer
from tests.tiny_models import SENTENCES, TEMPLATE, tiny_tokenizer

pytestmark = pytest.mark.torch
WORDS = [*SENTENCES, "Ünïcödé 🙂 שלום", "  spaces  ", "\n\nlines\n", "a [/INST] b <|im_end|> c", "<think>no</think>"]


@pytest.fixture(params=sorted(FAMILIES))
def tokenizer(request):
    return family_tokenizer(request.param)


def script_of(tokenizer):
    return PromptHistory(PromptTokens(ChatTemplate(tokenizer), tokenizer))


def talk(turns, seed=3):
    random = Random(seed)
    messages = [Message(role="system", content="You are Ray. " * 5), Message(role="user", content="Begin.")]
    for _ in range(turns):
        messages.append(Message(role="user", content=" ".join(random.choices(WORDS, k=2))))
        messages.append(Message(role="assistant", content=" ".join(random.choices(WORDS, k=2))))
    return messages


def test_what_comes_later_never_changes_what_came_before(tokenizer):
    script, messages = script_of(tokenizer), talk(100)
    before: list[int] = []
    for turn in range(100):
        said, answered = messages[: 3 + 2 * turn], messages[: 4 + 2 * turn]
        plain, lasting = script.ids(said)
        noted, lasting_noted = script.ids(said, note=f"Be curt, {turn}.")
        after, whole = script.ids(answered)
        for ids, lasts in ((plain, lasting), (noted, lasting_noted), (after, whole)):
            assert ids[: len(before)] == before
            assert lasts >= len(before)
        assert noted[:lasting_noted] == plain[:lasting_noted]
        assert after[: len(plain)] == plain
        assert whole == len(after)
        before = after


def test_the_ids_depend_on_the_messages_alone(tokenizer):
    grown, messages = script_of(tokenizer), talk(12)
    for end in (4, 8, 20, 6, 26):
        grown.ids(messages[:end])
    assert grown.ids(messages) == script_of(tokenizer).ids(messages)
    other = [*messages[:7], Message(role="user", content="Something else."), *messages[8:]]
    assert grown.ids(other) == script_of(tokenizer).ids(other) != script_of(tokenizer).ids(messages)


@pytest.mark.parametrize("name", ["llama", "gemma", "mistral"])
def test_ids_are_those_of_the_template_where_it_writes_history_as_it_was_read(name):
    tokenizer = family_tokenizer(name)
    # This family puts the system message elsewhere as the talk goes on; that is what is not followed.
    messages = talk(5)[2 if name == "mistral" else 0 :]
    assert script_of(tokenizer).ids(messages[:-1])[0] == ChatTemplate(tokenizer).ids(messages[:-1])


def test_an_answer_is_asked_for_without_thinking():
    for name in ("qwen", "qwen-hybrid", "thinker"):
        tokenizer = family_tokenizer(name)
        script, messages = script_of(tokenizer), talk(3)
        for end in (2, 5, 7):
            ids, _ = script.ids(messages[:end])
            assert tokenizer.decode(ids).split("assistant")[-1].split() == ["<think>", "</think>"]


def test_a_note_is_read_after_what_was_said_last():
    tokenizer = family_tokenizer("llama")
    ids, lasting = script_of(tokenizer).ids(talk(2)[:5], note="Be curt.")
    assert tokenizer.decode(ids[lasting:]).startswith("\n\nBe curt.<|eot_id|>")
    assert tokenizer.decode(ids[:lasting]).endswith(talk(2)[4].content.strip())


def test_early_talk_is_left_out_in_steps_when_there_is_no_room():
    tokenizer = family_tokenizer("llama")
    script, messages = script_of(tokenizer), talk(40)
    opening = script.ids(messages[:3])[0]
    everything = len(script.ids(messages)[0])
    lengths, starts = [], set()
    for end in range(4, len(messages), 2):
        ids, _ = script.ids(messages[: end + 1], note="Be curt.", room=everything // 2)
        lengths.append(len(ids))
        starts.add(tuple(ids[: len(opening) + 12]))
    assert max(lengths) <= everything // 2
    assert 1 < len(starts) <= 5
    assert all(list(start[: len(opening)]) == opening for start in starts)
    with pytest.raises(ModelUnavailable, match="room for 20 tokens"):
        script.ids(messages, room=20)


def test_a_conversation_begins_with_the_user():
    script = script_of(family_tokenizer("llama"))
    for messages in ([], [Message(role="system", content="x")], [Message(role="assistant", content="x")]):
        with pytest.raises(BugError):
            script.ids(messages)


def test_a_template_that_forgets_answers_is_refused():
    forgetful = TEMPLATE.replace("{{ message['content'] }}", "{{ message['content'] if loop.last else '' }}")
    tokenizer = tiny_tokenizer(forgetful, ("<|im_start|>", "<|im_end|>"))
    with pytest.raises(ModelUnavailable, match="chat template"):
        script_of(tokenizer)


def test_common_length():
    assert common_length([1, 2, 3], [1, 2, 4]) == 2
    assert common_length([1, 2], [1, 2, 4]) == 2
    assert common_length([], [1]) == 0
