"""Drafting: a chat model writes first versions of content for an author, one small section at a time.

What the author gives stands; who the patient is in the world comes from the author alone. Every field is
checked by the model of its kind, and what fails is left to the author in words. Must not know where a model
runs, nor how drafts are written to files.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simpatient.domain.cancellation import Cancellation
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.drafting import STORY, Draft, DraftingGuide, Section, Todo
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.prompts import fill
from simpatient.domain.errors import ContentError
from simpatient.domain.models.chat import Message, Request, Sampling
from simpatient.domain.ports import ChatModel, OnDone
from simpatient.domain.text import clean_text
from simpatient.services.authoring.draft_schemas import item_model, section_schema
from simpatient.services.ports import ContentLibrary

TARGETS: dict[str, type[BaseModel]] = {"persona": Persona, "curriculum": Curriculum}
UNUSABLE = "the model's answer did not have the right form; write this yourself"
Data = dict[str, Any]
Place = tuple[str | int, ...]
# Asks the model once: what, in which form, and which try it is.
Ask = Callable[[str, Data, int], Any]


class DraftService:
    """Drafts by one chat model.

    Args:
        library: Where guides and known ids come from.
        model: The chat model, chosen by the author.
    """

    def __init__(self, *, library: ContentLibrary, model: ChatModel) -> None:
        self._library = library
        self._model = model

    def sections(self, guide_id: str) -> int:
        """Return how many sections a guide has, for a progress bar."""
        return len(self._library.drafting(guide_id).sections)

    def draft(
        self,
        guide_id: str,
        brief: Mapping[str, Any],
        *,
        seed: int = 0,
        cancel: Cancellation | None = None,
        on_done: OnDone | None = None,
    ) -> Draft:
        """Draft what the author's brief leaves open.

        Args:
            guide_id: Which guide; see the files in ``assets/drafting``.
            brief: Fields as in the finished file, as far as the author gives them, and ``story`` in free words.
            seed: Makes the draft repeatable.
            cancel: Checked between tokens.
            on_done: Called with the number of sections done.

        Raises:
            NotFound: There is no such guide.
            ContentError: The brief lacks what only the author can give, or holds what does not fit.
            ModelUnavailable: The model cannot be run.
            Cancelled: ``cancel`` was set.
        """
        guide = self._library.drafting(guide_id)
        _check_brief(guide, brief)
        prefix = (Message(role="system", content=guide.system), Message(role="user", content=_introduced(guide, brief)))

        def ask(words: str, schema: Data, number: int) -> Any:
            drawn = Sampling(
                temperature=guide.temperature, top_p=guide.top_p, max_tokens=guide.tokens, seed=seed + number
            )
            request = Request(messages=(Message(role="user", content=words),), answer_schema=schema)
            ((answer,),) = self._model.complete(prefix, [request], drawn, cancel=cancel)
            return _parsed(answer.text) if answer.is_complete else None

        work = _Work(guide, brief, ask, self._bands())
        for number, section in enumerate(guide.sections, start=1):
            work.draft(section, self._choices(work.data, work.bands))
            if on_done:
                on_done(number)
        return work.finished(self._model.model_id)

    def _choices(self, data: Data, bands: Mapping[str, Data]) -> dict[str, list[str]]:
        library = self._library
        topics = [str(topic["id"]) for topic in data.get("topics", ()) if "id" in topic]
        codes = {code.code for scheme in library.schemes() for code in scheme.codes if code.speaker == "trainee"}
        return {
            "topic": [*topics, *(intent.id for intent in library.intents().intents if intent.kind == "question")],
            "code": sorted(codes),
            "case": [case.id for case in library.cases()],
            "target": sorted(bands),
        }

    def _bands(self) -> dict[str, Data]:
        """Return what an objective may aim at: bands of rubrics, whose numbers have their sources there."""
        return {
            f"{rubric.id}/{summary.id}/{band.label}": {
                "rubric": rubric.id,
                "measure": summary.id,
                "op": band.op,
                "value": band.value,
                "min_n": summary.min_n,
            }
            for rubric in self._library.rubrics()
            for summary in rubric.summaries
            for band in summary.thresholds
        }


class _Work:
    """A draft while it grows."""

    def __init__(self, guide: DraftingGuide, brief: Mapping[str, Any], ask: Ask, bands: Mapping[str, Data]) -> None:
        self._guide = guide
        self._target = TARGETS[guide.target]
        self._given = frozenset(brief)
        self._ask = ask
        self.bands = bands
        self.data: Data = {**guide.start, **{name: value for name, value in brief.items() if name != STORY}}
        self._todos: list[Todo] = []

    def draft(self, section: Section, choices: Mapping[str, Sequence[str]]) -> None:
        """Ask for a section wherever it belongs and the author has not given it."""
        model, is_list = item_model(self._target, section)
        schema = section_schema(self._target, section, self._guide, choices)
        for place, owner in self._owners(section):
            if not is_list:
                self._block(place, owner, section, model, schema)
            elif section.path not in (owner if section.each else self._given):
                self._list(place, owner, section, model, schema)

    def finished(self, model_id: str) -> Draft:
        """Return the draft, with a word on everything that its kind still lacks."""
        marked = [todo.path for todo in self._todos]
        for error in _errors(self._target, self.data):
            path = tuple(error["loc"])
            if not any(path[: len(known)] == known for known in marked):
                self._todos.append(Todo(path=path, why=_why(error)))
        names = [name for name in self._target.model_fields if name in self.data]
        return Draft(
            target=self._guide.target,
            data={name: self.data[name] for name in names},
            remarks=self._guide.remarks,
            todos=tuple(self._todos),
            model=model_id,
        )

    def _owners(self, section: Section) -> Iterator[tuple[Place, Data]]:
        if not section.each:
            yield (), self.data
            return
        for number, item in enumerate(self.data.get(section.each, ())):
            yield (section.each, number), item

    def _block(self, place: Place, owner: Data, section: Section, model: type[BaseModel], schema: Data) -> None:
        """Ask for the fields of a block that are not there yet; each is checked by itself."""
        there = {**section.fixed, **owner.get(section.path, {})}
        open_fields = [name for name in schema["properties"] if name not in there]
        owner[section.path] = there
        if not open_fields:
            return
        parts = {name: schema["properties"][name] for name in open_fields}
        answer = self._answer(owner, section, {**schema, "properties": parts, "required": open_fields})
        if answer is None:
            self._todos.append(Todo(path=(*place, section.path), why=UNUSABLE))
            return
        found = {name: answer[name] for name in open_fields if name in answer}
        for error in _errors(model, {**there, **found}):
            name = str(error["loc"][0]) if error["loc"] else ""
            if found.pop(name, None) is not None:
                self._todos.append(Todo(path=(*place, section.path, name), why=_why(error)))
        owner[section.path] = {**there, **found}

    def _list(self, place: Place, owner: Data, section: Section, model: type[BaseModel], schema: Data) -> None:
        """Ask for items of a list; those that do not fit are left out."""
        answer = self._answer(owner, section, schema)
        items = answer.get("items") if answer else None
        path, kept = (*place, section.path), owner.setdefault(section.path, [])
        if not isinstance(items, list) or not items:
            self._todos.append(Todo(path=path, why=UNUSABLE))
            return
        wanted = set(schema["properties"]["items"]["items"]["properties"])
        for item in items:
            made = {**section.fixed, **item} if isinstance(item, dict) else {}
            wrong = [e for e in _errors(model, made) if e["type"] != "missing" or str(e["loc"][0]) in wanted]
            taken = "id" in made and any(other.get("id") == made["id"] for other in kept)
            if wrong or taken or not made:
                why = _why(wrong[0]) if wrong else "its id was used twice"
                self._todos.append(Todo(path=path, why=f"one was left out: {why}"))
            else:
                kept.append(made)

    def _answer(self, owner: Data, section: Section, schema: Data) -> Data | None:
        """Return the model's answer, as the author's file would have it; None when no try had the right form."""
        seen = {name: self.data[name] for name in section.sees if name in self.data}
        if section.each:
            seen["for"] = owner
        words = f"{json.dumps(seen, ensure_ascii=False)}\n{section.ask}" if seen else section.ask
        for number in range(self._guide.tries):
            found = self._ask(words, schema, number)
            if isinstance(found, dict):
                return {name: self._as_authored(name, value) for name, value in found.items()}
        return None

    def _as_authored(self, name: str, value: Any) -> Any:
        """Put names of bands into what they stand for, and take out what no file can hold."""
        if self._guide.choices.get(name) == "target":
            names = value if isinstance(value, list) else [value]
            return [self.bands[one] for one in dict.fromkeys(map(str, names)) if one in self.bands]
        if isinstance(value, dict):
            return {inner: self._as_authored(inner, part) for inner, part in value.items()}
        if isinstance(value, list):
            parts = [self._as_authored("", part) for part in value]
            return [part for at, part in enumerate(parts) if part != "" and part not in parts[:at]]
        return " ".join(clean_text(value).split()) if isinstance(value, str) else value


def _check_brief(guide: DraftingGuide, brief: Mapping[str, Any]) -> None:
    """Refuse a brief that leaves to the model what only the author can say."""
    for name in (*guide.needs, STORY):
        if not brief.get(name):
            raise ContentError(f'the brief needs "{name}", which a model must not invent', field=name)
    given = {name: value for name, value in brief.items() if name != STORY}
    for error in _errors(TARGETS[guide.target], {**guide.start, **given}):
        name = str(error["loc"][0])
        if name in given and not (error["type"] == "missing" and _is_drafted(guide, error["loc"])):
            raise ContentError(_why(error), field=".".join(str(step) for step in error["loc"]))
        if name not in TARGETS[guide.target].model_fields:
            raise ContentError("there is no such field", field=name)


def _is_drafted(guide: DraftingGuide, path: Place) -> bool:
    """Whether some section asks for the field at a path."""
    asked = {(section.each, section.path) for section in guide.sections if section.each}
    blocks = {section.path for section in guide.sections if not section.each}
    return path[0] in blocks or (path[0], path[-1]) in asked


def _introduced(guide: DraftingGuide, brief: Mapping[str, Any]) -> str:
    shown = {name: brief[name] for name in (*guide.shows, STORY) if name in brief}
    return fill(guide.data, {"data": json.dumps(shown, ensure_ascii=False)})


def _errors(model: type[BaseModel], data: Mapping[str, Any]) -> list[ErrorDetails]:
    """Return what is wrong; a list that only counts as too short because its items are wrong is left out."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        around = {each["loc"][:size] for each in found for size in range(len(each["loc"]))}
        return [each for each in found if each["type"] != "too_short" or each["loc"] not in around]
    return []


def _why(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return f'"{error["loc"][-1]}" is missing'
    where = ".".join(str(step) for step in error["loc"])
    return f"{where}: {error['msg']}".replace("\n", " ")[:300]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
