"""The language models on this machine: list, suggest, fetch, add, check, measure, choose, remove, find again.

Must not know how a model is run. Nothing here uses the network but ``download``, and that only when called.
"""

from pathlib import Path
from threading import RLock

from simpatient.domain.base import Value
from simpatient.domain.cancellation import Cancellation
from simpatient.domain.errors import ModelUnavailable, NotFound
from simpatient.domain.models.chat_models import (
    CatalogueModel,
    Fit,
    InstalledModel,
    Machine,
    Measurement,
    fit_of,
    memory_needed,
)
from simpatient.services.models.model_checks import check_folder
from simpatient.services.models.model_download import Downloader, OnProgress, folder_name, hub_id_of, install_libraries
from simpatient.services.models.ports import (
    Libraries,
    MachineProbe,
    Measurer,
    ModelFiles,
    ModelHub,
    ModelRegistry,
    ServerSettings,
)
from simpatient.services.ports import Clock, ContentLibrary

GUIDED = "guided"
GENERATIVE = "generative"
SERVER = "remote"
_SLOW_WITHOUT = "A language model answers slowly without a graphics card, so the guided patient is the better choice."


class ModelRow(Value):
    """A model as it is listed: recommended, on this machine, or both."""

    id: str
    title: str
    version: str
    catalogue: CatalogueModel | None = None
    installed: InstalledModel | None = None
    fit: Fit
    is_chosen: bool = False
    is_suggested: bool = False
    partial_bytes: int = 0


class Suggestion(Value):
    """The model that suits this machine best, and why; no model where the guided patient does."""

    model: CatalogueModel | None
    reason: str
    is_installed: bool = False


