"""What a model has read of one conversation: token ids and their keys and values, extended and gone back in.

Going back is exact. What was read is recognised by its ids alone. Must not know messages or templates.
Importing this module loads no torch.
"""

import copy
from collections.abc import Callable, Sequence
from typing import Any

from simpatient.llm.local.prompt_tokens import common_length

# Tokens read at once: bounds the memory a long prompt needs, and the wait until a cancel is seen.
CHUNK, CPU_CHUNK = 512, 128
_MARKS = 8  # running states kept for going back; each is as large as a model's layers are wide, squared


class PrefixCache:
    """The memory of one conversation.

    Must be used inside ``torch.inference_mode``.

    Args:
        model: The model that reads.
        device: Where its token ids go in.

    Attributes:
        ids: The tokens read, in order.
        forwarded: How many tokens were put through the model so far, those read twice counted twice.
    """

    def __init__(self, model: Any, device: str) -> None:
        self._model = model
        self._device = device
        self._chunk = CPU_CHUNK if device == "cpu" else CHUNK
        self.ids: list[int] = []
        self.forwarded = 0
        self._marks: dict[int, dict[int, Any]] = {}
        self.clear()

    @property
    def layers(self) -> Sequence[Any]:
        """The layers of the cache."""
        return self._cache.layers

    @property
    def has_running_state(self) -> bool:
        """Whether it can go back only to where ``mark`` was called."""
        return bool(self._running)

    def read(self, target: Sequence[int], before_chunk: Callable[[], None] = lambda: None) -> Any:
        """Go back to where the target leaves what was read, and read on to its end.

        Args:
            target: All tokens of the conversation, at least one.
            before_chunk: Called before each forward pass; may raise.

        Returns:
            The logits of the token after the target, shape (1, tokens known), float32.
        """
        # The last token is always read: its logits are not kept.
        self.back_to(min(common_length(self.ids, target), len(target) - 1))
        logits = None
        for start in range(len(self.ids), len(target), self._chunk):
            before_chunk()
            logits = self._forward(target[start : start + self._chunk])
        return logits

    def append(self, token: int) -> Any:
        """Read one more token and return the logits of the next, shape (1, tokens known), float32."""
        return self._forward([token])

    def mark(self) -> None:
        """Remember this place; needed by models with a running state, which can go back nowhere else."""
        if self._running:
            self._marks[len(self.ids)] = {at: copy.deepcopy(self.layers[at]) for at in self._running}
            if len(self._marks) > _MARKS:
                del self._marks[sorted(self._marks)[1]]  # the first is the persona's

    def back_to(self, length: int) -> None:
        """Forget all tokens after the first so many, or more where only an earlier place was marked."""
        if length >= len(self.ids):
            return
        if self._running:
            self._marks = {at: kept for at, kept in self._marks.items() if at <= length}
            length = max(self._marks, default=0)
        if not length:
            self.clear()
            return
        for layer in self._keeping:
            layer.crop(length - len(self.ids))
        for at in self._running:
            self._cache.layers[at] = copy.deepcopy(self._marks[length][at])
        del self.ids[length:]

    def clear(self) -> None:
        """Forget everything and free the memory."""
        from simpatient.llm.local.rewindable_cache import fresh_cache, is_growing, is_recurrent

        self._cache = fresh_cache(self._model.config)
        self._keeping = [layer for layer in self._cache.layers if is_growing(layer)]
        self._running = [at for at, layer in enumerate(self._cache.layers) if is_recurrent(layer)]
        self._marks = {}
        self.ids.clear()

    def size(self) -> int:
        """Return the memory that keys and values take, in bytes."""
        return sum(layer.size() for layer in self._keeping)

    def _forward(self, tokens: Sequence[int]) -> Any:
        import torch

        start = len(self.ids)
        places = torch.arange(start, start + len(tokens), device=self._device).unsqueeze(0)
        try:
            read = self._model(
                input_ids=torch.tensor([list(tokens)], device=self._device),
                position_ids=places,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
        except BaseException:
            self.clear()  # some layers may have read the tokens and others not
            raise
        self.ids += tokens
        self.forwarded += len(tokens)
        return read.logits[:, -1].float()
