"""The exported encoder gives what the published one gives on torch: tokens, vectors, codes."""

from pathlib import Path

import numpy as np
import pytest

from simpatient.assessment.coding.coder import EmbeddedCoder
from simpatient.assessment.coding.coder_weights import CoderWeights, load_weights
from simpatient.bootstrap import coding
from simpatient.content.library import open_library
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.ports import EncodingRequest
from simpatient.domain.session.session import TranscriptTurn
from simpatient.llm.encoder.embedder import CachedEncoder, OnnxEncoder, find_model
from simpatient.llm.encoder.embedder_graphs import read_description
from tests.assessment.sentences import SENTENCES

pytest.importorskip("torch")
pytest.importorskip("transformers")

from tests.llm.reference_encoder import ReferenceEncoder

pytestmark = pytest.mark.torch
GRAPHS = bundled_root().joinpath(*coding.ENCODER_FOLDER)
HOSTILE = ["", " ", "x" * 100_000, "\ud800 broken", "\x00\x07", "👩‍👩‍👧 שלום", "<b>&amp;</b>", "word " * 20_000]


@pytest.fixture(scope="module")
def reference() -> ReferenceEncoder:
    return ReferenceEncoder(GRAPHS)


@pytest.fixture(scope="module")
def weights() -> CoderWeights:
    return load_weights(bundled_root().joinpath(*coding.CODER_FOLDER))


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What trainees and patients say: the coder's test sentences and the bundled patients' first lines."""
    personas = open_library(tmp_path_factory.mktemp("home")).personas()
    said = [line.say[0] for persona in personas for line in persona.lines][::3]
    asked = [text for text, _ in SENTENCES]
    return [text for pair in zip(said, [*asked, *asked, *asked], strict=False) for text in pair][:300]


def _turn(at: int, text: str) -> TranscriptTurn:
    return TranscriptTurn(session_id="s", turn=at, speaker="trainee" if at % 2 else "patient", text=text)


def test_the_tokens_are_the_same(reference: ReferenceEncoder, lines: list[str]) -> None:
    from simpatient.llm.encoder.embedder import MAX_CHARACTERS, TOKENIZER, open_tokenizer

    description = read_description(GRAPHS)
    tokenizer = open_tokenizer(find_model(description) / TOKENIZER, description.max_tokens)
    for text in [*lines, *HOSTILE]:
        shown = text.encode("utf-8", "replace").decode("utf-8")[:MAX_CHARACTERS]
        assert tokenizer.encode(shown).ids == reference.token_ids(text)


def test_the_vectors_are_the_same(reference: ReferenceEncoder, minilm: OnnxEncoder, lines: list[str]) -> None:
    texts = [*lines[:60], *HOSTILE]
    np.testing.assert_allclose(minilm.encode(texts), reference.encode(texts), atol=2e-6)


def test_what_is_read_is_the_same(
    reference: ReferenceEncoder, minilm: OnnxEncoder, weights: CoderWeights, lines: list[str]
) -> None:
    texts = [*lines[:40], HOSTILE[3], *HOSTILE[5:7]]
    readings = [
        EncodingRequest(text, before, ((0, len(text) // 2),)) for text, before in zip(texts[1:], texts, strict=False)
    ]
    for adapter, atol in ((weights.adapter, 2e-5), (None, 2e-6)):
        ours, theirs = minilm.read(adapter, readings), reference.read(adapter, readings)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, atol=atol)


def test_the_codes_are_the_same(
    reference: ReferenceEncoder, minilm: OnnxEncoder, weights: CoderWeights, lines: list[str]
) -> None:
    """Of at least 99.5 % of utterances, with turns of one and of two sentences, on the turn before."""
    ours, theirs = (EmbeddedCoder(CachedEncoder(one), weights) for one in (minilm, reference))
    transcript = [_turn(at, text if at % 3 else f"{text} {lines[at - 1]}") for at, text in enumerate(lines)]
    same = total = 0
    for one, other in zip(ours.code_transcript(transcript), theirs.code_transcript(transcript), strict=True):
        assert (one.talk and one.talk.code) == (other.talk and other.talk.code)
        pairs = list(zip(one.utterance_codes(), other.utterance_codes(), strict=True))
        total += len(pairs)
        same += sum(a == b for a, b in pairs)
    assert total > 200
    assert same >= 0.995 * total


def test_the_numbers_do_not_depend_on_threads_or_company(
    minilm: OnnxEncoder, weights: CoderWeights, lines: list[str]
) -> None:
    """To the last bit, so that a session is the same on every number of processors."""
    two = coding.sentence_encoder(threads=2)
    np.testing.assert_array_equal(two.encode(lines), minilm.encode(lines))
    alone = np.concatenate([minilm.encode([text]) for text in lines[:50]])
    np.testing.assert_array_equal(alone, minilm.encode(lines)[:50])
    readings = [EncodingRequest(text, before) for text, before in zip(lines[1:50], lines, strict=False)]
    for one, other in zip(minilm.read(weights.adapter, readings), two.read(weights.adapter, readings), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_graphs_are_what_the_export_writes(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from simpatient.tuning.encoder_export import export_encoder

    description = GRAPHS / "encoder.json"
    (tmp_path / description.name).write_bytes(description.read_bytes())
    for file in export_encoder(find_model(read_description(GRAPHS)), tmp_path):
        assert file.read_bytes() == (GRAPHS / file.name).read_bytes(), "run `simpatient tune export-encoder`"
