"""Trains the embedded coder and encodes bundled content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from simpatient.bootstrap.coding import sentence_encoder
from simpatient.content.library import open_library
from simpatient.content.reading.locations import bundled_root
from simpatient.domain.errors import UserFacingError
from simpatient.runtime.files import move
from simpatient.services.sessions.minds import MindStore


def train_embedded_coder(
    annomi: Path, out: Path, seed: int, progress: Callable[[str], None], benchmarks: dict[str, Path]
) -> None:
    """Train the embedded coder on AnnoMI and the shipped exemplars; writes weights and model card."""
    with _libraries():
        from simpatient.tuning.coder.coder_adapter import Plan
        from simpatient.tuning.coder.train_coder import train

    exemplars = bundled_root() / "assets" / "exemplars"
    encoder = sentence_encoder()
    train(annomi, exemplars, out, encoder, seed=seed, progress=progress, benchmarks=benchmarks, plan=Plan())


def train_coder_patient_head(annomi: Path, out: Path, progress: Callable[[str], None]) -> None:
    """Train the patient's head of the coder in ``out`` anew; everything else there stays as it is."""
    with _libraries():
        from simpatient.tuning.coder.train_coder import train_patient_head

    train_patient_head(annomi, bundled_root() / "assets" / "exemplars", out, sentence_encoder(), progress=progress)


def encode_bundled_content(out: Path) -> tuple[Path, ...]:
    """Write the meaning vectors of bundled personas, intents and guard lines that changed; no user has to wait.

    Returns:
        The files written; those of earlier versions of the same content are removed.
    """
    from simpatient.llm.encoder.embedder import CachedEncoder

    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out) as aside:
        encoder = CachedEncoder(sentence_encoder(), Path(aside), shipped=out)
        library = open_library(Path(aside) / "no-own-content")
        for persona in library.personas():
            MindStore(library, encoder).build(persona).guard.prepare()
        return tuple(_replace_set(file, out) for file in encoder.halve_sets())


@contextmanager
def _libraries() -> Iterator[None]:
    """Say in words that the libraries for training are missing."""
    try:
        yield
    except ImportError as error:
        message = "The libraries for training are not installed."
        raise UserFacingError(message, "Run 'simpatient setup training'.") from error


def _replace_set(file: Path, out: Path) -> Path:
    for earlier in out.glob(f"{file.name.rpartition('-')[0]}-*.npy"):
        earlier.unlink()
    file.chmod(0o644)
    move(file, out / file.name)
    return out / file.name


def export_sentence_encoder(out: Path) -> tuple[Path, ...]:
    """Write the sentence encoder's graphs to ``out`` and their checksums to the description there.

    Raises:
        ModelUnavailable: There is no description in ``out``, or the published files are not installed.
    """
    from simpatient.llm.encoder.embedder import find_model
    from simpatient.llm.encoder.embedder_graphs import read_description
    from simpatient.tuning.encoder_export import export_encoder

    with _libraries():
        return export_encoder(find_model(read_description(out)), out)
