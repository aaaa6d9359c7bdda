"""Chat models as things one can fetch, keep and run: catalogue entries, machines, fits, measurements.

Knows no library, file or network. A gigabyte (GB) is 10^9 bytes throughout.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from simpatient.domain.base import Value
from simpatient.domain.content.persona import Slug, Words

GB = 1_000_000_000
Precision = Literal["bf16", "4bit", "fp32"]
Verdict = Literal["fits", "quantised", "slow", "too_big", "unknown"]
HubId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", max_length=120)]
Commit = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40})?$")]

# Bytes per weight. 4 bit: the weights themselves plus the scales of blocks of 64 (Dettmers et al. 2023, QLoRA).
_BYTES: dict[Precision, float] = {"bf16": 2.0, "4bit": 0.6, "fp32": 4.0}
# Context for which memory is reckoned: a persona and about 100 turns.
SESSION_TOKENS = 8192
# What a process with torch on a GPU holds beside weights and keys: its context and the activations of one call.
_BESIDE = 1.0 * GB


class CatalogueModel(Value):
    """A model that is recommended.

    Attributes:
        hub_id: ``owner/name`` on the Hugging Face hub.
        revision: The commit to fetch; where '', the newest is taken and its hash stored at the download.
        kind: ``general`` chat model, or one tuned to play ``patient``s.
        rank: How well it plays patients beside the others here, by the editors' judgement; higher is better.
        parameters: In thousands of millions.
        active_parameters: Of these, how many are read for a token (mixtures of experts); all where None.
        context: Longest conversation in tokens.
        disk_gb: Size of the files that are fetched.
        memory_gb: Memory needed to run it with a session's context, for each precision.
        terms: What the licence asks for, in a sentence.
        is_gated: Whether the hub asks for an account and consent first.
        skip: Patterns of files that repeat others.
    """

    id: Slug
    title: Words
    hub_id: HubId
    revision: Commit = ""
    kind: Literal["general", "patient"] = "general"
    rank: int = Field(ge=1, le=100)
    parameters: float = Field(gt=0)
    active_parameters: float | None = Field(default=None, gt=0)
    context: int = Field(ge=1024)
    disk_gb: float = Field(gt=0)
    memory_gb: dict[Precision, float]
    licence: Words
    terms: Words
    is_gated: bool = False
    languages: tuple[Words, ...] = Field(min_length=1)
    good_for: Words
    skip: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _memory_holds_the_weights(self) -> "CatalogueModel":
        for precision, needed in self.memory_gb.items():
            if needed < self.parameters * _BYTES[precision] * 0.8:
                raise ValueError(f"memory_gb.{precision} is less than the weights alone")
        return self


class ModelCatalogue(Value):
    """Recommended models."""

    schema_version: Literal[1] = 1
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    models: tuple[CatalogueModel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "ModelCatalogue":
        ids = [model.id for model in self.models]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f'the id "{twice[0]}" is used twice')
        return self


class Gpu(Value):
    """A graphics card; memory in GB."""

    name: str
    free_gb: float = Field(ge=0)
    total_gb: float = Field(ge=0)


class Machine(Value):
    """What this machine can run models on, at this moment."""

    gpus: tuple[Gpu, ...] = ()
    ram_free_gb: float = Field(ge=0)
    ram_total_gb: float = Field(ge=0)
    can_quantise: bool = False

    @property
    def gpu_free_gb(self) -> float:
        """Free memory of all graphics cards together: a model may lie on several."""
        return sum(gpu.free_gb for gpu in self.gpus)


class Fit(Value):
    """Whether a model runs here.

    Attributes:
        verdict: ``fits`` a graphics card; fits it ``quantised`` to 4 bit; ``slow``, on the processor;
            ``too_big``; ``unknown``, where nothing is known of its size.
        needs_gb: What it needs there.
        has_gb: What is free there.
    """

    verdict: Verdict
    precision: Precision | None = None
    needs_gb: float = 0.0
    has_gb: float = 0.0


class Measurement(Value):
    """How a model runs on this machine.

    Attributes:
        device: Where it ran.
        load_s: Seconds until it was loaded.
        first_token_s: Seconds from a prompt of ``prompt_tokens`` to the first token.
        tokens_per_s: Speed after the first token, one answer at a time.
        copy_gb_per_s: Memory traffic of a large copy on the device, read and written.
        bandwidth_share: Share of that traffic which reading the weights once a token makes up, 0..1 or a
            little above (caches of small models); None where it could not be determined.
    """

    device: str
    load_s: float = Field(ge=0)
    first_token_s: float = Field(ge=0)
    prompt_tokens: int = Field(ge=1)
    tokens_per_s: float = Field(ge=0)
    answer_tokens: int = Field(ge=1)
    copy_gb_per_s: float = Field(ge=0)
    bandwidth_share: float | None = Field(default=None, ge=0)
    at: datetime | None = None


class FolderFacts(Value):
    """What lies in a model's folder.

    Attributes:
        architecture: The kind of model as its configuration names it; '' without one.
        parameters: In thousands of millions, by the headers of the weights.
        context: Longest conversation in tokens; 0 where unknown.
        keys_per_token: Bytes that keys and values of one token take in 16 bit.
        weight_bytes: Size of the safetensors files.
        other_weights: Names of weights in other formats.
        missing: Names of weight files the index lists and the folder lacks.
        damaged: Names of weight files that are cut off or no safetensors.
        needs_own_code: Whether it can be run only with program code that it brings along.
    """

    architecture: str = ""
    parameters: float = Field(default=0.0, ge=0)
    context: int = Field(default=0, ge=0)
    keys_per_token: int = Field(default=0, ge=0)
    weight_bytes: int = Field(default=0, ge=0)
    total_bytes: int = Field(default=0, ge=0)
    other_weights: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    has_config: bool = False
    has_tokenizer: bool = False
    has_chat_template: bool = False
    needs_own_code: bool = False


class InstalledModel(Value):
    """A model on this machine.

    Attributes:
        id: The catalogue's, or made from the folder's name.
        model_id: Name and content hash, as sessions remember it.
        is_own: Whether the folder is the user's; removing the model then leaves it alone.
    """

    id: Slug
    title: str
    folder: str
    model_id: str
    hub_id: str = ""
    revision: Commit = ""
    is_own: bool = False
    facts: FolderFacts
    added_at: datetime
    measured: Measurement | None = None


def memory_needed(facts: FolderFacts) -> dict[Precision, float]:
    """Return the memory, in GB, that a model needs with a session's context, for each precision."""
    if not facts.parameters:
        return {}
    keys = facts.keys_per_token * SESSION_TOKENS
    return {
        precision: round((facts.parameters * GB * size + keys * max(1.0, size / 2) + _BESIDE) / GB, 1)
        for precision, size in _BYTES.items()
    }


def fit_of(needs: Mapping[Precision, float], machine: Machine) -> Fit:
    """Return where a model runs best on this machine."""
    if not needs:
        return Fit(verdict="unknown")
    free = machine.gpu_free_gb
    if machine.gpus and "bf16" in needs and needs["bf16"] <= free:
        return Fit(verdict="fits", precision="bf16", needs_gb=needs["bf16"], has_gb=free)
    if machine.gpus and "4bit" in needs and needs["4bit"] <= free:
        return Fit(verdict="quantised", precision="4bit", needs_gb=needs["4bit"], has_gb=free)
    if "fp32" in needs and needs["fp32"] <= machine.ram_free_gb:
        return Fit(verdict="slow", precision="fp32", needs_gb=needs["fp32"], has_gb=machine.ram_free_gb)
    if machine.gpus and "bf16" in needs:
        return Fit(verdict="too_big", precision="bf16", needs_gb=needs["bf16"], has_gb=free)
    least = min(needs, key=lambda precision: needs[precision])
    return Fit(verdict="too_big", precision=least, needs_gb=needs[least], has_gb=max(free, machine.ram_free_gb))
