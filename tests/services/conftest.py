"""A fresh world of services for each test."""

from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def draft() -> Path:
    return Path("draft.yaml")
