"""The wired program as one value: every use case there is, with who acts and where the home is.

A new service is a field here, is built in ``bootstrap`` and used where it is needed: three places. Imports nothing at
run time, so that the window can name the services before its first paint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from simpatient.domain.people.actor import Actor
    from simpatient.domain.ports import Coder, RememberingEncoder
    from simpatient.services.authoring.authoring import AuthorService
    from simpatient.services.learning.drill import DrillService
    from simpatient.services.learning.progress import ProgressService
    from simpatient.services.models.models import ModelService
    from simpatient.services.models.recognisers import RecogniserService
    from simpatient.services.ports import ContentLibrary
    from simpatient.services.privacy.bin import BinService
    from simpatient.services.privacy.consent import ConsentService
    from simpatient.services.privacy.deletion import DeletionService
    from simpatient.services.review.reports import ReportService
    from simpatient.services.review.review import ReviewService
    from simpatient.services.review.second_rating import SecondRatingService
    from simpatient.services.review.written_exercises import WrittenExerciseService
    from simpatient.services.sessions.ports import SessionRepository
    from simpatient.services.sessions.practise import PractiseService
    from simpatient.services.sessions.scorecards import ScorecardService
    from simpatient.services.sessions.session_drafts import SessionDraftService
    from simpatient.services.voice.recording_playback import RecordingPlaybackService
    from simpatient.services.voice.sound_check import SoundCheckService
    from simpatient.services.voice.talk import TalkService


@dataclass(kw_only=True)
class App:
    """The wired program."""

    home: Path
    actor: Actor
    library: ContentLibrary
    encoder: RememberingEncoder
    coder: Coder
    sessions: SessionRepository
    practise: PractiseService
    review: ReviewService
    progress: ProgressService
    author: AuthorService
    reports: ReportService
    drill: DrillService
    models: ModelService
    consents: ConsentService
    talking: TalkService
    sound_check: SoundCheckService
    recognisers: RecogniserService
    recording_playback: RecordingPlaybackService
    deletion: DeletionService
    bin: BinService
    write: WrittenExerciseService
    judge: SecondRatingService
    scorecards: ScorecardService
    session_drafts: SessionDraftService
    on_close: tuple[Callable[[], None], ...] = ()

    def close(self) -> None:
        """Release the database and of child processes."""
        for close in self.on_close:
            close()
