"""Whispers with random weights, as files the library itself loads; what they write means nothing."""

import hashlib
from pathlib import Path

from simpatient.content.reading.yaml_source import read_yaml
from simpatient.domain.models.recognisers import BeliefRules
from simpatient.speech.recognition.whisper_reading import WhisperSettings

BELIEF = Path(__file__).parent.parent / "assets" / "speech" / "belief.yaml"
# The true shape of tiny.en, and one that costs a test next to nothing: same vocabulary, windows and spectrogram.
TRUE_TINY = {"n_audio_state": 384, "n_audio_head": 6, "n_audio_layer": 4}
SMALL = {"n_audio_state": 64, "n_audio_head": 2, "n_audio_layer": 1}


def rules(**changes: object) -> BeliefRules:
    """Return the rules that ship, some of them changed."""
    return BeliefRules.model_validate({**read_yaml(BELIEF).data, **changes})


def credulous() -> BeliefRules:
    """Return rules that believe whatever random weights write."""
    return rules(
        no_speech=1.0, log_probability=-1e6, hopeless_log_probability=-1e6, compression=1e6, word_repeats=10**6,
        phrase_repeats=10**6, tokens_per_s=1e4,
    )  # fmt: skip


def save_whisper(path: Path, shape: dict[str, int] = SMALL, seed: int = 3) -> str:
    """Write random weights and return their checksum."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    torch.manual_seed(seed)
    text = {name.replace("audio", "text"): value for name, value in shape.items()}
    dims = ModelDimensions(n_mels=80, n_audio_ctx=1500, n_vocab=51864, n_text_ctx=448, **shape, **text)
    model = Whisper(dims)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.08)
    torch.save({"dims": dims.__dict__, "model_state_dict": model.state_dict()}, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def settings_of(path: Path, sha256: str, believed: BeliefRules, **changes: object) -> WhisperSettings:
    return WhisperSettings(path, sha256, f"whisper-random@{sha256[:12]}", believed, threads=1, **changes)  # type: ignore[arg-type]
