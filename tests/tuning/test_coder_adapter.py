"""The adapter's trainer on a tiny encoder: it learns, repeats itself, and the runtime reads the same."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from simpatient.bootstrap import coding
from simpatient.tuning.coder.coder_data import Example, spoken

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from simpatient.domain.ports import EncodingRequest
from simpatient.llm.encoder.embedder_graphs import PARTS
from simpatient.tuning.coder.coder_adapter import AdapterTarget, AdapterTrainer, Item, Plan, tokens_of
from simpatient.tuning.coder.coder_fit import split

WIDTH = 64
PLAN = Plan(layer=1, rank=4, epochs=6, rate=5e-3, reduced=False)
NO_CUES = np.zeros(3, dtype=np.float32)


class TinyEncoder:
    """A random layer over random word vectors."""

    model_id = "tiny@1"

    def encode(self, texts: Sequence[str]) -> Any:
        raise AssertionError("training asks for states only")

    def states(self, texts: Sequence[str]) -> list[Any]:
        return [self._one(text) for text in texts]

    def top_layers(self, first: int) -> list[dict[str, Any]]:
        random = np.random.default_rng(first)
        sizes = {"grow": (2 * WIDTH, WIDTH), "shrink": (WIDTH, 2 * WIDTH)}
        found: dict[str, Any] = {}
        for name in PARTS:
            shape = sizes.get(name, (WIDTH, WIDTH))
            found[f"{name}.weight"] = random.normal(0, 0.1, shape).astype(np.float32)
            found[f"{name}.bias"] = np.zeros(shape[0], dtype=np.float32)
        for name in ("mix_norm", "out_norm"):
            found[f"{name}.weight"], found[f"{name}.bias"] = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
        return [found]

    def _one(self, text: str) -> Any:
        words, offsets, at = text.split(), [], 0
        rows = [np.random.default_rng(sum(map(ord, word))).standard_normal(WIDTH) for word in words]
        for word in words:
            offsets.append((at, at + len(word)))
            at += len(word) + 1
        return SimpleNamespace(values=np.asarray(rows, dtype=np.float32), offsets=np.asarray(offsets))


def _item(text: str, label: int, fold: int, span: tuple[int, int] | None = None) -> Item:
    return Item(text, "before that", (AdapterTarget(span, {"head": label}, NO_CUES),), 1.0, fold)


def _items() -> list[Item]:
    words = ["red", "green", "blue", "grey", "pink", "teal"]
    return [
        _item(f"{word} {kind} thing", int(kind == "cold"), at % 3)
        for at, word in enumerate(words * 4)
        for kind in ("warm", "cold")
    ]


def test_learns_what_tells_labels_apart_and_repeats_itself() -> None:
    items = _items()
    first = AdapterTrainer(TinyEncoder(), items, {"head": 2}, PLAN, 0)
    trained = first.train(0)
    held_out = [item for item in items if item.fold == 0]
    found = first.scores(trained, held_out, "head").argmax(1)
    assert (found == [item.targets[0].labels["head"] for item in held_out]).mean() > 0.9
    again = AdapterTrainer(TinyEncoder(), items, {"head": 2}, PLAN, 0).train(0)
    assert again.adapter.id == trained.adapter.id
    assert AdapterTrainer(TinyEncoder(), items, {"head": 2}, PLAN, 1).train(0).adapter.id != trained.adapter.id


def test_a_part_of_a_turn_is_learnt_from_its_own_words() -> None:
    targets = (AdapterTarget((0, 4), {"head": 0}, NO_CUES), AdapterTarget((5, 9), {"head": 1}, NO_CUES))
    items = [Item("warm cold", "", targets, 1.0, 0) for _ in range(40)]
    trainer = AdapterTrainer(TinyEncoder(), items, {"head": 2}, PLAN, 0)
    swapped = [_item("warm cold", 0, 0, (0, 4)), _item("warm cold", 1, 0, (5, 9))]
    assert trainer.scores(trainer.train(None), swapped, "head").argmax(1).tolist() == [0, 1]


def test_tokens_of_a_span() -> None:
    offsets = np.array([[0, 0], [0, 3], [4, 7], [0, 0]])
    assert tokens_of(offsets, None).tolist() == [0, 1, 2, 3]
    assert tokens_of(offsets, (4, 7)).tolist() == [2]
    assert tokens_of(offsets, (90, 99)).tolist() == [0, 1, 2, 3]


@pytest.mark.torch
def test_the_runtime_reads_what_was_trained() -> None:
    """The adapter runs in two places, training and runtime; both must give the same vectors."""
    encoder = coding.sentence_encoder()
    text, before = "You miss her. What would help?", "My sister moved away."
    item = Item(
        text, before, (AdapterTarget((14, 30), {"head": 1}, NO_CUES), AdapterTarget(None, {"head": 0}, NO_CUES)), 1.0, 0
    )
    trainer = AdapterTrainer(encoder, [item] * 32, {"head": 2}, Plan(epochs=3, rate=0.01, reduced=False), 0)
    trained = trainer.train(None)
    table, bias = trained.tables["head"]
    rows = encoder.read(trained.adapter, [EncodingRequest(text, before, ((14, 30),))])[0]
    scores = np.hstack([rows[2, 384:], NO_CUES]) @ table + bias
    np.testing.assert_allclose(scores, trainer.scores(trained, [item], "head")[0], atol=0.02)


def test_a_bare_transcript_has_no_marks() -> None:
    examples = [Example("Well, you're sad. Aren't you?", group="a"), Example("Mm.", group="a")]
    assert [one.text for one in spoken(examples, 1)] == ["well you're sad aren't you"]


def test_split_keeps_conversations_whole_and_folds_even() -> None:
    turns = [str(number) for number in range(20) for _ in range(3)]
    lines = {f"exemplar-{at}": "abc"[at % 3] for at in range(60)}
    folds = split(turns, lines, 0)
    assert set(folds) == {*turns, *lines}
    assert set(folds.values()) == set(range(5))
    assert all(sum(folds[line] == fold for line in lines) == 12 for fold in range(5))
