"""``simpatient draft``: a language model drafts YAML for an author to accept, field by field."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from simpatient.cli.output import counted, show, write_text
from simpatient.domain.errors import UserFacingError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Brief = Annotated[
    Path, typer.Option("--brief", help="The brief, as YAML: the fields you decide, and the story in your own words.")
]
Out = Annotated[Path, typer.Option("--out", help="File to write the draft to.")]
Model = Annotated[
    Path | None, typer.Option("--model", help="Folder of a chat model; without it, the configured server.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed that makes the draft repeatable.")]


@app.callback()
def draft() -> None:
    """Draft content with a language model; you give who the patient is, and decide what stays."""


@app.command("persona")
def persona(brief: Brief, out: Out, model: Model = None, seed: Seed = 0) -> int:
    """Draft a persona. The brief needs id, identity, content_notes, risk (true_level) and story.

    Example: simpatient draft persona --brief nell-brief.yaml --out nell.yaml --model ~/models/small-chat
    """
    return _draft("persona", brief, out, model, seed)


@app.command("curriculum")
def curriculum(brief: Brief, out: Out, model: Model = None, seed: Seed = 0) -> int:
    """Draft a curriculum. The brief needs id, title, summary and story.

    Example: simpatient draft curriculum --brief course-brief.yaml --out course.yaml
    """
    return _draft("curriculum", brief, out, model, seed)


@app.command("objectives")
def objectives(brief: Brief, out: Out, model: Model = None, seed: Seed = 0) -> int:
    """Draft objectives for the units you planned. The brief needs id, title, summary, units and story.

    Example: simpatient draft objectives --brief units.yaml --out course.yaml
    """
    return _draft("objectives", brief, out, model, seed)


def _draft(guide: str, brief: Path, out: Path, folder: Path | None, seed: int) -> int:
    from simpatient.bootstrap.authoring import open_drafting
    from simpatient.content.editing.draft_writer import draft_text
    from simpatient.content.library import check_paths
    from simpatient.content.reading.locations import app_home
    from simpatient.content.reading.yaml_source import read_yaml

    source = read_yaml(brief)
    if not isinstance(source.data, dict):
        raise source.error("The brief is empty.", action="Write it as fields, name: value.")
    if out.exists():
        raise UserFacingError(f"{out} already exists.", "Choose another name; a draft never replaces your work.")
    service = open_drafting(app_home(), folder)
    with counted("Drafting", service.sections(guide)) as on_done:
        made = service.draft(guide, source.data, seed=seed, on_done=on_done)
    write_text(out, draft_text(made))
    problems = check_paths([out], app_home())
    for problem in problems:
        show(str(problem))
    print(f"Wrote {out}: {len(made.todos)} TODO, {len(problems)} problems to fix.", file=sys.stderr)
    return 1 if problems else 0
