"""The services wired on fakes: real engines, no disk, no torch."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import SelfRating
from simpatient.services.authoring.authoring import AuthorService
from simpatient.services.learning.drill import DrillService
from simpatient.services.learning.progress import ProgressService
from simpatient.services.privacy.deletion import DeletionService
from simpatient.services.review.reports import ReportService
from simpatient.services.review.review import ReviewService
from simpatient.services.review.second_rating import SecondRatingService
from simpatient.services.review.written_exercises import WrittenExerciseService
from simpatient.services.sessions.minds import MindStore
from simpatient.services.sessions.patient_models import RealiserFactory
from simpatient.services.sessions.practise import Exchange, PractiseService
from simpatient.services.sessions.scorecards import ScorecardService
from tests.builders import ME, small_library
from tests.chat_fakes import FakePatientModels
from tests.fakes import FakeAuthoringTools, FakeCoder, FakeLibrary, FakeReportWriter, FixedClock, RememberingFakeEncoder
from tests.model_fakes import ModelWorld
from tests.review_fakes import FakeJudges, InMemoryWritings
from tests.session_fakes import InMemoryDrills, InMemoryUnitOfWork, RecordingSessions
from tests.talk_fakes import InMemoryClips, InMemoryConsents

# Encoding the small persona once is enough for all tests.
ENCODER = RememberingFakeEncoder()


@dataclass
class World:
    """Everything a test may look at."""

    library: FakeLibrary = field(default_factory=small_library)
    sessions: RecordingSessions = field(default_factory=RecordingSessions)
    tries: InMemoryDrills = field(default_factory=InMemoryDrills)
    coder: FakeCoder = field(default_factory=FakeCoder)
    clock: FixedClock = field(default_factory=FixedClock)
    voices: FakePatientModels = field(default_factory=FakePatientModels)
    writer: FakeReportWriter = field(default_factory=FakeReportWriter)
    judges: FakeJudges = field(default_factory=FakeJudges)
    tools: FakeAuthoringTools = field(default_factory=FakeAuthoringTools)

    def __post_init__(self) -> None:
        self.writings = InMemoryWritings(self.sessions)
        numbers, library, sessions = count(1), self.library, self.sessions
        self.minds = MindStore(self.library, ENCODER)
        self.unit_of_work = InMemoryUnitOfWork([self.sessions, self.writings])
        self.scorecards = ScorecardService(
            library=library, sessions=sessions, coder=self.coder, clock=self.clock, unit_of_work=self.unit_of_work
        )
        self.practise = PractiseService(
            library=library,
            sessions=sessions,
            scorecards=self.scorecards,
            unit_of_work=self.unit_of_work,
            minds=self.minds,
            realisers=RealiserFactory(library=self.library, minds=self.minds, models=self.voices),
            encoder=ENCODER,
            coder=self.coder,
            clock=self.clock,
            new_id=lambda: f"s-{next(numbers)}",
            new_seed=lambda: 77,
            app_version="0.0.1",
        )
        self.review = ReviewService(library=library, sessions=sessions, coder=self.coder, clock=self.clock)
        self.progress = ProgressService(library=library, sessions=sessions, history=sessions, clock=self.clock)
        self.write = WrittenExerciseService(
            library=library, sessions=sessions, scorecards=self.scorecards, unit_of_work=self.unit_of_work,
            writings=self.writings, coder=self.coder, encoder=ENCODER, clock=self.clock,
        )  # fmt: skip
        self.judge = SecondRatingService(
            library=library, sessions=sessions, scorecards=self.scorecards, judges=self.judges, coder=self.coder
        )
        self.reports = ReportService(
            library=self.library, review=self.review, progress=self.progress, write=self.write, writer=self.writer,
            clock=self.clock,
        )  # fmt: skip
        self.clips = InMemoryClips(self.clock)
        self.deletion = DeletionService(
            sessions=self.sessions, drills=self.tries, consents=InMemoryConsents(), clips=self.clips
        )
        self.drill = DrillService(library=self.library, drills=self.tries, coder=self.coder, clock=self.clock)
        self.models = ModelWorld(library=self.library, clock=self.clock).service
        self.author = AuthorService(tools=self.tools, minds=self.minds, coder=self.coder)

    def begin(self, actor: Actor = ME, **named: Any) -> str:
        """Start a session and return its id."""
        return self.practise.start(actor, "nell-first", **{"seed": 5, **named}).id

    def say(self, session_id: str, text: str, actor: Actor = ME) -> Exchange:
        """Say a line and return the exchange."""
        return self.practise.reply(actor, session_id, text, lambda _: None)

    def whole(self, *lines: str, is_rated: bool = True, **named: Any) -> str:
        """Hold, end and rate a session and return its id."""
        session_id = self.begin(**named)
        for line in lines or LINES:
            self.say(session_id, line)
        self.practise.end(ME, session_id)
        if is_rated:
            self.review.rate_self(ME, session_id, RATING)
        return session_id

    def rated(self, *lines: str, **named: Any) -> str:
        """Hold and end a session, give the own rating, and return the session's id."""
        session_id = self.whole(*lines, **named)
        self.review.rate_self(ME, session_id, SelfRating(ratings={"listening": 3}))
        return session_id


RATING = SelfRating(ratings={"listening": 3})
LINES = (
    "What brings you here?",
    "It sounds as if you miss the singing.",
    "You're wrong about that.",
    "How is the choir?",
)
