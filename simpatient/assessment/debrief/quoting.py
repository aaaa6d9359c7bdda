"""Picks a few of the patient's own words worth taking up, to put into a possible better line.

The words are quoted as they were said, never bent ("I" stays "I"), so any phrase fits any line.
"""

import re
from collections.abc import Collection

from simpatient.assessment.scoring.volleys import words

_ASIDE = re.compile(r"\([^()]*\)|\*[^*]*\*|\[[^\]]*\]")
# Clauses, not the sentences of `domain.text`: a phrase worth quoting ends at a dash or a semicolon as well.
_CLAUSE = re.compile(r"[^.!?…;:\n—–\"“”]+[.!?…]*")
_EDGES = " ,.-…!;:—–"
_JOINING = re.compile(r"(?:(?:and|but|or|because)\s+|(?:so|then|well|yeah|no|yes|anyway)\s*,\s*)", re.IGNORECASE)
FEWEST, MOST = 2, 11
# Words that carry little by themselves: a phrase made of these is not worth quoting.
_SMALL_WORDS = """
a an the and or but so if then than that this these those there here it its it's i i'm i've i'd i'll me my you
your he him his she her they them their we us our is am are was were be been being do does did don't have has
had will would can could should may might of to in on at by for from with about as not no yes yeah well right
okay ok oh um er mean know just really like sort kind thing things guess suppose maybe anyway what who how why
when where which
"""
_SMALL = frozenset(_SMALL_WORDS.split())


def phrase_of(text: str, feelings: Collection[str] = ()) -> str:
    """Return a short phrase of the patient's turn, verbatim, or '' when there is none worth quoting.

    The clause with the most content wins, feelings weighing double, a later one before an earlier
    one of equal weight; questions and stage directions are left out.

    Args:
        text: The patient's turn.
        feelings: Words (lower case) that say a feeling.
    """
    best, most = "", 0.0
    for clause in _clauses(text):
        content = [word for word in words(clause) if word not in _SMALL]
        weight = len(content) + sum(word in feelings for word in content)
        if content and weight >= most:
            best, most = clause, weight
    return best


def _clauses(text: str) -> list[str]:
    """Return the clauses of a turn that are of a length one can quote."""
    found = []
    for match in _CLAUSE.finditer(_ASIDE.sub("…", text)):
        if match.group().rstrip().endswith("?"):
            continue
        whole = match.group().strip(_EDGES)
        parts = [whole] if len(words(whole)) <= MOST else [part.strip(_EDGES) for part in whole.split(",")]
        bare = [_without_joining(part) for part in parts]
        found += [part for part in bare if FEWEST <= len(words(part)) <= MOST]
    return found


def _without_joining(part: str) -> str:
    """Return a clause without the words that only join it to what came before."""
    while joining := _JOINING.match(part):
        part = part[joining.end() :]
    return part
