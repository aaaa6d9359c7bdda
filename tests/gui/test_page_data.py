"""What a page fetches before it is drawn, on real content files."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from simpatient.content.library import FileContentLibrary
from simpatient.domain.errors import ContentError
from simpatient.domain.learning.progress import SessionSummary
from simpatient.domain.people.actor import Actor
from simpatient.gui.base.page_data import StartServices, load_case_to_begin
from tests.builders import ME
from tests.content.conftest import KINDS, SAMPLES


class NothingOpen:
    def open_with(self, actor: Actor, case_id: str) -> tuple[SessionSummary, ...]:
        return ()


@dataclass
class Services:
    library: FileContentLibrary
    progress: NothingOpen


def test_a_corrected_persona_is_read_when_its_case_is_tried_again(tmp_path: Path) -> None:
    good = (SAMPLES / "personas/ada-moss.yaml").read_text(encoding="utf-8")
    own = tmp_path / "personas/ada-moss.yaml"
    own.parent.mkdir()
    own.write_text(good.replace("age: 39", "age: old"), encoding="utf-8")
    library = FileContentLibrary([SAMPLES / kind for kind in KINDS], tmp_path)
    services = cast(StartServices, Services(library, NothingOpen()))
    with pytest.raises(ContentError):
        load_case_to_begin(services, ME, "first", None, None)
    own.write_text(good.replace("age: 39", "age: 40"), encoding="utf-8")
    assert load_case_to_begin(services, ME, "first", None, None).persona.identity.age == 40
