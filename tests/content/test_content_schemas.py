"""The JSON schemas for editors are those of the models, and fit the sample files."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from simpatient.content.reading.locations import bundled_root
from simpatient.content.reading.schemas import AUTHORED, schema_text, write_schemas
from tests.content.conftest import SAMPLES

FILES = {
    "persona": "personas/ada-moss",
    "case": "cases/first",
    "curriculum": "curricula/start",
    "rubric": "rubrics/plain",
    "drill": "drills/saying-back",
}


@pytest.mark.parametrize("kind", AUTHORED)
def test_the_committed_schemas_are_current(kind: str) -> None:
    committed = bundled_root() / "assets" / "schemas" / f"{kind}.schema.json"
    assert committed.read_text(encoding="utf-8") == schema_text(kind), (
        "run python -m simpatient.content.reading.schemas"
    )


@pytest.mark.parametrize("kind", AUTHORED)
def test_a_schema_takes_what_is_sound_and_refuses_a_misspelt_field(kind: str) -> None:
    schema = json.loads(schema_text(kind))
    data = yaml.safe_load((SAMPLES / f"{FILES[kind]}.yaml").read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "misspelt": 1}, schema)


def test_schemas_are_written_where_asked(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path / "schemas")
    assert [path.name for path in paths] == [f"{kind}.schema.json" for kind in AUTHORED]
