"""Which turns belong to which branch, worked out from turn numbers alone. Must not know tables or domain values."""

from collections.abc import Iterable, Mapping

Parents = Mapping[int, int | None]


def path(parents: Parents, leaf: int | None) -> list[int]:
    """Return a branch from its first turn on; what leads nowhere or in a circle ends there (``check`` says so)."""
    found: dict[int, None] = {}
    while leaf is not None and leaf in parents and leaf not in found:
        found[leaf] = None
        leaf = parents[leaf]
    return list(found)[::-1]


def only_in(parents: Parents, leaves: Iterable[int], others: Iterable[int | None]) -> set[int]:
    """Return the turns of some branches that no other branch shares, with everything that follows them."""
    shared = {turn for leaf in others for turn in path(parents, leaf)}
    found = {turn for leaf in leaves for turn in path(parents, leaf)} - shared
    for turn in sorted(parents):  # a turn is always stored after the one it answers
        if parents[turn] in found:
            found.add(turn)
    return found
