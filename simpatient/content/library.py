"""The content library: what comes with the program and what the user has written, by id.

A user's file takes the place of a bundled one with the same id; one that cannot be used makes its id an error, never
the bundled one again. Files are read when first asked for, and again when ``refresh`` finds them changed.
Must not know what the content is used for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import TypeVar, cast

from simpatient.content.checking.checks import check, problems_of
from simpatient.content.checking.known import Known, suggestion
from simpatient.content.reading.kinds import KINDS, Kind, kind_by_folder
from simpatient.content.reading.loader import LoadedFile, load_file
from simpatient.content.reading.locations import bundled_folders, user_folder
from simpatient.content.reading.played_versions import PlayedVersions
from simpatient.content.reading.prepared import PreparedPersona, PreparedPersonas, Stamp, stamp_of
from simpatient.content.reading.yaml_source import yaml_files
from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.base import Value
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.drafting import DraftingGuide
from simpatient.domain.content.dynamics_table import DynamicsTable
from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.intents import IntentBank
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.content.persona import Persona, PersonaCard
from simpatient.domain.content.prompts import Prompt
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.errors import ContentError, NotFound
from simpatient.domain.learning.drill import Drill
from simpatient.domain.models.chat_models import ModelCatalogue

AnyValue = TypeVar("AnyValue", bound=Value)
# Kinds of which the program uses exactly one.
SINGLE = ("intents", "dynamics", "guard", "coaching", "patient_prompt")


@dataclass(frozen=True)
class _Found:
    """A content file and the layer it was found in; higher layers take the place of lower ones."""

    path: Path
    kind: Kind | None
    layer: int
    stamp: Stamp


@dataclass
class _Personas:
    """Persona files by id: those that can be used, and the first mistake of a user's own that cannot."""

    usable: dict[str, tuple[Path, PreparedPersona]] = field(default_factory=dict)
    broken: dict[str, ContentError] = field(default_factory=dict)

    def add(self, path: Path, layer: int, prepared: PreparedPersona) -> None:
        """Take a usable file; it stands in the place of what was there before."""
        self.usable[prepared.card.id] = (path, prepared)
        if layer:
            self.broken.pop(prepared.card.id, None)


