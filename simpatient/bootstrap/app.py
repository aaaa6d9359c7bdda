"""Builds the program, for the window and for the command line."""

from __future__ import annotations

import secrets
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from simpatient import __version__
from simpatient.bootstrap.bin import make_bin
from simpatient.bootstrap.clock import SystemClock
from simpatient.bootstrap.upkeep import deletion_service, hold_window, open_database, prepared_home
from simpatient.bootstrap.voice import open_talking
from simpatient.content.library import open_library
from simpatient.content.reading.locations import app_home
from simpatient.domain.errors import ModelUnavailable, StorageUnavailable
from simpatient.domain.ports import Coder, RememberingEncoder
from simpatient.services.application import App
from simpatient.services.authoring.authoring import AuthorService
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
from simpatient.services.sessions.scorecards import ScorecardService
from simpatient.services.sessions.session_drafts import SessionDraftService

if TYPE_CHECKING:
    from simpatient.llm.encoder.embedder import OnnxEncoder
    from simpatient.services.models.models import ModelService
    from simpatient.storage.opening import Repositories
from simpatient.bootstrap.authoring import FileAuthoringTools
from simpatient.bootstrap.coding import cached, open_coder, remembering_encoder, sentence_encoder
from simpatient.bootstrap.models import open_models
from simpatient.bootstrap.patient_models import ConfiguredPatientModels
from simpatient.bootstrap.person import actor_here, name_of
from simpatient.bootstrap.raters import ConfiguredRaters
from simpatient.bootstrap.settings import open_settings


def open_app(
    home: Path | None = None, *, encoder: RememberingEncoder | None = None, patient_models: PatientModels | None = None
) -> App:
    """Build the program on the files under ``home``.

    Args:
        home: Folder of database, cache and own content; the platform's place when None.
        encoder: The sentence encoder; the bundled one, with its memory, when None.
        patient_models: The chat models that may play patients; those the user has set up when None.

    Raises:
        StorageUnavailable: The database cannot be opened.
        ModelUnavailable: The coder's weights are missing or damaged.
    """
    home = prepared_home(home or app_home())
    library = open_library(home)
    encoder = encoder or remembering_encoder(home)
    coder = open_coder(encoder)
    stored, clock = open_database(home), SystemClock()
    sessions, minds = stored.sessions, MindStore(library, encoder)
    models = open_models(home, library)
    configured = ConfiguredPatientModels(home, models.resolve)
    realisers = RealiserFactory(library=library, minds=minds, models=patient_models or configured)
    scorecards = _scorecard_service(library, stored, coder)
    practise = _practise_service(library, stored, minds, realisers, encoder, coder, scorecards)
    review = ReviewService(library=library, sessions=sessions, coder=coder, clock=clock)
    progress = ProgressService(library=library, sessions=sessions, history=stored.history, clock=clock)
    write = _written_exercise_service(library, stored, scorecards, encoder, coder)
    reports = _report_service(home, library, review, progress, write)
    talk = open_talking(home, practise, library, stored.consents)
    deleted = make_bin(library, stored, talk.clips)
    with suppress(StorageUnavailable):  # what cannot be erased now is erased at a later start
        deleted.erase_expired()
    return App(
        home=home,
        actor=actor_here(),
        library=library,
        encoder=encoder,
        coder=coder,
        sessions=sessions,
        practise=practise,
        review=review,
        progress=progress,
        author=AuthorService(tools=FileAuthoringTools(home), minds=minds, coder=coder),
        reports=reports,
        drill=DrillService(library=library, drills=stored.drills, coder=coder, clock=clock),
        models=models,
        consents=talk.consents,
        talking=talk.talking,
        sound_check=talk.sound_check,
        recognisers=talk.recognisers,
        recording_playback=talk.recording_playback,
        write=write,
        scorecards=scorecards,
        judge=_judge_service(home, library, sessions, models, coder, scorecards),
        session_drafts=SessionDraftService(sessions=sessions, drafts=stored.session_drafts, clock=clock),
        deletion=deletion_service(stored, talk.clips),
        bin=deleted,
        on_close=(talk.close, configured.close, sessions.close),
    )


def _scorecard_service(library: ContentLibrary, stored: Repositories, coder: Coder) -> ScorecardService:
    return ScorecardService(
        library=library,
        sessions=stored.sessions,
        coder=coder,
        clock=SystemClock(),
        unit_of_work=stored.unit_of_work,
    )


def _written_exercise_service(
    library: ContentLibrary,
    stored: Repositories,
    scorecards: ScorecardService,
    encoder: RememberingEncoder,
    coder: Coder,
) -> WrittenExerciseService:
    return WrittenExerciseService(
        library=library,
        sessions=stored.sessions,
        writings=stored.writings,
        scorecards=scorecards,
        unit_of_work=stored.unit_of_work,
        coder=coder,
        encoder=encoder,
        clock=SystemClock(),
    )


def _report_service(
    home: Path, library: ContentLibrary, review: ReviewService, progress: ProgressService, write: WrittenExerciseService
) -> ReportService:
    from simpatient.reporting.writer import FileReportWriter

    return ReportService(
        library=library,
        review=review,
        progress=progress,
        write=write,
        writer=FileReportWriter(),
        clock=SystemClock(),
        name_of=partial(name_of, open_settings(home)),
    )


def _judge_service(
    home: Path,
    library: ContentLibrary,
    sessions: SessionRepository,
    models: ModelService,
    coder: Coder,
    scorecards: ScorecardService,
) -> SecondRatingService:
    judges = ConfiguredRaters(home, library, models)
    return SecondRatingService(library=library, sessions=sessions, scorecards=scorecards, judges=judges, coder=coder)


def _practise_service(
    library: ContentLibrary,
    stored: Repositories,
    minds: MindStore,
    realisers: RealiserFactory,
    encoder: RememberingEncoder,
    coder: Coder,
    scorecards: ScorecardService,
) -> PractiseService:
    clock = SystemClock()
    return PractiseService(
        library=library,
        sessions=stored.sessions,
        minds=minds,
        realisers=realisers,
        encoder=encoder,
        coder=coder,
        scorecards=scorecards,
        unit_of_work=stored.unit_of_work,
        clock=clock,
        new_id=lambda: f"s-{clock.now():%Y%m%d}-{secrets.token_hex(4)}",
        new_seed=lambda: secrets.randbelow(2**31),
        app_version=__version__,
    )


def open_desktop_app(home: Path | None = None, *, patient_models: PatientModels | None = None) -> App:
    """Build the program for the window; the encoder loads meanwhile, so that the first turn does not wait for it.

    Raises:
        HeldElsewhere: There is a window on this home already. The command line can be used beside it.
    """
    home = home or app_home()
    release = hold_window(home)
    try:
        app = _with_encoder_ahead(home, patient_models)
    except BaseException:
        release()
        raise
    app.on_close = (*app.on_close, release)
    return app


def _with_encoder_ahead(home: Path, patient_models: PatientModels | None) -> App:
    encoder = sentence_encoder()
    Thread(target=_load_ahead, args=(encoder,), name="simpatient-encoder", daemon=True).start()
    return open_app(home, encoder=cached(encoder, home), patient_models=patient_models)


def _load_ahead(encoder: OnnxEncoder) -> None:
    with suppress(ModelUnavailable):  # said when the encoder is first needed
        encoder.load()
