"""The speech recognisers on this computer: list, suggest, fetch, find, delete.

Must not know how one is run. Nothing here uses the network but ``download``, and that only when called.
"""

from collections.abc import Callable
from pathlib import Path

from simpatient.domain.base import Value
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable, NotFound
from simpatient.domain.models.chat_models import GB
from simpatient.domain.models.recognisers import (
    ENGLISH,
    RecogniserCatalogue,
    RecogniserWeights,
    choose_weights,
    suits,
)
from simpatient.services.models.model_download import DownloadProgress, OnProgress, install_libraries
from simpatient.services.models.ports import Libraries, MachineProbe
from simpatient.services.models.recogniser_ports import WeightsStore

MISSING = "Speech recognition is not installed on this computer."
# Room that has to stay free on the disk, so that a download does not bring the computer to a stand.
_SPARE_BYTES = 1 * GB


class RecogniserRow(Value):
    """A recogniser as it is listed.

    Attributes:
        path: Where its weights are; '' where they are not on this computer.
        is_own: The program fetched them, and may delete them.
        suits: It keeps up with conversation on this computer, as it is now.
        is_suggested: The best of those that do, for the language asked for.
        is_used: What is used when none is chosen.
    """

    weights: RecogniserWeights
    path: str = ""
    is_own: bool = False
    partial_bytes: int = 0
    suits: bool
    is_suggested: bool = False
    is_used: bool = False


class RecogniserService:
    """What the command line and the settings page do with recognisers.

    Args:
        catalogue: All there are.
        store: Where their weights are.
        probe: Looks at the memory there is.
        cores: Returns the processor's cores.
        libraries: What runs a recogniser.
    """

    def __init__(
        self,
        *,
        catalogue: RecogniserCatalogue,
        store: WeightsStore,
        probe: MachineProbe,
        cores: Callable[[], int],
        libraries: Libraries,
    ) -> None:
        self._known = catalogue.recognisers
        self._store = store
        self._probe = probe
        self._cores = cores
        self._libraries = libraries

    def rows(self, language: str = ENGLISH) -> tuple[RecogniserRow, ...]:
        """Return all recognisers that support a language, those on this computer first, best first."""
        machine, cores = self._probe.look(), self._cores()
        here = {each.id: path for each in self._known if (path := self._store.find(each)) is not None}
        best = choose_weights(self._known, machine, cores, language=language)
        used = choose_weights(self._known, machine, cores, language=language, among=here)
        rows = (
            RecogniserRow(
                weights=each,
                path=str(here.get(each.id, "")),
                is_own=each.id in here and self._store.is_own(here[each.id]),
                partial_bytes=0 if each.id in here else self._store.partial_bytes(each),
                suits=suits(each, machine, cores),
                is_suggested=best is not None and each.id == best.id,
                is_used=used is not None and each.id == used.id,
            )
            for each in self._known
            if each.hears(language)
        )
        return tuple(sorted(rows, key=lambda row: (not row.path, not row.suits, -row.weights.rank)))

    def suggestion(self, language: str = ENGLISH) -> RecogniserWeights | None:
        """Return what suits this computer best, installed or not; None where nothing supports the language."""
        return choose_weights(self._known, self._probe.look(), self._cores(), language=language)

    def download(
        self, wanted: str = "", on_progress: OnProgress | None = None, cancel: Cancellation | None = None
    ) -> Path:
        """Fetch weights by id ('' for what suits this computer) and check them; continues where it stopped.

        What is here and whole is not fetched again; what is damaged is.

        Raises:
            NotFound: There is no such recogniser.
            ModelUnavailable: They cannot be fetched, or there is no room.
            Cancelled: ``cancel`` was set; what has been downloaded so far is kept.
        """
        weights = self._named(wanted) if wanted else self.suggestion()
        if weights is None:
            raise self._unknown(ENGLISH)
        there = self._store.find(weights)
        report = on_progress or (lambda _: None)
        install_libraries(self._libraries, report, cancel)
        if there is not None:
            report(DownloadProgress(stage="checking"))
            if self._store.is_complete(weights, there):
                return there
        self._check_room(weights)
        report(DownloadProgress(stage="asking"))

        def on_bytes(done: int, total: int) -> None:
            report(DownloadProgress(stage="fetching", done_bytes=done, total_bytes=total))

        return self._store.fetch(weights, on_bytes, cancel)

    def delete(self, wanted: str) -> int:
        """Delete weights that the program has fetched; what others keep on this computer is left alone.

        Returns:
            Bytes freed.

        Raises:
            NotFound: There is no such recogniser, or the program has nothing of it.
            StorageUnavailable: The file cannot be deleted.
        """
        weights = self._named(wanted)
        freed = self._store.remove(weights)
        if not freed:
            there = self._store.find(weights)
            advice = f"Another program put its weights into {there}." if there else "See 'simpatient recogniser list'."
            raise NotFound(f"There is nothing to delete for '{wanted}'.", advice)
        return freed

    def disk_use(self) -> int:
        """Return the bytes that fetched weights take, unfinished ones included."""
        return self._store.disk_use()

    def resolve(self, wanted: str = "", language: str = ENGLISH) -> tuple[RecogniserWeights, Path]:
        """Return a recogniser whose weights are here, and their file.

        Args:
            wanted: Its id; '' for the best of those here that keep up with talk.
            language: Code of the language that is spoken.

        Raises:
            NotFound: There is no such recogniser.
            ModelUnavailable: Its weights are not on this computer, or it does not support the language.
        """
        if wanted:
            weights: RecogniserWeights | None = self._named(wanted)
        else:
            here = [each.id for each in self._known if self._store.find(each) is not None]
            weights = choose_weights(self._known, self._probe.look(), self._cores(), language=language, among=here)
        path = self._store.find(weights) if weights is not None else None
        if weights is None or path is None:
            raise ModelUnavailable(MISSING, self._how_to_get(wanted, language))
        if not weights.hears(language):
            raise ModelUnavailable(f"{weights.title} does not support this language.", "Choose another recogniser.")
        return weights, path

    def _how_to_get(self, wanted: str, language: str) -> str:
        suggested = self.suggestion(language)
        name = wanted or (suggested.id if suggested else "")
        return f"Download it with 'simpatient recogniser download {name}' or in the settings; typing always works."

    def _check_room(self, weights: RecogniserWeights) -> None:
        needed = weights.disk_gb * GB - self._store.partial_bytes(weights) + _SPARE_BYTES
        missing = needed - self._store.free_bytes()
        if missing > 0:
            raise ModelUnavailable(
                f"There is not enough room on the disk: the weights take {weights.disk_gb:.1f} GB.",
                f"Free {max(missing / GB, 0.1):.1f} GB and try again.",
            )

    def _named(self, wanted: str) -> RecogniserWeights:
        found = next((each for each in self._known if each.id == wanted), None)
        if found is None:
            raise self._unknown(wanted)
        return found

    def _unknown(self, wanted: str) -> NotFound:
        there = ", ".join(each.id for each in self._known)
        return NotFound(f"There is no recogniser '{wanted}'.", f"There are: {there}.")
