"""Builds the sentence encoder and the coders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simpatient.content.reading.locations import bundled_root
from simpatient.content.reading.yaml_source import read_yaml
from simpatient.domain.errors import (
    NotFound,
)
from simpatient.domain.ports import ChatModel, ReadingEncoder, RememberingEncoder
from simpatient.services.ports import ContentLibrary

if TYPE_CHECKING:
    from simpatient.assessment.coding.coder import EmbeddedCoder
    from simpatient.assessment.coding.llm_coder import LlmCoder
    from simpatient.llm.encoder.embedder import CachedEncoder, OnnxEncoder


ENCODER_FOLDER = ("assets", "models", "encoder")
VECTORS = ("assets", "models", "vectors")


CODER_FOLDER = ("assets", "models", "coder")


LABEL_RULES = ("assets", "exemplars", "heads.yaml")


CODE_TRAINEE, CODE_PATIENT, GRADE = "code-trainee", "code-patient", "grade"


def cached(encoder: ReadingEncoder, home: Path) -> CachedEncoder:
    """Return the encoder with its memory; sets of texts are kept under the home folder."""
    from simpatient.llm.encoder.embedder import CachedEncoder

    return CachedEncoder(encoder, home / "cache" / "embeddings", shipped=bundled_root().joinpath(*VECTORS))


def open_coder(encoder: RememberingEncoder) -> EmbeddedCoder:
    """Return the embedded coder with its shipped weights.

    Raises:
        ModelUnavailable: The weights are missing or do not fit the encoder.
    """
    from simpatient.assessment.coding.coder import EmbeddedCoder
    from simpatient.assessment.coding.coder_weights import load_weights

    return EmbeddedCoder(encoder, load_weights(bundled_root().joinpath(*CODER_FOLDER)))


def open_llm_coder(model: ChatModel, library: ContentLibrary) -> LlmCoder:
    """Return the coder that asks a chat model, for the same scheme and by the same rules as the embedded one.

    Raises:
        ContentError: Prompts, scheme and rules do not belong together.
        NotFound: A prompt or the scheme is missing.
    """
    from simpatient.assessment.coding.llm_coder import LlmCoder
    from simpatient.assessment.coding.turn_labels import read_turn_rules

    rules = read_turn_rules(read_yaml(bundled_root().joinpath(*LABEL_RULES)).data)
    scheme = next((scheme for scheme in library.schemes() if scheme.id == rules.rules.scheme), None)
    if scheme is None:
        raise NotFound(f'There is no scheme "{rules.rules.scheme}".', "Install the program again.")
    return LlmCoder(model, scheme, rules, library.prompt(CODE_TRAINEE), library.prompt(CODE_PATIENT))


def sentence_encoder(*, threads: int = 1) -> OnnxEncoder:
    """Return the sentence encoder; it is loaded at its first use.

    Raises:
        ModelUnavailable: The description of its graphs is missing or damaged.
    """
    from simpatient.llm.encoder.embedder import OnnxEncoder

    return OnnxEncoder(bundled_root().joinpath(*ENCODER_FOLDER), threads=threads)


def remembering_encoder(home: Path) -> RememberingEncoder:
    """Return the sentence encoder with its memory under ``home``."""
    return cached(sentence_encoder(), home)
