"""What this machine can compute on, in words. Knows no models."""

import os
from importlib.util import find_spec

from simpatient.llm.catalogue.machine import ThisMachine


def describe_devices() -> str:
    """Return the graphics cards and their memory, or that there are none.

    Loads no torch: that takes seconds, and as long again to end.
    """
    if find_spec("torch") is None:
        return "all the guided patient needs; language models need further libraries: 'simpatient setup models'"
    cards = ThisMachine().look().gpus
    if cards:
        return "; ".join(f"{card.name}, {card.total_gb:.0f} GB" for card in cards)
    return f"no GPU, {os.cpu_count()} CPU threads; the guided patient needs no more"
