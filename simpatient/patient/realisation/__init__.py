"""From a plan to words: authored lines, a language model, and how they are spoken."""
