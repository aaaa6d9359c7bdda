"""Which language models there are, here and to download."""
