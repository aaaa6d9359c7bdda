"""Tiny models of the usual families, each with a chat template of that family's shape and habits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tiny_models import tiny_chat_model, tiny_tokenizer

# Writes a date and a system message of its own, trims contents.
LLAMA = (
    "<|begin_of_text|>{% if messages[0].role == 'system' %}{% set told = messages[0].content|trim %}"
    "{% set messages = messages[1:] %}{% else %}{% set told = '' %}{% endif %}<|start_header_id|>system<|end_header_id|>"
    "\n\nToday: {{ date_string }}\n\n{{ told }}<|eot_id|>{% for message in messages %}<|start_header_id|>"
    "{{ message.role }}<|end_header_id|>\n\n{{ message.content|trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
# Opens an empty block for thinking before an answer, and leaves it out of history.
QWEN = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{% if message.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
# Knows no system message, calls the assistant something else, wants turns to alternate.
GEMMA = (
    "<bos>{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for message in messages %}{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}<start_of_turn>"
    "{{ 'model' if message.role == 'assistant' else message.role }}\n{{ message.content|trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
# Puts the system message before the last user message, wherever that is, and a space before each answer.
MISTRAL = (
    "<s>{% set told = '' %}{% if messages[0].role == 'system' %}{% set told = messages[0].content ~ '\n\n' %}"
    "{% set messages = messages[1:] %}{% endif %}{% for message in messages %}{% if message.role == 'user' %}"
    "[INST] {% if loop.last %}{{ told }}{% endif %}{{ message.content }}[/INST]{% else %} {{ message.content|trim }}</s>"
    "{% endif %}{% endfor %}"
)
# Always opens a block for thinking.
THINKER = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """What makes a family."""

    kind: str
    template: str
    tags: Sequence[str]
    words: Sequence[str] = ()
    changes: dict[str, Any] = field(default_factory=dict)


_CHATML = ("<|im_start|>", "<|im_end|>")
_THINK = ("<think>", "</think>")
_HYBRID = {
    "num_hidden_layers": 4,
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
_GEMMA_LAYERS = {
    "sliding_window": 16,
    "num_hidden_layers": 3,
    "layer_types": ["sliding_attention"] * 2 + ["full_attention"],
}
FAMILIES = {
    "llama": Family("llama", LLAMA, ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")),
    "qwen": Family("qwen3", QWEN, _CHATML, _THINK),
    "gemma": Family("gemma3_text", GEMMA, ("<bos>", "<start_of_turn>", "<end_of_turn>"), changes=_GEMMA_LAYERS),
    "mistral": Family("mistral", MISTRAL, ("<s>", "[INST]", "[/INST]", "</s>"), changes={"sliding_window": 16}),
    "qwen-hybrid": Family("qwen3_5_text", QWEN, _CHATML, _THINK, _HYBRID),
    "thinker": Family("llama", THINKER, _CHATML, _THINK),
}


def family_model(folder: Path, name: str, **changes: Any) -> Path:
    """Write a tiny model of a family and return its folder."""
    family = FAMILIES[name]
    return tiny_chat_model(
        folder,
        template=family.template,
        kind=family.kind,
        tags=family.tags,
        words=family.words,
        scale=2.0,  # less than elsewhere: single precision must be good for four digits of a logit
        **{**family.changes, **changes},
    )


def family_tokenizer(name: str) -> Any:
    """Return the tokenizer of a family, with its template."""
    family = FAMILIES[name]
    return tiny_tokenizer(family.template, family.tags, family.words)
