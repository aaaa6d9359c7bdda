"""``simpatient setup``: installs what part of the program needs, ahead of its first use."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from simpatient.cli.output import download_bar, stoppable


class Part(StrEnum):
    """A part of the program that needs further libraries."""

    MODELS = "models"
    SPEECH = "speech"
    TRAINING = "training"


def setup(part: Annotated[Part, typer.Argument(help="What to install the libraries for.")]) -> None:
    """Install the libraries of language models, of speech recognition or of training. Continues where it stopped.

    Downloading a language model or a recogniser does the same first, so this is only needed ahead of time.

    Example: simpatient setup models
    """
    from simpatient.bootstrap.models import component
    from simpatient.content.reading.locations import app_home
    from simpatient.domain.cancellation import CancelToken
    from simpatient.services.models.model_download import install_libraries

    with stoppable("Run the command again: it continues where it stopped."), download_bar() as on_progress:
        install_libraries(component(app_home(), part.value), on_progress, CancelToken())
    print(f"Everything for {part.value} is installed.", file=sys.stderr)
