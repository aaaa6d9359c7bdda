"""Loads a chat model from a local folder: safetensors only, never the network, never a model's own code.

Must not know what the model is used for. Importing this module loads no torch.
"""

import hashlib
import inspect
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simpatient.domain.errors import ModelUnavailable
from simpatient.llm.local import quantising
from simpatient.llm.local.chat_template import ChatTemplate
from simpatient.runtime.child_serving import DeviceFailed

NO_LIBRARIES = "The libraries that run language models on this computer are not installed."
INSTALL_LIBRARIES = "Run 'simpatient setup models', or download a language model in the settings."
GIVE_A_FOLDER = "Give the folder of a Hugging Face chat model with its weights as safetensors."
_HASHED = (".json", ".jinja", ".safetensors", ".model")
# Past their first length these turn positions another way, so that what was read before would no longer fit.
_SHIFTING_POSITIONS = ("dynamic", "longrope", "su")


@dataclass(frozen=True)
class Loaded:
    """A loaded model and what is asked about it for every token.

    Attributes:
        model: The transformers model, in evaluation mode.
        tokenizer: Its tokenizer.
        template: Its chat template.
        endings: Ids of the tokens that end an answer.
        room: Longest conversation, answer included, in tokens.
        device: Where token ids go in.
    """

    model: Any
    tokenizer: Any
    template: ChatTemplate
    endings: frozenset[int]
    room: int
    device: str


def load_folder(
    folder: Path, device: str | None = None, threads: int | None = None, *, quantises: bool | None = None
) -> Loaded:
    """Load a model.

    Args:
        folder: The model's files.
        device: ``cpu``, ``cuda`` ...; where None, all GPUs there are together, else the processor.
        threads: Torch threads; torch's own choice when None.
        quantises: Whether weights are loaded in 4 bit; where None, on a graphics card they would not fit otherwise.

    Raises:
        ModelUnavailable: The files are missing, damaged, no chat model's, or too large for this machine.
    """
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise ModelUnavailable(f"There is no language model in {folder}.", GIVE_A_FOLDER)
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        raise ModelUnavailable(NO_LIBRARIES, INSTALL_LIBRARIES) from error
    if threads is not None:
        torch.set_num_threads(threads)
    disable_progress_bar()
    safe = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, **safe)
        placed = _placement(device)
        if quantises or (quantises is None and _is_quantised(folder, placed)):
            placed["quantization_config"] = quantising.settings(placed["dtype"])
        model = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True, **placed, **safe)
        return _assembled(model.eval(), tokenizer)
    except ModelUnavailable:
        raise
    except torch.OutOfMemoryError as error:
        raise ModelUnavailable(
            "This language model does not fit into the memory of this computer.", "Choose a smaller model."
        ) from error
    except Exception as error:  # the libraries raise nearly anything on damaged files
        raise ModelUnavailable(f"The language model in {folder} cannot be loaded.", GIVE_A_FOLDER) from error


def hash_of(folder: Path) -> str:
    """Return the SHA-256 over names and contents of a model's files.

    Raises:
        ModelUnavailable: There are no such files.
    """
    digest = hashlib.sha256()
    try:
        for path in sorted(path for path in folder.iterdir() if path.suffix in _HASHED):
            with path.open("rb") as file:
                digest.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise ModelUnavailable(f"There is no language model in {folder}.", GIVE_A_FOLDER) from error
    return digest.hexdigest()


def id_of(folder: Path) -> str:
    """Return name and content hash of a model, for manifests; reads all its files.

    Raises:
        ModelUnavailable: There are no such files.
    """
    return f"{folder.resolve().name}@{hash_of(folder)[:12]}"


class OfFolder:
    """A model in a local folder, known by the folder's name and the hash of its files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._id = ""
        self._lock = threading.RLock()

    @property
    def model_id(self) -> str:
        """Folder name and hash of all its model files.

        Raises:
            ModelUnavailable: There are no such files.
        """
        with self._lock:
            self._id = self._id or id_of(self._folder)
            return self._id


@contextmanager
def device_errors() -> Iterator[None]:
    """Put into words what torch raises when a device runs out of memory or fails.

    Raises:
        DeviceFailed: It did.
    """
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        message = "There is not enough memory to run this language model."
        raise DeviceFailed(message, "Choose a smaller model, or close other programs.") from error
    except RuntimeError as error:
        raise DeviceFailed(f"The language model stopped ({error}).", "Try again, or another model.") from error


def _placement(device: str | None) -> dict[str, Any]:
    """Return where the weights go and in which precision."""
    import torch

    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    device = device or ("cuda" if gpus else "cpu")
    # Half precision is slow on most processors and would make answers differ with the batch.
    if device == "cpu":
        return {"dtype": torch.float32}
    if not device.startswith("cuda"):
        return {"dtype": torch.float16, "device_map": {"": device}}
    dtype = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return {"dtype": dtype, "device_map": "auto" if device == "cuda" and gpus > 1 else {"": device}}


def _is_quantised(folder: Path, placed: dict[str, Any]) -> bool:
    import torch

    def free_bytes() -> int:
        return sum(torch.cuda.mem_get_info(gpu)[0] for gpu in range(torch.cuda.device_count()))

    return placed["dtype"] != torch.float32 and torch.cuda.is_available() and quantising.is_needed(folder, free_bytes)


def _assembled(model: Any, tokenizer: Any) -> Loaded:
    if "past_key_values" not in inspect.signature(model.forward).parameters:
        raise ModelUnavailable(
            "This kind of language model has no cache that several answers can share.", GIVE_A_FOLDER
        )
    if {"cpu", "disk"} & {str(place) for place in getattr(model, "hf_device_map", {}).values()}:
        # Weights fetched over the bus for every token make a patient who says two words a second.
        raise ModelUnavailable(
            "This language model does not fit into the graphics memory of this computer.", "Choose a smaller model."
        )
    config = model.config.get_text_config()
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        template=ChatTemplate(tokenizer),
        endings=_endings(model, tokenizer),
        room=_room(config),
        device=str(model.device),
    )


def _endings(model: Any, tokenizer: Any) -> frozenset[int]:
    """Return the token ids that end an answer, by the generation settings and the tokenizer."""
    named = model.generation_config.eos_token_id
    ids = [*named] if isinstance(named, list | tuple) else [named]
    return frozenset(int(one) for one in (*ids, tokenizer.eos_token_id) if one is not None)


def _room(config: Any) -> int:
    room = int(getattr(config, "max_position_embeddings", None) or 2**31)
    rope = getattr(config, "rope_parameters", None) or {}
    if rope.get("rope_type") in _SHIFTING_POSITIONS:
        first = rope.get("original_max_position_embeddings") or getattr(
            config, "original_max_position_embeddings", None
        )
        return min(room, int(first or room))
    return room
