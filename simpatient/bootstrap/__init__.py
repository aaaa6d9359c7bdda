"""The only package that knows every adapter: builds, wires, closes. Heavy imports wait until needed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Thread
from typing import TYPE_CHECKING

from simpatient import __version__
from simpatient.bootstrap.clock import SystemClock
from simpatient.bootstrap.coding import cached
from simpatient.bootstrap.voice import open_talking
from simpatient.content.library import check_paths, open_library
from simpatient.content.reading.loader import load_persona
from simpatient.content.reading.locations import app_home, bundled_root
from simpatient.content.reading.yaml_source import read_yaml
from simpatient.domain.content.persona import Persona
from simpatient.domain.errors import (
    ContentError,
    ModelUnavailable,
    NotFound,
    StorageUnavailable,
)
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import ChatModel, Coder, Grader, PatientModel, ReadingEncoder, RememberingEncoder
from simpatient.domain.session.session import REMOTE
from simpatient.services.authoring.authoring import AuthorService
from simpatient.services.authoring.drafting import DraftService
from simpatient.services.learning.drill import DrillService
from simpatient.services.learning.progress import ProgressService
from simpatient.services.ports import ContentLibrary
from simpatient.services.review.reports import ReportService
from simpatient.services.review.review import ReviewService
from simpatient.services.review.second_rating import SecondRatingService
from simpatient.services.review.written_exercises import WrittenExerciseService
from simpatient.services.sessions.minds import MindStore
from simpatient.services.sessions.patient_models import RealiserFactory
from simpatient.services.sessions.ports import PatientModels, SessionRepository
from simpatient.services.sessions.practise import PractiseService

if TYPE_CHECKING:
    from simpatient.assessment.coding.coder import EmbeddedCoder
    from simpatient.assessment.coding.llm_coder import LlmCoder
    from simpatient.llm.encoder.embedder import CachedEncoder, OnnxEncoder
    from simpatient.llm.local.host import PatientModelProcess
    from simpatient.llm.remote.remote_model import RemoteChatModel
    from simpatient.services.models.models import ModelService
    from simpatient.services.models.ports import ServerSettings
    from simpatient.services.models.recognisers import RecogniserService
    from simpatient.services.privacy.consent import ConsentService
    from simpatient.services.privacy.deletion import DeletionService
    from simpatient.services.voice.recording_playback import RecordingPlaybackService
    from simpatient.services.voice.sound_check import SoundCheckService
    from simpatient.services.voice.talk import TalkService

ENCODER_FOLDER = ("assets", "models", "encoder")


def sentence_encoder(*, threads: int = 1) -> OnnxEncoder:
    """Return the sentence encoder; it is loaded at its first use.

    Raises:
        ModelUnavailable: The description of its graphs is missing or damaged.
    """
    from simpatient.llm.encoder.embedder import OnnxEncoder

    return OnnxEncoder(bundled_root().joinpath(*ENCODER_FOLDER), threads=threads)


def remembering_encoder(home: Path) -> RememberingEncoder:
    """Return the sentence encoder with its memory under ``home``."""
    return cached(sentence_encoder(), home)


def _load_ahead(encoder: OnnxEncoder) -> None:
    with suppress(ModelUnavailable):  # said when the encoder is first needed
        encoder.load()


def export_sentence_encoder(out: Path) -> tuple[Path, ...]:
    """Write the sentence encoder's graphs to ``out`` and their checksums to the description there.

    Raises:
        ModelUnavailable: There is no description in ``out``, or the published files are not installed.
    """
    from simpatient.llm.embedder_graphs import read_description
    from simpatient.llm.encoder.embedder import find_model
    from simpatient.tuning.encoder_export import export_encoder

    return export_encoder(find_model(read_description(out)), out)
