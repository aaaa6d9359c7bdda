"""A whole program in memory for the window's tests: real domain values, no adapters, instant answers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from simpatient.domain.session.session import Session, Turn
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.services.learning.drill import DrillService
from simpatient.services.review.second_rating import SecondRatingService
from simpatient.services.review.written_exercises import WrittenExerciseService
from simpatient.services.sessions.scorecards import ScorecardService
from simpatient.services.sessions.session_drafts import SessionDraftService
from tests.builders import ME
from tests.draft_fakes import InMemorySessionDrafts
from tests.fakes import FakeLibrary, FixedClock, RememberingFakeEncoder
from tests.gui.fake_authoring import FakeAuthor
from tests.gui.fake_bin import FakeBin, FakeDeletion
from tests.gui.fake_content import CASES, COURSE, DRILLS, GUIDE, PERSONAS, RUBRICS, SCHEME, WRITING
from tests.gui.fake_progress import FakeProgress
from tests.gui.fake_review import FakeReports, FakeReview
from tests.gui.fake_sessions import T0, FakePractise, LookCoder, codes_for
from tests.gui.fake_talk import FakeConsents, FakeListeningBack, FakeRecognisers, FakeSoundCheck, FakeTalkService
from tests.model_fakes import ModelWorld
from tests.review_fakes import FakeJudges, InMemoryWritings
from tests.session_fakes import InMemoryDrills, InMemoryUnitOfWork

# Wait before, length, words and more of each turn, the patient's first; a length of 0 is a typed turn.
SPOKEN: tuple[tuple[float, float, str, dict[str, Any]], ...] = (
    (2.0, 6.0, "Right. So. My wife's idea, this. I said I'd come, so here I am.", {}),
    (1.4, 3.2, "Thank you for coming, even so. What would make the time worth it for you?", {}),
    (4.6, 11.0, "I don't know. Sleep, maybe. I get home at six, the house is quiet, and that hour is mine, you know. "
                "Nobody wants anything.", {}),
    (1.1, 4.4, "So it's the one place where nobody wants anything from you.", {
        "confidence": 0.71, "clip": "c1",
        "versions": (TextVersion(text="So it's the one place where nobody once anything from you.", source="recogniser",
                                 at=T0),)}),
    (2.0, 7.5, "Yeah. … Yeah, that's about it. And then Ellie's recital came, and I was asleep in the chair, and she",
     {"was_interrupted": True, "unheard": " never said a word about it. Not one word."}),
    (-0.4, 3.0, "How many is it, on a normal night?", {"confidence": 0.9}),
    (1.8, 2.4, "Four. Five, some nights.", {}),
    (5.2, 6.8, "You were going to say something about Ellie, and I cut across you. I'd like to hear it.", {}),
    (3.8, 14.0, "She didn't say anything. That's the thing. She just stopped asking me to things. I've not told anyone "
                "that. I found out about the next one from the calendar on the fridge.", {}),
    (6.1, 4.0, "She stopped asking. And that stays with you.", {}),
    (2.2, 5.0, "Every night, yeah.", {}),
    (0.0, 0.0, "(typed) What do you do with it, at night?", {}),
    (1.0, 9.0, "I have a can. Then it's quieter. I know how that sounds, I do know. I'm not daft.", {}),
    (0.8, 21.0, "You're not. And if I may, it sounds like the can does a job for you: it makes a hard thought a bit "
                "quieter, for a bit. I'm not going to tell you what to do about it. I'd like to understand what the "
                "thought says, before the can, when it's loudest, if you can bear to go there with me for a minute.", {}),
    (7.0, 6.0, "It says she's better off. The lot of them.", {}),
    (4.0, 5.0, "That they'd be better off without you. Have you had thoughts of ending your life?", {}),
    (5.5, 8.0, "Not … not like that. No. I'd not do that to them. But it's good somebody asks.", {}),
)  # fmt: skip


class FakeApp:
    """The program as the window sees it."""

    on_close: tuple[Callable[[], None], ...] = ()

    def __init__(self, home: Path) -> None:
        self.home = home
        self.library = FakeLibrary(
            all_personas=PERSONAS, all_cases=list(CASES), all_curricula=[COURSE], all_rubrics=(*RUBRICS, *WRITING),
            all_schemes=(SCHEME,), all_drills=list(DRILLS), guide=GUIDE,
        )  # fmt: skip
        self.encoder = RememberingFakeEncoder()
        self.coder = LookCoder()
        self.practise = FakePractise()
        self.sessions = self.practise.stored
        self.review = FakeReview(self.practise)
        self.progress = FakeProgress(self.practise, self.library)
        self.author = FakeAuthor()
        self.reports = FakeReports(self.library, self.review)
        self.tries = InMemoryDrills()
        self.drill = DrillService(library=self.library, drills=self.tries, coder=self.coder, clock=FixedClock(T0))
        self.writings = InMemoryWritings(self.sessions)
        unit_of_work = InMemoryUnitOfWork([self.writings])
        self.scorecards = ScorecardService(
            library=self.library, sessions=self.sessions, coder=self.coder, clock=FixedClock(T0),
            unit_of_work=unit_of_work,
        )  # fmt: skip
        self.write = WrittenExerciseService(
            library=self.library, sessions=self.sessions, writings=self.writings, coder=self.coder,
            encoder=self.encoder, clock=FixedClock(T0), scorecards=self.scorecards, unit_of_work=unit_of_work,
        )  # fmt: skip
        self.drafts = InMemorySessionDrafts(self.sessions)
        self.session_drafts = SessionDraftService(sessions=self.sessions, drafts=self.drafts, clock=FixedClock(T0))
        self.judges = FakeJudges()
        self.judge = SecondRatingService(
            library=self.library,
            sessions=self.sessions,
            scorecards=self.scorecards,
            judges=self.judges,
            coder=self.coder,
        )
        self.model_world = ModelWorld(home / "models", clock=FixedClock(T0))
        self.models = self.model_world.service
        self.consents = FakeConsents()
        self.talking = FakeTalkService(self.practise)
        self.sound_check = FakeSoundCheck()
        self.recognisers = FakeRecognisers()
        self.recording_playback = FakeListeningBack()
        self.deletion = FakeDeletion(self.practise, self.tries)
        self.bin = FakeBin(self.practise)
        self.actor = ME
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True
        for close in self.on_close:
            close()

    def talk(self, case_id: str = "joe-first", lines: int = 4, ended: bool = True) -> Session:
        """Put a session in the store, as if it had been held."""
        session = self.practise.start(ME, case_id)
        said = (
            "What does that hour give you?",
            "So it's the one place where nobody wants anything from you.",
            "How many is it, on a normal night?",
            "You did it before, and it mattered to you that nobody noticed.",
        )
        for i in range(lines):
            self.practise.reply(ME, session.id, said[i % 4], lambda _: None)
        return self.practise.end(ME, session.id) if ended else self.practise.sessions[session.id]

    def talk_aloud(self, case_id: str = "joe-first") -> Session:
        """Put a spoken session in the store: with silences, an interruption, a typed turn and a corrected one."""
        session = self.talk(case_id, lines=1, ended=False)
        turns, now = list(session.turns[:1]), 0.0
        for number, (wait, length, text, more) in enumerate(SPOKEN):
            began = now + wait
            now = began + length
            speech = TurnSpeech(began_s=began, ended_s=now, **more) if length else None
            turn = Turn(turn=number, parent=number - 1 if number else None, at=T0, text=text, speech=speech,
                        speaker="trainee" if number % 2 else "patient", codes=codes_for(text) if number % 2 else None)  # fmt: skip
            turns[number:] = [turn]
            now = now if length else now + 30.0
        whole = session.model_copy(update={"turns": tuple(turns), "leaf": len(turns) - 1})
        self.practise.sessions[session.id] = whole
        return self.practise.end(ME, session.id)
