"""The shipped rubrics and guide, read as plain YAML: these tests are about content and scoring, not loading."""

from pathlib import Path

import pytest
import yaml

from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.prompts import Prompt
from simpatient.domain.content.rubric import Rubric

ASSETS = Path(__file__).parents[2] / "assets"


def _load(name: str) -> dict[str, object]:
    return yaml.safe_load((ASSETS / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def miti() -> Rubric:
    return Rubric.model_validate(_load("rubrics/miti-informed.yaml"))


@pytest.fixture(scope="session")
def metrics() -> Rubric:
    return Rubric.model_validate(_load("rubrics/dialogue-metrics.yaml"))


@pytest.fixture(scope="session")
def guide() -> CoachingGuide:
    return CoachingGuide.model_validate(_load("debrief/guide.yaml"))


@pytest.fixture(scope="session")
def prompt() -> Prompt:
    """How a language model is asked to grade."""
    return Prompt.model_validate(_load("prompts/grade.yaml"))
