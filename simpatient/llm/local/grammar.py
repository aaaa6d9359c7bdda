"""Keeps a model's answer inside a JSON schema, token by token (llguidance, MIT licence).

Must not know models or prompts. Importing this module loads neither torch nor llguidance.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simpatient.domain.errors import BugError, ModelUnavailable


class Grammars:
    """Matchers for the schemas of a call; each schema is compiled once.

    Args:
        tokenizer: A fast tokenizer of transformers.
        width: Columns of the model's logits; may be more than the tokenizer has tokens.
        endings: Token ids that end an answer.

    Raises:
        ModelUnavailable: llguidance is not installed or does not know this tokenizer.
    """

    def __init__(self, tokenizer: Any, width: int, endings: Sequence[int]) -> None:
        try:
            from llguidance.hf import from_tokenizer

            self._tokenizer = from_tokenizer(tokenizer, n_vocab=width, eos_token=list(endings))
        except Exception as error:  # a missing library, or a tokenizer of a kind it does not read
            message = "The answers of this language model cannot be constrained to a form."
            raise ModelUnavailable(message, "Choose another chat model, or run the set-up again.") from error
        self._width = width
        self._compiled: dict[str, Any] = {}

    def matcher(self, schema: Mapping[str, Any]) -> Any:
        """Return a fresh matcher of a schema.

        Raises:
            BugError: The schema is none that can be compiled; schemas are made by this program.
        """
        from llguidance import LLMatcher

        text = json.dumps(schema, sort_keys=False)
        if text not in self._compiled:
            # Spaces as most models write them, and no others: a model could emit blanks for ever.
            form: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
            made = LLMatcher(self._tokenizer, LLMatcher.grammar_from_json_schema(text, overrides=form), log_level=0)
            if made.is_error():
                raise BugError(f"a schema that cannot be compiled: {made.get_error()}")
            self._compiled[text] = made
        return self._compiled[text].deep_copy()

    def allowed(self, matchers: Sequence[Any]) -> NDArray[np.bool_]:
        """Return which tokens each matcher allows next, shape (matchers, width); all where there is none."""
        bits = np.full((len(matchers), (self._width + 31) // 32), -1, dtype=np.int32)
        for row, matcher in zip(bits, matchers, strict=True):
            if matcher is not None:
                matcher.unsafe_compute_mask_ptr(row.ctypes.data, row.nbytes)
        spread = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little")
        found: NDArray[np.bool_] = spread[:, : self._width].astype(np.bool_)
        return found
