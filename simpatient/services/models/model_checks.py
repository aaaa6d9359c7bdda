"""Which model folders are taken, and which files of a hub repository are fetched."""

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import PurePosixPath

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.models.chat_models import FolderFacts
from simpatient.services.models.ports import HubFile

_ANOTHER = "Choose another model."
# Weights, tokenizer and configuration; nothing that could be run, and no weights as pickles.
_WANTED = (
    "*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json", "tokenizer*.json",
    "tokenizer.model", "vocab.json", "merges.txt", "special_tokens_map.json", "added_tokens.json",
    "chat_template.json", "chat_template.jinja", "LICENSE*", "NOTICE*", "USE_POLICY*",
)  # fmt: skip
_OTHER_WEIGHTS = (".bin", ".pt", ".pth", ".gguf", ".ckpt", ".h5", ".msgpack", ".onnx")


def is_other_weights(name: str) -> bool:
    """Whether a file holds weights in a format that is not taken."""
    return PurePosixPath(name).suffix.lower() in _OTHER_WEIGHTS


def wanted_files(files: Sequence[HubFile], skip: Sequence[str]) -> tuple[HubFile, ...]:
    """Return the files to fetch: those at the top that a chat model is made of.

    Raises:
        ModelUnavailable: There are no weights as safetensors among them, or no configuration.
    """
    found = tuple(
        file
        for file in files
        if any(fnmatch(file.name, pattern) for pattern in _WANTED)
        and "/" not in file.name
        and not any(fnmatch(file.name, pattern) for pattern in skip)
    )
    names = {file.name for file in found}
    if any(name.startswith("adapter_model") for name in names):
        raise ModelUnavailable("This is only an addition to another model (an adapter).", "Choose a complete model.")
    if not any(name.endswith(".safetensors") for name in names):
        others = any(is_other_weights(file.name) for file in files)
        message = "The weights of this model are not safetensors." if others else "It contains no model weights."
        raise ModelUnavailable(message, "Choose a model that comes as safetensors; other formats may hide programs.")
    if "config.json" not in names:
        raise ModelUnavailable("The transformers library cannot run this model.", _ANOTHER)
    return found


def check_folder(facts: FolderFacts, where: str) -> None:
    """Refuse a folder that holds no chat model this program can run.

    Raises:
        ModelUnavailable: What is wrong with it.
    """
    for is_wrong, message, action in _faults(facts, where):
        if is_wrong:
            raise ModelUnavailable(message, action)


def _faults(facts: FolderFacts, where: str) -> list[tuple[bool, str, str]]:
    has_weights = bool(facts.weight_bytes or facts.missing)
    again = "Download it again; what has already been downloaded is kept."
    give = "Name the folder of a Hugging Face chat model with its weights as safetensors."
    safetensors = "Get its safetensors version; other formats may hide programs."
    return [
        (not has_weights and bool(facts.other_weights), f"The weights in {where} are not safetensors.", safetensors),
        (not facts.has_config or not has_weights, f"There is no language model in {where}.", give),
        (bool(facts.missing), f"{len(facts.missing)} of the weight files are missing in {where}.", again),
        (bool(facts.damaged), f"A weight file is damaged: {', '.join(facts.damaged[:1])}.", again),
        (facts.needs_own_code, "This model needs program code that comes with it, which is never run.", _ANOTHER),
        (not facts.has_tokenizer, f"The tokenizer is missing in {where}.", again),
        (
            not facts.has_chat_template,
            "This language model has no chat template.",
            "Choose an instruction-tuned chat model.",
        ),
    ]
