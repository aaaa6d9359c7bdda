"""Tiny chat models with random weights and a tokenizer trained here, saved as a real model's folder is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

SENTENCES = [
    "What brings you in today?", "My wife said I should come.", "It sounds as if you are worried about it.",
    "You give every numbered utterance exactly one code.", '{"utterances": [{"quote": "So you", "code": "other"}]}',
    "The record, one line of JSON:", "Answer with JSON only.", "I could try to go for a walk.", "system user assistant",
    '{"evidence": [{"turn": 3, "quote": "what would help", "for": true}], "value": 4}', "0 1 2 3 4 5 6 7 8 9",
]  # fmt: skip
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# As Gemma and the first Mistral models have it: no system role, turns must alternate, tags as plain text.
SYSTEMLESS = (
    "{% for message in messages %}{% if message['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('must alternate') }}{% endif %}"
    "{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]{% else %}{{ message['content'] }}"
    "<|im_end|>{% endif %}{% endfor %}"
)


def tiny_chat_model(
    folder: Path,
    *,
    template: str | None = TEMPLATE,
    kind: str = "llama",
    tags: Sequence[str] = ("<|im_start|>", "<|im_end|>"),
    words: Sequence[str] = (),
    scale: float = 4.0,
    **changes: Any,
) -> Path:
    """Write a model of a few thousand weights and return its folder; the last tag ends an answer.

    Random weights of the usual size make all tokens alike; ``scale`` times as large they have opinions.
    """
    import torch
    from transformers import AutoModelForCausalLM, GenerationConfig

    tokenizer = tiny_tokenizer(template, tags, words)
    torch.manual_seed(11)
    end = tokenizer.convert_tokens_to_ids(tags[-1])
    model = AutoModelForCausalLM.from_config(_config(kind, len(tokenizer) + 5, end, changes))
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(scale)
    model.generation_config = GenerationConfig(eos_token_id=[end], pad_token_id=0)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


def _config(kind: str, vocabulary: int, end: int, changes: dict[str, Any]) -> Any:
    from transformers import AutoConfig

    shape = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": 8192,
        "eos_token_id": end,
        "bos_token_id": None,
        "pad_token_id": 0,
    }
    return AutoConfig.for_model(kind, **(shape | changes))


def tiny_tokenizer(template: str | None, tags: Sequence[str], words: Sequence[str] = ()) -> Any:
    """Return a byte-level tokenizer with tags that are no text, and words that are one token each."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|endoftext|>", *tags]
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    raw.train_from_iterator(SENTENCES, trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token=tags[-1], pad_token="<|endoftext|>")
    made.add_special_tokens({"additional_special_tokens": list(tags[:-1])})
    made.add_tokens(list(words))
    made.chat_template = template
    return made
