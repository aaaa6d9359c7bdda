"""Port of the unit of work: changes that belong together are stored together, or not at all.

It receives who acts and what is done, so that an audit entry can be part of the same transaction.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from simpatient.domain.people.actor import Actor

Result = TypeVar("Result")


class UnitOfWork(Protocol):
    """One transaction over all repositories of a database."""

    def run(self, actor: Actor, action: str, work: Callable[[], Result]) -> Result:
        """Do the work, store everything it changes at once and return what it returns.

        All other database work waits meanwhile, so nothing slow belongs inside. A unit of work inside another one is
        part of it.

        Args:
            actor: On whose behalf.
            action: What is done, in a few words: "end session".
            work: Calls repositories; may be run on another thread.

        Raises:
            StorageUnavailable: It could not be stored; nothing was changed. Whatever else ``work`` raises comes
                through, and nothing was changed then either.
        """
        ...
