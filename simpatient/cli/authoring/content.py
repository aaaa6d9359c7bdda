"""``simpatient list`` and ``simpatient check``: what content there is, and what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from simpatient import __version__
from simpatient.cli.output import as_json, show
from simpatient.domain.errors import ContentError, NotFound
from simpatient.services.ports import ContentLibrary

Row = dict[str, Any]


def _personas(library: ContentLibrary) -> list[Row]:
    return [{"id": p.id, "title": f"{p.name}, {p.age}", "version": p.version} for p in library.persona_cards()]


def _cases(library: ContentLibrary) -> list[Row]:
    return [
        {"id": c.id, "title": c.title, "version": c.version, "persona": c.persona, "rubrics": list(c.rubrics)}
        for c in library.cases()
    ]


def _curricula(library: ContentLibrary) -> list[Row]:
    return [{"id": c.id, "title": c.title, "version": c.version} for c in library.curricula()]


def _rubrics(library: ContentLibrary) -> list[Row]:
    return [{"id": r.id, "title": r.title, "version": r.version} for r in library.rubrics()]


def _drills(library: ContentLibrary) -> list[Row]:
    return [{"id": d.id, "title": d.title, "version": d.version, "stimuli": len(d.stimuli)} for d in library.drills()]


def _models(library: ContentLibrary) -> list[Row]:
    from simpatient.bootstrap.models import open_models
    from simpatient.content.reading.locations import app_home

    guided = {"id": "guided", "title": "Guided patient (authored lines, embedded)", "version": __version__}
    rows = open_models(app_home(), library).rows()
    return [guided, *({"id": row.id, "title": row.title, "version": row.version} for row in rows)]


KINDS: dict[str, Callable[[ContentLibrary], list[Row]]] = {
    "personas": _personas,
    "cases": _cases,
    "curricula": _curricula,
    "rubrics": _rubrics,
    "drills": _drills,
    "models": _models,
}


def list_content(
    kind: Annotated[str, typer.Argument(help=", ".join(KINDS))],
    json: Annotated[bool, typer.Option("--json", help="Print JSON, an array of objects.")] = False,
) -> None:
    """List personas, cases, curricula, rubrics, drills or models.

    Example: simpatient list cases --json
    """
    from simpatient.content.library import open_library
    from simpatient.content.reading.locations import app_home

    if kind not in KINDS:
        raise NotFound(f"There is no list of '{kind}'.", f"Choose one of: {', '.join(KINDS)}.")
    rows = KINDS[kind](open_library(app_home()))
    if json:
        show(as_json(rows))
        return
    if not rows:
        show(f"No {kind} yet.")
    width = max((len(str(row["id"])) for row in rows), default=0)
    for row in rows:
        show(f"{row['id']:<{width}}  {row['title']}  ({row['version']})")


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders; all content if left out.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, an array of objects.")] = False,
) -> int:
    """Check personas, cases, curricula, rubrics and drills: file:line: field: problem.

    Example: simpatient check personas/ray-kowalczyk.yaml
    """
    from simpatient.content.library import check_paths
    from simpatient.content.reading.locations import app_home

    problems = check_paths(paths or [], app_home())
    if json:
        show(as_json([_problem(problem) for problem in problems]))
    else:
        for problem in problems:
            show(str(problem))
        if not problems:
            show("No problems found.")
    return 1 if problems else 0


def _problem(problem: ContentError) -> Row:
    return {
        "file": problem.file,
        "line": problem.line,
        "field": problem.field,
        "problem": problem.message,
        "action": problem.action,
    }
