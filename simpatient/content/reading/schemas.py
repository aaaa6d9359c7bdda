"""JSON schemas for completion and checking while typing in an editor, made from the domain models.

Written to ``assets/schemas``; run ``python -m simpatient.content.reading.schemas`` after a model has changed.
"""

import json
from pathlib import Path

from simpatient.content.reading.kinds import KINDS
from simpatient.content.reading.locations import bundled_root
from simpatient.runtime.files import write_atomically

AUTHORED = ("persona", "case", "curriculum", "rubric", "drill")


def schema_text(kind: str) -> str:
    """Return the JSON schema of a kind of content as the text of its file."""
    schema = KINDS[kind].model.model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"simpatient {kind}"}
    return json.dumps({**schema, **head}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write the schemas of everything supervisors author and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / f"{kind}.schema.json" for kind in AUTHORED)
    for kind, path in zip(AUTHORED, paths, strict=True):
        write_atomically(path, schema_text(kind).encode("utf-8"), private=False)
    return paths


if __name__ == "__main__":
    for written in write_schemas(bundled_root() / "assets" / "schemas"):
        print(written)