class FileContentLibrary:
    """Content from folders of YAML files, as ``services.ports.ContentLibrary`` asks for it.

    Args:
        bundled: Folders of the content that comes with the program.
        own: The user's own content folder; it need not exist.
        extra: Single files that stand above both, as when a file somewhere else is checked.
        prepared: Folder in which parsed personas are remembered between starts.
        played: Folder in which versions that were played are kept.
    """

    def __init__(
        self,
        bundled: Sequence[Path],
        own: Path | None = None,
        extra: Sequence[Path] = (),
        *,
        prepared: Path | None = None,
        played: Path | None = None,
    ) -> None:
        self._bundled = tuple(bundled)
        self._own = own
        self._extra = tuple(extra)
        self._prepared = PreparedPersonas(prepared)
        self._played = PlayedVersions(played)
        self._lock = RLock()
        self._parsed: dict[Path, tuple[Stamp, LoadedFile]] = {}
        self._loaded: dict[str, tuple[tuple[LoadedFile, int], ...]] = {}
        self._personas: _Personas | None = None
        self._known: Known | None = None
        self._found: tuple[_Found, ...] | None = None

    def personas(self) -> tuple[Persona, ...]:
        """Return all personas whose files fit the schema, sorted by id."""
        return self._all(Persona)

    def persona_cards(self) -> tuple[PersonaCard, ...]:
        """Return what lists show of all usable personas, sorted by id, without reading those that are known."""
        return tuple(prepared.card for _, prepared in self._persona_files().usable.values())

    def persona(self, persona_id: str) -> Persona:
        """Return one persona; raises the first mistake of a user's own file of that id that cannot be used."""
        with self._lock:
            files = self._persona_files()
            if persona_id in files.broken:
                raise files.broken[persona_id]
            if persona_id not in files.usable:
                raise _not_found("persona", persona_id, list(files.usable))
            path, prepared = files.usable[persona_id]
            return self._prepared_persona(path, prepared)

    def persona_as_played(self, persona_id: str, digest: str) -> Persona:
        """Return the version of a persona with this digest; the present one where that version is not kept."""
        with self._lock:
            here = self._persona_files().usable.get(persona_id)
            kept = self._earlier("persona", persona_id, digest, here[1].digest if here else "")
        return self.persona(persona_id) if kept is None else cast(Persona, kept)

    def cases(self) -> tuple[Case, ...]:
        """Return the cases whose persona and rubrics are there, sorted by id."""
        known = self._references()
        return tuple(c for c in self._all(Case) if not problems_of(c, known))

    def case(self, case_id: str) -> Case:
        """Return one case; raises what is wrong with it when it is there and cannot be used."""
        wrong = self._shelf("case").get(case_id)
        if wrong is not None and wrong.source and (problems := check(wrong, self._references())):
            raise problems[0]
        return self._one(self.cases(), case_id, "case")

    def case_as_played(self, case_id: str, digest: str) -> Case:
        """Return the version of a case with this digest; the present one where that version is not kept."""
        here = self._shelf("case").get(case_id)
        kept = self._earlier("case", case_id, digest, here.digest if here else "")
        return self.case(case_id) if kept is None else cast(Case, kept)

    def _earlier(self, kind: str, item_id: str, digest: str, present: str) -> Value | None:
        """Return a kept version that is not the present one; None when it is, or is not kept."""
        kept = None if digest == present else self._played.load(kind, digest)
        return kept.value if kept is not None and kept.item_id == item_id else None

    def keep_played(self, kind: str, item_id: str) -> None:
        """Keep the present version of a persona or case for sessions that are held with it."""
        if kind == "persona":
            path, prepared = self._persona_files().usable[item_id]
            self._played.keep(path, prepared.digest)
        else:
            loaded = self._shelf(kind)[item_id]
            self._played.keep(loaded.path, loaded.digest)

    def curricula(self) -> tuple[Curriculum, ...]:
        """Return the curricula whose cases and rubric measures are there, sorted by id."""
        known = self._references()
        return tuple(c for c in self._all(Curriculum) if not problems_of(c, known))

    def rubrics(self) -> tuple[Rubric, ...]:
        """Return all rubrics, sorted by id."""
        return self._all(Rubric)

    def rubric(self, rubric_id: str) -> Rubric:
        """Return one rubric."""
        return self._one(self.rubrics(), rubric_id, "rubric")

    def drills(self) -> tuple[Drill, ...]:
        """Return all drills, sorted by id."""
        return self._all(Drill)

    def drill(self, drill_id: str) -> Drill:
        """Return one drill."""
        return self._one(self.drills(), drill_id, "drill")

    def intents(self) -> IntentBank:
        """Return the shared intents."""
        return self._only(IntentBank)

    def schemes(self) -> tuple[CodingScheme, ...]:
        """Return the coding schemes, sorted by id."""
        return self._all(CodingScheme)

    def dynamics_table(self) -> DynamicsTable:
        """Return the default steps of the patient's state."""
        return self._only(DynamicsTable)

    def guard_rules(self) -> GuardRules:
        """Return what the guard stops."""
        return self._only(GuardRules)

    def coaching(self) -> CoachingGuide:
        """Return the debrief's wording."""
        return self._only(CoachingGuide)

    def prompt(self, prompt_id: str) -> Prompt:
        """Return one prompt for a chat model that judges."""
        return self._one(self._all(Prompt), prompt_id, "prompt")

    def drafting(self, guide_id: str) -> DraftingGuide:
        """Return how one kind of content is drafted."""
        return self._one(self._all(DraftingGuide), guide_id, "drafting")

    def patient_prompt(self) -> PatientPrompt:
        """Return how a chat model is instructed to play a patient."""
        return self._only(PatientPrompt)

    def catalogues(self) -> tuple[ModelCatalogue, ...]:
        """Return the lists of recommended chat models, sorted by id."""
        return self._all(ModelCatalogue)

    def digest(self, kind: str, item_id: str) -> str:
        """Return ``version sha256`` of a content item's bytes as they were parsed, for manifests.

        Raises the first mistake of a user's own file of that id that cannot be used.
        """
        broken = self._broken_own(kind) if kind in KINDS else {}
        if item_id in broken:
            raise broken[item_id]
        if kind == "persona" and item_id in self._persona_files().usable:
            return self._persona_files().usable[item_id][1].digest
        shelf = self._shelf(kind) if kind in KINDS else {}
        if item_id not in shelf:
            raise _not_found(kind, item_id, list(shelf))
        return shelf[item_id].digest

    def problems(self) -> tuple[ContentError, ...]:
        """Return what is wrong with the content files found, in file order."""
        return self.problems_in(found.path for found in self._files())

    def problems_in(self, paths: Iterable[Path]) -> tuple[ContentError, ...]:
        """Return what is wrong with some of the files this library has read."""
        wanted, known = set(paths), self._everything()
        errors = [error for loaded in self._read_all() if loaded.path in wanted for error in check(loaded, known)]
        errors += [error for error in self._collisions() if Path(error.file) in wanted]
        return tuple(sorted(errors, key=lambda error: (error.file, error.line)))

    def refresh(self) -> None:
        """Notice files that were added, changed or removed; they are read when next asked for."""
        with self._lock:
            before = self._found
            found = tuple(self._walk())
            if before is None or found != before:
                self._loaded.clear()
                self._known = self._personas = None
                self._found = found

    def _files(self) -> tuple[_Found, ...]:
        with self._lock:
            if self._found is None:
                self._found = tuple(self._walk())
            return self._found

    def _walk(self) -> Iterator[_Found]:
        """Find files, their kind by folder; what is bundled and no content (training data) is passed over."""
        for folder in self._bundled:
            for path in yaml_files(folder):
                kind = kind_by_folder(path.relative_to(folder.parent))
                if kind:
                    yield _Found(path, kind, 0, stamp_of(path))
        if self._own is not None and self._own.is_dir():
            for path in yaml_files(self._own):
                yield _Found(path, kind_by_folder(path.relative_to(self._own)), 1, stamp_of(path))
        for path in self._extra:
            yield _Found(path, None, 2, stamp_of(path))

    def _read(self, name: str) -> tuple[tuple[LoadedFile, int], ...]:
        """Return the loaded files found under a kind's folders; '' for files whose fields show their kind."""
        with self._lock:
            if name not in self._loaded:
                here = [f for f in self._files() if (f.kind.name if f.kind else "") == name]
                self._loaded[name] = tuple((self._parse(f), f.layer) for f in here)
            return self._loaded[name]

    def _parse(self, found: _Found) -> LoadedFile:
        known = self._parsed.get(found.path)
        if known is None or known[0] != found.stamp:
            known = self._parsed[found.path] = (found.stamp, load_file(found.path, found.kind))
        return known[1]

    def _persona_files(self) -> _Personas:
        with self._lock:
            if self._personas is None:
                self._personas = self._sorted_personas()
                self._prepared.save()
            return self._personas

    def _sorted_personas(self) -> _Personas:
        """Return the persona files by id, parsing only those not known from an earlier start."""
        personas, kind = _Personas(), KINDS["persona"]
        named = [found for found in self._files() if found.kind is kind]
        by_fields = [found for found in self._files() if found.kind is None and self._parse(found).kind is kind]
        for found in sorted((*named, *by_fields), key=lambda found: found.layer):
            prepared = self._prepared.get(found.path)
            if prepared is None:
                loaded = self._parse(found)
                prepared = self._prepared.remember(loaded, found.stamp)
            if prepared is not None:
                personas.add(found.path, found.layer, prepared)
            elif found.layer and loaded.problems:
                personas.broken[loaded.intended_id] = loaded.problems[0]
        personas.usable = dict(sorted(personas.usable.items()))
        return personas

    def _prepared_persona(self, path: Path, prepared: PreparedPersona) -> Persona:
        parsed = self._parsed.get(path)
        if parsed is None or parsed[1].digest != prepared.digest:
            found = self._prepared.persona(prepared)
            if found is not None:
                return found
            parsed = self._parsed[path] = (stamp_of(path), load_file(path, KINDS["persona"]))
        if parsed[1].problems:
            raise parsed[1].problems[0]
        return cast(Persona, parsed[1].value)

    def _read_all(self) -> list[LoadedFile]:
        return [loaded for name in (*KINDS, "") for loaded, _ in self._read(name)]

    def _of_kind(self, name: str) -> list[tuple[LoadedFile, int]]:
        by_fields = [pair for pair in self._read("") if pair[0].kind is KINDS[name]]
        return [pair for pair in (*self._read(name), *by_fields) if pair[0].value is not None]

    def _shelf(self, name: str) -> dict[str, LoadedFile]:
        """Return the files of a kind by id, higher layers in the place of lower ones."""
        pairs = sorted(self._of_kind(name), key=lambda pair: pair[1])
        shelf = {loaded.item_id: loaded for loaded, _ in pairs}
        return dict(sorted(shelf.items()))

    def _all(self, model: type[AnyValue]) -> tuple[AnyValue, ...]:
        return tuple(cast(AnyValue, loaded.value) for loaded in self._shelf(_name_of(model)).values())

    def _only(self, model: type[AnyValue]) -> AnyValue:
        found = self._all(model)
        if not found:
            message = f"There is no {_name_of(model)} file that can be used."
            raise NotFound(message, "Run `simpatient check`, or install the program again.")
        return found[0]

    def _one(self, items: Sequence[AnyValue], item_id: str, name: str) -> AnyValue:
        by_id = {str(getattr(item, "id", "")): item for item in items}
        broken = self._broken_own(name).get(item_id)
        if broken is not None:
            raise broken
        if item_id not in by_id:
            raise _not_found(name, item_id, list(by_id))
        return by_id[item_id]

    def _broken_own(self, name: str) -> dict[str, ContentError]:
        """Return the first mistake of each of the user's own files of a kind that cannot be used, by intended id."""
        if name == "persona":
            return self._persona_files().broken
        by_fields = [pair for pair in self._read("") if pair[0].kind is KINDS[name]]
        files = [loaded for loaded, layer in (*self._read(name), *by_fields) if layer and loaded.problems]
        return {loaded.intended_id: loaded.problems[0] for loaded in files}

    def _references(self) -> Known:
        """Return what cases and curricula refer to."""
        with self._lock:
            if self._known is None:
                self._known = Known(
                    personas=frozenset((*self._persona_files().usable, *self._persona_files().broken)),
                    cases={case.id: case for case in self._all(Case)},
                    rubrics={rubric.id: rubric for rubric in self._all(Rubric)},
                )
            return self._known

    def _everything(self) -> Known:
        """Return all that content can be checked against; guard rules only when they can be used."""
        references = self._references()
        guard = next(iter(self._all(GuardRules)), None)
        return Known(
            personas=references.personas,
            cases=references.cases,
            rubrics=references.rubrics,
            schemes={scheme.id: scheme for scheme in self._all(CodingScheme)},
            drills=frozenset(self._shelf("drill")),
            intents=next(iter(self._all(IntentBank)), None),
            dynamics=next(iter(self._all(DynamicsTable)), None),
            guard=guard if guard and not problems_of(guard, references) else None,
        )

    def _collisions(self) -> Iterator[ContentError]:
        """Yield ids used twice within a layer, and second files of kinds that are used only once."""
        for name in KINDS:
            first: dict[tuple[str, int], Path] = {}
            for loaded, layer in self._of_kind(name):
                other = first.setdefault((loaded.item_id, layer), loaded.path)
                if other != loaded.path and loaded.source:
                    yield loaded.source.error(f'the id "{loaded.item_id}" is already used in {other}', ("id",))
            shelf = list(self._shelf(name).values())
            for second in shelf[1:] if name in SINGLE else ():
                if second.source:
                    yield second.source.error(f"only one {name} file is used, and {shelf[0].path} is there", ("id",))


