"""Weights in 4 bit, for a model that would not fit its graphics card otherwise: to fit, not to be quicker.

An optional extra (``simpatient[quantise]``); without it nothing changes. Importing this module loads no torch.
"""

import logging
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)
# What a conversation's memory and the steps take beside the weights, as a share of them.
_BESIDE = 1.15


def is_possible() -> bool:
    """Whether the library for it is installed."""
    return find_spec("bitsandbytes") is not None


def is_needed(folder: Path, free_bytes: Callable[[], int]) -> bool:
    """Whether a model's 16-bit weights are too large for the memory that is free, and 4 bit is possible."""
    if not is_possible():
        return False
    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    needed = weights * _BESIDE
    if needed <= free_bytes():
        return False
    _log.info("The model in %s needs %.1f GB; its weights are loaded in 4 bit.", folder, needed / 1e9)
    return True


def settings(dtype: Any) -> Any:
    """Return how transformers loads weights in 4 bit: NF4 with double quantisation (Dettmers et al. 2023, QLoRA)."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )
