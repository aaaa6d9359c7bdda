"""Layers of a key-value cache that can always go back: full length, and grown without copying each time.

Imports torch: import it late. Must not know what is read.
"""

from typing import Any

from transformers.cache_utils import (
    Cache,
    DummyLayer,
    DynamicCache,
    DynamicLayer,
    DynamicSlidingWindowLayer,
    LinearAttentionLayer,
    StaticLayer,
)

from simpatient.domain.errors import ModelUnavailable

_BLOCK = 256


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer in a buffer with room to spare; a crop only moves its end."""

    def __init__(self) -> None:
        super().__init__()
        self._buffers: list[Any] = []

    def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> tuple[Any, Any]:
        """Append the keys and values of new tokens and return all, shapes (1, heads, tokens, width)."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if not self._buffers or self._buffers[0].shape[-2] < end:
            self._make_room(start, end, (key_states, value_states))
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, start:end] = states
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        return self.keys, self.values

    def size(self) -> int:
        """Return the memory held, in bytes."""
        return sum(buffer.nbytes for buffer in self._buffers)

    def _make_room(self, start: int, end: int, states: tuple[Any, Any]) -> None:
        # A quarter more than needed: few copies, and little memory that is never used.
        room = -(-(end + end // 4) // _BLOCK) * _BLOCK
        larger = [state.new_zeros((*state.shape[:2], room, state.shape[-1])) for state in states]
        for buffer, kept in zip(larger, (self.keys, self.values), strict=True):
            if start:
                buffer[:, :, :start] = kept
        self._buffers = larger


def fresh_cache(config: Any) -> Any:
    """Return an empty cache for a model, with layers that keep every token.

    Layers that slide a window keep what leaves it: the attention mask does the window.

    Raises:
        ModelUnavailable: The model keeps something that cannot be gone back in.
    """
    return Cache(layers=[_kept(layer) for layer in DynamicCache(config=config).layers])


def static_cache(layers: int, length: int) -> Any:
    """Return an empty cache of fixed size, for compiled steps."""
    return Cache(layers=[StaticLayer(length) for _ in range(layers)])


def is_growing(layer: Any) -> bool:
    """Whether a layer holds keys and values, and can be cropped."""
    return type(layer) is GrowingLayer


def is_recurrent(layer: Any) -> bool:
    """Whether a layer holds one running state instead of keys and values."""
    return type(layer) is LinearAttentionLayer


def _kept(layer: Any) -> Any:
    if type(layer) in (DynamicLayer, DynamicSlidingWindowLayer):
        return GrowingLayer()
    if type(layer) in (LinearAttentionLayer, DummyLayer):
        return layer
    raise ModelUnavailable(
        "This kind of language model keeps a cache that cannot be rewound.",
        "Choose another model.",
    )
