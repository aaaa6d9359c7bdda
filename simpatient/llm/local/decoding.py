"""Steps of an answer, token by token: plainly, or compiled on a scratch copy of what was read.

What an answer adds to the memory is never kept (it saw the director's note), so a compiled step may work
on a copy of fixed size; nothing is copied back. Must not know messages. Importing this module loads no torch.
"""

import logging
from collections.abc import Callable
from typing import Any

from simpatient.llm.local.prefix_cache import PrefixCache

_log = logging.getLogger(__name__)


class StaticDecoder:
    """Single steps on a cache of one fixed length, whose shapes never change: compiled once.

    Args:
        model: The model.
        length: Longest conversation, answer included, in tokens.
        compiled: Compiles a forward function; ``torch.compile`` with recorded launches where None.
    """

    def __init__(self, model: Any, length: int, compiled: Callable[[Any], Any] | None = None) -> None:
        import torch

        compile_it = compiled or (lambda function: torch.compile(function, mode="reduce-overhead", dynamic=False))
        self._forward = compile_it(model.forward)
        self._length = length
        self._cache: Any = None
        self._has_failed = False

    def takes(self, reading: PrefixCache, more: int) -> bool:
        """Whether a conversation and so many more tokens fit, and nothing has failed before."""
        from simpatient.llm.local.rewindable_cache import is_growing

        fits = len(reading.ids) + more <= self._length
        return fits and not self._has_failed and all(map(is_growing, reading.layers))

    def give_up(self, error: Exception) -> None:
        """Refuse all further work: what failed once takes long to fail again."""
        self._has_failed, self._cache = True, None
        _log.warning("Compiled steps failed (%s); continuing without them.", error)

    def start(self, reading: PrefixCache) -> None:
        """Copy what was read."""
        import torch

        from simpatient.llm.local.rewindable_cache import static_cache

        size = len(reading.ids)
        self._cache = self._cache or static_cache(len(reading.layers), self._length)
        for fixed, layer in zip(self._cache.layers, reading.layers, strict=True):
            if not fixed.is_initialized:
                fixed.lazy_initialization(layer.keys, layer.values)
            fixed.keys[:, :, :size].copy_(layer.keys)
            fixed.values[:, :, :size].copy_(layer.values)
            fixed.cumulative_length.fill_(size)
        device = reading.layers[0].keys.device
        self._token = torch.zeros((1, 1), dtype=torch.long, device=device)
        self._place = torch.full((1, 1), size, dtype=torch.long, device=device)

    def step(self, token: int) -> Any:
        """Read one more token and return the logits of the next, shape (1, tokens known), float32."""
        self._token.fill_(token)
        read = self._forward(
            input_ids=self._token, position_ids=self._place, past_key_values=self._cache, use_cache=True
        )
        self._place.add_(1)
        return read.logits[:, -1].float()


class Steps:
    """The steps of one answer; continues uncompiled where compiled ones fail.

    Args:
        reading: What was read; it holds what the answer added only where steps are plain.
        static: Compiled steps, or None.
        more: Longest answer, in tokens.
    """

    def __init__(self, reading: PrefixCache, static: StaticDecoder | None, more: int) -> None:
        self._reading = reading
        self._drawn: list[int] = []
        self._static = static if static is not None and static.takes(reading, more) else None
        if self._static:
            try:
                self._static.start(reading)
            except Exception as error:
                self._go_on_plainly(error)

    def step(self, token: int) -> Any:
        """Read a drawn token and return the logits of the next, shape (1, tokens known), float32."""
        self._drawn.append(token)
        if self._static is None:
            return self._reading.append(token)
        try:
            return self._static.step(token)
        except Exception as error:
            self._go_on_plainly(error)
        return self._reading.read([*self._reading.ids, *self._drawn])

    def _go_on_plainly(self, error: Exception) -> None:
        if _is_broken(error):
            raise error
        if self._static:
            self._static.give_up(error)
        self._static = None


def _is_broken(error: Exception) -> bool:
    """Whether the device itself has failed, so that nothing else will run on it either."""
    import torch

    return isinstance(error, torch.AcceleratorError)