def _name_of(model: type[Value]) -> str:
    return next(kind.name for kind in KINDS.values() if kind.model is model)


def _not_found(name: str, item_id: str, known: Sequence[str]) -> NotFound:
    there = f"There are: {', '.join(sorted(known))}." if known else "There are none."
    near = suggestion(item_id, known) if len(known) > 12 else there
    return NotFound(f'There is no {name} "{item_id}".', near or there)


def open_library(home: Path) -> FileContentLibrary:
    """Return the library over the bundled content and the user's own under ``home``."""
    return FileContentLibrary(
        bundled_folders(),
        user_folder(home),
        prepared=home / "cache" / "personas",
        played=home / "played-content",
    )


def check_paths(paths: Sequence[Path], home: Path) -> tuple[ContentError, ...]:
    """Return what is wrong with the given files and folders; with none given, with all content there is.

    The files are checked against the bundled and the user's content, in whose place they stand.
    """
    if not paths:
        return open_library(home).problems()
    errors: list[ContentError] = []
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [file for file in yaml_files(path) if _is_content(file)]
            files += inside
            if not inside:
                errors.append(ContentError("There is no content file in this folder.", file=str(path)))
        elif path.exists():
            files.append(path)
        else:
            errors.append(ContentError("There is no such file or folder.", file=str(path), action="Check the path."))
    files = list(dict.fromkeys(files))
    library = FileContentLibrary(bundled_folders(), user_folder(home), files)
    return (*errors, *library.problems_in(files))


def _is_content(path: Path) -> bool:
    """Whether a file met in a folder is content at all, and not, say, training data beside it."""
    loaded = load_file(path)
    return loaded.source is None or loaded.kind is not None
