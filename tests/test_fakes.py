"""Every stand-in takes the arguments its port names: mypy checks all of it but the names of what goes by position."""

from typing import get_args, get_type_hints

import pytest

from tests import port_conformance
from tests.signatures import drift

PORTS = [
    (get_args(get_args(hint)[0])[0], fake)
    for name, hint in get_type_hints(port_conformance).items()
    for fake in getattr(port_conformance, name)
]


def test_there_are_stand_ins_for_many_ports() -> None:
    assert len({port for port, _ in PORTS}) >= 30


@pytest.mark.parametrize(("port", "fake"), PORTS, ids=lambda kind: kind.__name__)
def test_a_stand_in_takes_the_arguments_of_its_port(port: type, fake: type) -> None:
    assert drift(port, fake, with_types=False) == []
