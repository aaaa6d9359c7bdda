"""The window's fakes are called as the real services are: what one of them lacks or names otherwise fails here."""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import pytest

from simpatient.services import application
from simpatient.services.application import App
from simpatient.services.authoring.authoring import PreviewTalk
from simpatient.services.voice.talk import Talk
from tests.gui.fake_app import FakeApp
from tests.gui.fake_authoring import FakePreviewTalk
from tests.gui.fake_talk import FakeTalk
from tests.signatures import drift


def _services() -> dict[str, type]:
    """Return what each part of the program is, by name; the module names its types for type checkers only."""
    source = inspect.getsource(application)
    imports = source[source.index("if TYPE_CHECKING:") : source.index("@dataclass")].replace("if TYPE_CHECKING:", "if 1:")
    names: dict[str, Any] = {"Callable": Callable}
    exec(imports, names)
    return {name: kind for name, kind in get_type_hints(App, names).items() if isinstance(kind, type)}


SERVICES = _services()


@pytest.mark.parametrize("name", SERVICES)
def test_the_fake_program_has_every_part_of_the_real_one(fake_app: FakeApp, name: str) -> None:
    part = type(getattr(fake_app, name))
    assert SERVICES[name] in part.__mro__ or drift(SERVICES[name], part) == []


@pytest.mark.parametrize(("real", "fake"), [(Talk, FakeTalk), (PreviewTalk, FakePreviewTalk)])
def test_what_a_fake_service_hands_out_is_called_as_the_real_one(real: type, fake: type) -> None:
    assert drift(real, fake) == []


def test_the_fake_program_is_closed_as_the_real_one() -> None:
    assert drift(App, FakeApp) == []
