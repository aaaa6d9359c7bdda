"""What was said, as one line of JSON in a prompt: data to be judged that cannot pass for an instruction.

The line cannot hold a line break, so nothing said in a session can end it early; signs of which chat
templates make their tags are written as escapes. Must not know who judges or what for.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from simpatient.domain.content.prompts import Quoting

# "<|im_end|>" is an order to a tokeniser and "\u003c|im_end|\u003e" is not; JSON readers see no difference.
# The last four are line ends to some readers.
_ESCAPED = {letter: f"\\u{ord(letter):04x}" for letter in "<>&\x7f\x85\u2028\u2029"}
_WORD = re.compile(r"\w+")


def as_record(data: Mapping[str, Any]) -> str:
    """Return data as one line of JSON, letters of every script as they are."""
    text = json.dumps(data, ensure_ascii=False)
    return "".join(_ESCAPED.get(letter, letter) for letter in text)


def short_digest(text: str) -> str:
    """Return twelve hexadecimal digits that distinguish one wording of a prompt from another."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def listed(meanings: Mapping[str, str]) -> str:
    """Return labels with their meanings, one a line, as prompts list them."""
    return "\n".join(f"- {label}: {meaning}" for label, meaning in meanings.items())


def find_quote(quote: str, text: str, rule: Quoting) -> tuple[int, int] | None:
    """Return where a quote stands in a text, letter by letter; None when it does not or says too little.

    Returns:
        Character offsets, end exclusive, without outer white space.
    """
    said = quote.strip()
    needed = min(rule.min_words, len(_WORD.findall(text)))
    if not said or len(_WORD.findall(said)) < needed:
        return None
    at = _whole(said, text)
    return None if at is None else (at, at + len(said))


def _whole(said: str, text: str) -> int | None:
    """Return the first place where the quote begins with a whole word: "he" is not quoted from "the"."""
    at = text.find(said)
    while at > 0 and said[0].isalnum() and text[at - 1].isalnum():
        at = text.find(said, at + 1)
    return None if at < 0 else at


def parsed(answer: str) -> Any:
    """Return the JSON of an answer, or None when it is none."""
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None


def object_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object that has exactly these fields, in this order."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def array_schema(items: Mapping[str, Any], least: int, most: int) -> dict[str, Any]:
    """Return the JSON schema of an array with so many entries."""
    return {"type": "array", "items": dict(items), "minItems": least, "maxItems": most}


def quote_schema(rule: Quoting) -> dict[str, Any]:
    """Return the JSON schema of a quote."""
    return {"type": "string", "maxLength": rule.max_characters}


def entries(answer: Any, name: str) -> Sequence[Mapping[str, Any]] | None:
    """Return the list of objects under a name of an answer; None when the answer has none."""
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        return None
    return found
