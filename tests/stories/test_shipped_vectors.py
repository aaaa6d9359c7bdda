"""The first talk with a bundled patient waits for no encoding: the shipped vectors are those of today's content."""

from collections.abc import Sequence

import pytest

from simpatient.bootstrap import coding
from simpatient.content.library import FileContentLibrary
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.ports import Embeddings
from simpatient.llm.encoder.embedder import CachedEncoder
from simpatient.patient.understanding.persona_index import build_index
from simpatient.services.sessions.minds import MindStore

SHIPPED = bundled_root().joinpath(*coding.VECTORS)


class NoEncoder:
    """Stands where the model would be; being asked anything means that vectors are missing."""

    model_id = coding.sentence_encoder().model_id

    def encode(self, texts: Sequence[str]) -> Embeddings:
        raise AssertionError("run `simpatient tune content-vectors --out assets/models/vectors`")


def test_the_shipped_vectors_are_those_of_the_bundled_content_and_nothing_more(library: FileContentLibrary) -> None:
    encoder = CachedEncoder(NoEncoder(), None, shipped=SHIPPED)
    personas = library.personas()
    for persona in personas:
        assert len(build_index(persona, library.intents(), encoder).line_vectors) > 250
        MindStore(library, encoder).build(persona).guard.prepare()
    assert len(list(SHIPPED.glob("*.npy"))) == 2 * len(personas) + 2


@pytest.mark.torch
def test_the_shipped_vectors_are_what_the_encoder_gives(library: FileContentLibrary, encoder: CachedEncoder) -> None:
    persona = library.personas()[0]
    texts = [line.say[0] for line in persona.lines[:20]]
    index = build_index(persona, library.intents(), CachedEncoder(NoEncoder(), None, shipped=SHIPPED))
    rows = {variant.text: index.line_vectors[variant.row] for variant in index.variants}
    fresh = coding.sentence_encoder().encode(texts)
    assert min(float(rows[text] @ row) for text, row in zip(texts, fresh, strict=True)) > 0.999