class ModelService:
    """What the command line and the settings page do with models."""

    def __init__(
        self,
        *,
        library: ContentLibrary,
        hub: ModelHub,
        registry: ModelRegistry,
        files: ModelFiles,
        probe: MachineProbe,
        measurer: Measurer,
        clock: Clock,
        home: Path,
        server: ServerSettings,
        libraries: Libraries,
    ) -> None:
        self._library = library
        self._registry = registry
        self._files = files
        self._probe = probe
        self._measurer = measurer
        self._clock = clock
        self._home = home
        self.server = server
        self._libraries = libraries
        self._downloads = Downloader(hub=hub, files=files, home=home)
        self._lock = RLock()

    def rows(self) -> tuple[ModelRow, ...]:
        """Return what is on this machine first, then what is recommended, best fitting first."""
        machine, chosen = self._probe.look(), self._registry.chosen()
        installed = {model.id: model for model in self._registry.installed()}
        catalogue = {model.id: model for model in self._catalogue()}
        best = self._best(machine)
        rows = [
            self._row(one_id, catalogue.get(one_id), installed.get(one_id), machine).model_copy(
                update={"is_chosen": one_id == chosen, "is_suggested": best is not None and one_id == best.id}
            )
            for one_id in (*installed, *(each for each in catalogue if each not in installed))
        ]
        return tuple(sorted(rows, key=_place))

    def installed(self) -> tuple[InstalledModel, ...]:
        """Return the models on this machine, without a look at the machine itself."""
        return tuple(self._registry.installed())

    def machine(self) -> Machine:
        """Return what this machine has."""
        return self._probe.look()

    def suggestion(self) -> Suggestion:
        """Return the best model that runs fast here in full precision, without an account on the hub."""
        machine = self._probe.look()
        best = self._best(machine)
        if best is None:
            return Suggestion(model=None, reason=_why_none(machine))
        needs, free = best.memory_gb["bf16"], machine.gpu_free_gb
        reason = (
            f"It is the best of those that fit: it needs {needs:.1f} GB of graphics memory, and {free:.1f} GB are free."
        )
        return Suggestion(model=best, reason=reason, is_installed=best.id in self._by_id())

    def download(
        self, wanted: str, on_progress: OnProgress | None = None, cancel: Cancellation | None = None
    ) -> InstalledModel:
        """Fetch a model of the catalogue by its id, or any chat model by its hub id; continues where it stopped.

        The libraries that run language models come first, where they are not installed yet.

        Raises:
            NotFound: There is no such model.
            ModelUnavailable: It cannot be fetched, or is none that can be run here.
            Cancelled: ``cancel`` was set; what has been downloaded so far is kept.
        """
        known = self._recommended(wanted)
        name = known.id if known else folder_name(hub_id_of(wanted))
        self._refuse_taken(name, known.hub_id if known else hub_id_of(wanted))
        report = on_progress or (lambda _: None)
        install_libraries(self._libraries, report, cancel)
        listing = self._downloads.fetch(name, known or wanted, report, cancel)
        title = known.title if known else listing.hub_id
        return self._register(
            name, title, self._downloads.folder(name), hub_id=listing.hub_id, revision=listing.revision
        )

    def add(self, folder: Path, title: str = "") -> InstalledModel:
        """Take a folder of the user's own into the list; nothing is copied or moved.

        Raises:
            ModelUnavailable: It holds no chat model that can be run here.
        """
        folder = folder.expanduser().absolute()
        check_folder(self._files.facts(folder), str(folder))
        same = next((model for model in self._registry.installed() if Path(model.folder) == folder), None)
        name = same.id if same else self._free_name(folder_name(folder.name))
        return self._register(name, title or folder.name, folder, is_own=True)

    def check(self, wanted: str) -> None:
        """Check a model's folder again.

        Raises:
            ModelUnavailable: What is wrong with it.
        """
        folder = self.resolve(wanted)
        check_folder(self._files.facts(folder), str(folder))

    def remove(self, wanted: str) -> int:
        """Take a model off the list and delete what was downloaded; a folder of the user's own is left alone.

        Returns:
            Bytes freed.

        Raises:
            NotFound: No model is here by this id.
            StorageUnavailable: The files cannot be deleted.
        """
        model = self._by_id().get(wanted)
        if model is None and not self._partial(wanted):
            raise self._unknown(wanted)
        freed = 0
        if model is None or not model.is_own:
            folder = self._downloads.folder(wanted)
            freed = self._files.size(folder)
            self._files.remove(folder)
        self._registry.forget(wanted)
        return freed

    def disk_use(self) -> int:
        """Return the bytes that downloaded models take, unfinished ones included."""
        return self._files.size(self._home)

    def choose(self, wanted: str) -> None:
        """Choose who plays patients in new sessions: a model on this machine, ``remote``, or ``guided``.

        Raises:
            NotFound: No model is here by this id.
            ModelUnavailable: ``remote``, and no server is set up.
        """
        if wanted == SERVER and self.server.chosen() is None:
            raise ModelUnavailable("No language model server is set up.", "Set one up first.")
        if wanted not in (GUIDED, SERVER) and wanted not in self._by_id():
            raise self._unknown(wanted)
        self._registry.choose("" if wanted == GUIDED else wanted)

    def chosen(self) -> str:
        """Return the id of the model chosen for new sessions, ``remote``, or ``guided``."""
        chosen = self._registry.chosen()
        if chosen == SERVER:
            return SERVER if self.server.chosen() is not None else GUIDED
        return chosen if chosen in self._by_id() else GUIDED

    def for_new_sessions(self) -> str:
        """Return what a new session is begun with: ``guided``, ``remote``, or ``generative`` for a model here."""
        chosen = self.chosen()
        return chosen if chosen in (GUIDED, SERVER) else GENERATIVE

    def resolve(self, model: str) -> Path:
        """Return the folder of a model.

        Args:
            model: ``generative`` for the chosen one, an id of this list, a hub id, a folder, or the
                ``model_id`` a session was begun with.

        Raises:
            ModelUnavailable: There is no such model here, or none was chosen.
        """
        installed = self._registry.installed()
        if model == GENERATIVE:
            model = self._registry.chosen()
            if not model:
                raise ModelUnavailable(
                    "No language model is chosen on this computer.",
                    "Choose one with 'simpatient models choose ID', or use the guided patient.",
                )
        # A folder of the user's own may have been moved since it was added.
        for one in installed:
            if model in (one.id, one.hub_id, one.model_id) and Path(one.folder).is_dir():
                return Path(one.folder)
        if "/" in model or "\\" in model or Path(model).is_dir():
            folder = Path(model).expanduser().absolute()
            if folder.is_dir():
                check_folder(self._files.facts(folder), str(folder))
                return folder
        raise ModelUnavailable(
            f"The language model '{model}' is not on this computer.", "See 'simpatient models list' for those that are."
        )

    def measure(self, wanted: str, cancel: Cancellation | None = None) -> Measurement:
        """Time a model on this machine, in a separate process, and keep the figures with it.

        Raises:
            ModelUnavailable: There is no such model here, or it cannot be run.
            Cancelled: ``cancel`` was set.
        """
        folder = self.resolve(wanted)
        check_folder(self._files.facts(folder), str(folder))
        known = next((model for model in self._registry.installed() if Path(model.folder) == folder), None)
        found = self._recommended(known.id) if known else None
        # A mixture of experts uses only a part of its weights for each token.
        share = found.active_parameters / found.parameters if found and found.active_parameters else 1.0
        measured = self._measurer.measure(folder, share, cancel).model_copy(update={"at": self._clock.now()})
        with self._lock:
            current = self._by_id().get(known.id) if known else None
            if current is not None:  # it may have been removed meanwhile
                self._registry.put(current.model_copy(update={"measured": measured}))
        return measured

    def _row(
        self, one_id: str, known: CatalogueModel | None, here: InstalledModel | None, machine: Machine
    ) -> ModelRow:
        needs = known.memory_gb if known else memory_needed(here.facts) if here else {}
        partial = 0 if here or known is None else self._partial(one_id)
        revision = here.revision if here else known.revision if known else ""
        return ModelRow(
            id=one_id,
            title=known.title if known else here.title if here else one_id,
            version=revision[:12] or (here.model_id.rpartition("@")[2] if here else "newest"),
            catalogue=known,
            installed=here,
            fit=fit_of(needs, machine),
            partial_bytes=partial,
        )

    def _register(self, name: str, title: str, folder: Path, **more: object) -> InstalledModel:
        before = self._by_id().get(name)
        model_id = self._files.model_id(folder)
        model = InstalledModel.model_validate(
            {
                "id": name,
                "title": title,
                "folder": str(folder),
                "model_id": model_id,
                "facts": self._files.facts(folder),
                "added_at": self._clock.now(),
                "measured": before.measured if before and before.model_id == model_id else None,
                **more,
            }
        )
        with self._lock:
            self._registry.put(model)
        return model

    def _catalogue(self) -> tuple[CatalogueModel, ...]:
        return tuple(model for catalogue in self._library.catalogues() for model in catalogue.models)

    def _recommended(self, wanted: str) -> CatalogueModel | None:
        return next((model for model in self._catalogue() if wanted in (model.id, model.hub_id)), None)

    def _by_id(self) -> dict[str, InstalledModel]:
        return {model.id: model for model in self._registry.installed()}

    def _best(self, machine: Machine) -> CatalogueModel | None:
        fitting = [
            model
            for model in self._catalogue()
            if not model.is_gated and fit_of(model.memory_gb, machine).verdict == "fits"
        ]
        return max(fitting, key=lambda model: model.rank, default=None)

    def _partial(self, name: str) -> int:
        """Return the bytes of a download that was not finished."""
        known = self._recommended(name)
        is_plain = known is not None or folder_name(name) == name
        return self._files.size(self._downloads.folder(name)) if is_plain else 0

    def _refuse_taken(self, name: str, hub_id: str) -> None:
        """Two models whose names end alike must not share a folder."""
        there = self._by_id().get(name)
        if there is not None and there.hub_id != hub_id:
            raise ModelUnavailable(
                f"Another model is already called '{name}' here.", f"Remove it first: simpatient models remove {name}."
            )

    def _free_name(self, name: str) -> str:
        taken = {*self._by_id(), *(model.id for model in self._catalogue()), GUIDED, GENERATIVE}
        tries = (name, *(f"{name}-{number}" for number in range(2, 1000)))
        return next(each for each in tries if each not in taken)

    def _unknown(self, wanted: str) -> NotFound:
        there = ", ".join(self._by_id()) or "none yet"
        return NotFound(f"There is no model '{wanted}' on this computer.", f"There are: {there}.")


_ORDER = {"fits": 0, "quantised": 1, "slow": 2, "unknown": 3, "too_big": 4}


def _place(row: ModelRow) -> tuple[bool, int, int, str]:
    return row.installed is None, _ORDER[row.fit.verdict], -(row.catalogue.rank if row.catalogue else 0), row.id


def _why_none(machine: Machine) -> str:
    if machine.gpus:
        return (
            f"None of the recommended models fits into the {machine.gpu_free_gb:.1f} GB of graphics memory that are "
            "free. The guided patient needs none."
        )
    return f"This computer has no graphics card that models can use. {_SLOW_WITHOUT}"
