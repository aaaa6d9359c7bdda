"""Weights in 4 bit: only where they are needed and possible, and then the model speaks."""

from pathlib import Path

import pytest

from simpatient.llm.local import quantising
from tests.chat_families import family_model

GB = 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.safetensors").write_bytes(bytes(1_000_000))
    return tmp_path


@pytest.mark.parametrize(
    ("free", "possible", "needed"), [(GB, True, False), (1_100_000, True, True), (1_000_000, False, False)]
)
def test_only_what_would_not_fit_is_quantised(
    monkeypatch, folder: Path, free: int, possible: bool, needed: bool
) -> None:
    monkeypatch.setattr(quantising, "is_possible", lambda: possible)
    assert quantising.is_needed(folder, lambda: free) == needed


@pytest.mark.torch
@pytest.mark.skipif(not quantising.is_possible(), reason="the optional extra 'quantise' is not installed")
def test_a_model_in_4_bit_speaks_and_is_smaller(tmp_path: Path) -> None:
    from simpatient.llm.local.loader import load_folder

    sizes = {
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_key_value_heads": 4,
        "num_attention_heads": 4,
        "head_dim": 64,
    }
    made = family_model(tmp_path / "tiny", "llama", **sizes)  # 4 bit works on blocks of 64 weights
    whole, small = load_folder(made, "cpu"), load_folder(made, "cpu", quantises=True)
    assert small.model.get_memory_footprint() < whole.model.get_memory_footprint()
    ids = whole.tokenizer("How are you?", return_tensors="pt").input_ids
    assert small.model.generate(ids, max_new_tokens=4, do_sample=False).shape[1] > ids.shape[1]
