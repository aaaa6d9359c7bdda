"""How models mark the thinking before an answer, which is never shown. Knows no models."""

# Opening and closing mark: Qwen, DeepSeek and most others; Mistral; some fine-tunes.
THINKING = (("<think>", "</think>"), ("[THINK]", "[/THINK]"), ("<thinking>", "</thinking>"))
