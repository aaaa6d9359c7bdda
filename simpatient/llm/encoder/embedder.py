"""The sentence encoder on ONNX Runtime, and a cache in front of any encoder.

Finds the published model in an installed package or the Hugging Face cache, checks it and never uses
the network. Must not know what the vectors are used for. Importing this module loads no large library.
"""

import contextlib
import hashlib
import importlib.util
import io
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import Adapter, Embeddings, EncodingRequest, OnDone, ReadingEncoder
from simpatient.llm.encoder.embedder_graphs import EncoderDescription, EncoderGraphs, batches, read_description
from simpatient.llm.encoder.embedder_reading import HiddenStates, TurnReader, unit
from simpatient.runtime.files import write_atomically

WIDTH = 384
# About six characters a token at worst in ordinary prose; what lies beyond could not reach the model
# anyway, and cutting here keeps a 100 kB turn from spending seconds in the tokeniser.
MAX_CHARACTERS = 4096
# Texts of a set that are encoded at once: under a second's work, between two reports of how far it has come.
_SET_PIECE = 256
TOKENIZER = "tokenizer.json"
_INSTALL = "Run the set-up again (python3 packaging/bootstrap.py run), or see `simpatient doctor`."


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _hub_folders(name: str) -> list[Path]:
    home = Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    return sorted((hub / name / "snapshots").glob("*"))


def find_model(wanted: EncoderDescription) -> Path:
    """Return the folder that holds the encoder's published files.

    Raises:
        ModelUnavailable: Neither the Python package nor the Hugging Face cache has them.
    """
    package = _package_folder(wanted.package)
    for folder in ([package] if package else []) + _hub_folders(wanted.hub_folder):
        if all((folder / name).is_file() for name in (wanted.weights, TOKENIZER)):
            return folder
    raise ModelUnavailable("The sentence encoder is not installed on this machine.", _INSTALL)


def check_files(folder: Path, wanted: EncoderDescription) -> None:
    """Compare weights and tokenizer with the published checksums (90 MB, a fraction of a second).

    Raises:
        ModelUnavailable: A file cannot be read or is not the published one.
    """
    for name, digest in ((wanted.weights, wanted.weights_sha256), (TOKENIZER, wanted.tokenizer_sha256)):
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelUnavailable(f"The sentence encoder in {folder} cannot be read.", _INSTALL) from error
        if found != digest:
            raise ModelUnavailable(f"The sentence encoder in {folder} is damaged or not the published one.", _INSTALL)


def printable(text: str) -> str:
    """Return ``text`` cut to what the model can use, with lone surrogates replaced."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


class OnnxEncoder:
    """The sentence encoder in this process: mean of the token vectors, scaled to length one.

    It is safe to share between threads, and other threads run while it works (ONNX Runtime releases
    the interpreter lock).

    Args:
        graphs: Folder of the exported graphs and their description.
        folder: Folder of the published files; looked for when None.
        threads: Threads per call; the vectors do not depend on it.
    """

    def __init__(self, graphs: Path, folder: Path | None = None, *, threads: int = 1) -> None:
        self._graphs_folder = graphs
        self._description = read_description(graphs)
        self._folder = folder
        self._threads = threads
        self._loaded: tuple[Any, EncoderGraphs] | None = None
        self._reader: TurnReader | None = None
        self._lock = threading.Lock()

    @property
    def model_id(self) -> str:
        """Name and content hash of the model, for manifests and caches."""
        return self._description.model_id

    def load(self) -> Path:
        """Load the model now instead of at the first use; returns the folder of its published files.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        with self._lock:
            return self._parts()[1].weights

    def encode(self, texts: Sequence[str]) -> Embeddings:
        """Return one L2-normalised row per text, shape ``(len(texts), 384)``, float32.

        Raises:
            ModelUnavailable: The model's files are missing or damaged.
        """
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        with self._lock:
            tokenizer, graphs = self._parts()
            ids = [one.ids for one in tokenizer.encode_batch([printable(text) for text in texts])]
            for group in batches([len(one) for one in ids]):
                for at, states in zip(group, graphs.upper(graphs.lower([ids[at] for at in group])), strict=True):
                    rows[at] = unit(states.mean(axis=0))
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
            graphs = self._parts()[1]
            return [graphs.layer_weights(at) for at in range(first, self._description.layers)]

    def _turn_reader(self) -> TurnReader:
        if self._reader is None:
            self._reader = TurnReader(*self._parts(), max_characters=MAX_CHARACTERS)
        return self._reader

    def _parts(self) -> tuple[Any, EncoderGraphs]:
        if self._loaded is None:
            folder = self._folder or find_model(self._description)
            check_files(folder, self._description)
            tokenizer = open_tokenizer(folder / TOKENIZER, self._description.max_tokens)
            self._loaded = tokenizer, EncoderGraphs(self._graphs_folder, folder, threads=self._threads)
        return self._loaded


def open_tokenizer(path: Path, max_tokens: int) -> Any:
    """Return the published tokeniser, without transformers; it cuts at ``max_tokens`` and pads nothing.

    Raises:
        ModelUnavailable: The file cannot be read.
    """
    # Without this the library warns, or starts threads that outlive a fork.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare exceptions on damaged files
        raise ModelUnavailable("The sentence encoder's tokenizer cannot be loaded.", _INSTALL) from error
    tokenizer.no_padding()  # the published file pads to 128
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


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

    def encode_set(self, name: str, texts: Sequence[str], *, on_done: OnDone | None = None) -> Embeddings:
        """Return the rows of a fixed set of texts, computed once per machine and read from disk after.

        Args:
            name: What the set is (for the file's name), for example ``persona-lines``.
            texts: The texts, in the order of the rows.
            on_done: Given how many are done, again and again, while they are computed; what it raises stops the work.
        """
        path = self._set_path(self._folder, name, texts)
        rows = _read_set(self._set_path(self._shipped, name, texts), len(texts))
        rows = _read_set(path, len(texts)) if rows is None else rows
        if rows is None:
            rows = self._encoded_in_pieces(texts, on_done)
            _write_set(path, rows)
        self._remember(dict(zip(texts, rows, strict=True)))
        return rows

    def _encoded_in_pieces(self, texts: Sequence[str], on_done: OnDone | None) -> Embeddings:
        """Encode a long set; others who share the encoder get their turn between two pieces."""
        rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for first in range(0, len(texts), _SET_PIECE):
            piece = texts[first : first + _SET_PIECE]
            rows[first : first + len(piece)] = self._encoder.encode(piece)
            if on_done is not None:
                on_done(first + len(piece))
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
    """Keep a set whole or not at all; where nothing can be written, it is made again next time."""
    if path is None:
        return
    content = io.BytesIO()
    np.save(content, rows, allow_pickle=False)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content.getvalue())
