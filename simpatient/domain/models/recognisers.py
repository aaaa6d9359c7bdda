"""Speech recognisers as things one can fetch and choose, and the rules by which their words are believed.

Knows no library, file or network. A gigabyte (GB) is 10^9 bytes throughout.
"""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Words
from simpatient.domain.models.chat_models import Machine

ENGLISH = "en"
RecogniserId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$", max_length=40)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*\.pt$", max_length=80)]
Address = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=400)]


class RecogniserWeights(Value):
    """The weights of a recogniser.

    Attributes:
        file: Name of the file, at its source and on this computer.
        sha256: Checksum of that file; nothing else is ever loaded.
        disk_gb: About how large the file is; what is true is the checksum.
        gpu_gb: Memory it takes on a graphics card.
        ram_gb: Memory it takes on the processor.
        cores: Processor cores from which it keeps up with conversation without a graphics card; 0 where it never does.
        rank: How accurate it is among the others here; higher is better.
        languages: Codes of the languages it supports; ``many`` for those of the multilingual weights.
    """

    id: RecogniserId
    title: Words
    file: FileName
    url: Address
    sha256: Sha256
    disk_gb: float = Field(gt=0)
    gpu_gb: float = Field(gt=0)
    ram_gb: float = Field(gt=0)
    cores: int = Field(ge=0)
    rank: int = Field(ge=1, le=100)
    languages: tuple[Words, ...] = Field(min_length=1)
    good_for: Words

    @property
    def model_id(self) -> str:
        """Name and content hash, for provenance."""
        return f"whisper-{self.id}@{self.sha256[:12]}"

    def hears(self, language: str) -> bool:
        """Whether it was trained on a language."""
        return language in self.languages or "many" in self.languages


class RecogniserCatalogue(Value):
    """Recognisers there are."""

    schema_version: Literal[1] = 1
    source: Words
    licence: Words
    recognisers: tuple[RecogniserWeights, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "RecogniserCatalogue":
        ids = [each.id for each in self.recognisers]
        if len(set(ids)) < len(ids):
            raise ValueError("an id is used twice")
        return self


class BeliefRules(Value):
    """When a recogniser's words are rejected: given silence, a model still writes something.

    Attributes:
        source: Where the figures come from.
        no_speech: Probability of no speech above which, with a log probability below ``log_probability``,
            there was none.
        log_probability: Average over the tokens, natural logarithm; below it the words are in doubt.
        hopeless_log_probability: Below it they are not believed at all.
        compression: Length of the text over its compressed length; above it the text goes round in circles.
        word_repeats: How often in a row one word may come.
        phrase_repeats: How often in a row several words may come.
        doubtful_no_speech: A ``doubtful_phrases`` is believed only below this probability of no speech.
        doubtful_confidence: And only with at least this confidence.
        tokens_per_s: More tokens a second than anybody speaks.
        silence_phrases: What is written for silence and never said in a session, in lower case, no punctuation.
        doubtful_phrases: What is written for silence but may well be said.
    """

    schema_version: Literal[1] = 1
    source: Words
    no_speech: float = Field(ge=0, le=1)
    log_probability: float
    hopeless_log_probability: float
    compression: float = Field(gt=0)
    word_repeats: int = Field(ge=2)
    phrase_repeats: int = Field(ge=2)
    doubtful_no_speech: float = Field(ge=0, le=1)
    doubtful_confidence: float = Field(ge=0, le=1)
    tokens_per_s: float = Field(gt=0)
    silence_phrases: tuple[Words, ...]
    doubtful_phrases: tuple[Words, ...]


def suits(weights: RecogniserWeights, machine: Machine, cores: int) -> bool:
    """Whether weights keep up with talk on this machine, as it is now."""
    best_card = max((gpu.free_gb for gpu in machine.gpus), default=0.0)
    if weights.gpu_gb <= best_card:
        return True
    return 0 < weights.cores <= cores and weights.ram_gb <= machine.ram_free_gb


def choose_weights(
    known: Sequence[RecogniserWeights],
    machine: Machine,
    cores: int,
    *,
    language: str = ENGLISH,
    among: Collection[str] | None = None,
) -> RecogniserWeights | None:
    """Return the best weights that keep up on this machine; where none does, the smallest for the language.

    Args:
        known: All weights.
        machine: Memory as it is now.
        cores: Processor cores.
        language: Code of the language that is spoken.
        among: Ids to choose from, as those that are on this computer; all where None.
    """
    fit = [each for each in known if each.hears(language) and (among is None or each.id in among)]
    suited = [each for each in fit if suits(each, machine, cores)]
    if suited:
        return max(suited, key=lambda each: each.rank)
    return min(fit, key=lambda each: (each.ram_gb, -each.rank), default=None)
