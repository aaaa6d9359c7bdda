"""What may be stored and shown of typed text: no lone surrogates, no control characters."""

import unicodedata

LONGEST_TURN = 20_000


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which no model takes, one for one, so that offsets stay true."""
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def clean_text(text: str) -> str:
    """Return typed text without what no file, font or screen reader can take.

    Lone surrogates and control characters go (line breaks and tabs stay); the rest is untouched, in
    composed form (NFC), so that equal-looking texts are equal.
    """
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})
    return unicodedata.normalize("NFC", "".join(kept)).strip()
