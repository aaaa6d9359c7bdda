"""Port of the recognisers' manager: where the weights are, and how they are fetched."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.models.recognisers import RecogniserWeights

# Called with the bytes that are there, and the bytes there will be (0 while that is not known).
OnBytes = Callable[[int, int], None]


class WeightsStore(Protocol):
    """Keeps the weights of recognisers on this computer. The network is used by ``fetch`` alone."""

    def find(self, weights: RecogniserWeights) -> Path | None:
        """Return the file, in the program's own folder or where the library keeps its files; None if not here.

        Only its name is checked here; its checksum is checked when it is fetched and when it is loaded.
        """
        ...

    def is_complete(self, weights: RecogniserWeights, path: Path) -> bool:
        """Whether a file has the checksum it should have; reads all of it."""
        ...

    def partial_bytes(self, weights: RecogniserWeights) -> int:
        """Return the bytes of a download that was not finished."""
        ...

    def fetch(
        self, weights: RecogniserWeights, on_bytes: OnBytes | None = None, cancel: Cancellation | None = None
    ) -> Path:
        """Fetch the file into the program's own folder and check it; continues where it stopped.

        A file that is there already, damaged perhaps, is replaced once the new one is whole.

        Raises:
            ModelUnavailable: It cannot be fetched, or did not arrive as it should be.
            Cancelled: ``cancel`` was set; what has been downloaded so far is kept.
        """
        ...

    def remove(self, weights: RecogniserWeights) -> int:
        """Delete the file and what is left of a download, in the program's own folder only; return the bytes freed.

        Raises:
            StorageUnavailable: It cannot be deleted.
        """
        ...

    def is_own(self, path: Path) -> bool:
        """Whether a file lies in the program's own folder, so that the program may delete it."""
        ...

    def disk_use(self) -> int:
        """Return the bytes that the program's own folder takes, unfinished downloads included."""
        ...

    def free_bytes(self) -> int:
        """Return the room left on the disk that holds the program's own folder."""
        ...
