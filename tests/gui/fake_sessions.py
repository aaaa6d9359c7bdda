"""Practice in memory, with instant answers: sessions in a dictionary, codes by the look of the words."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from simpatient.domain.assessment.codes import Label, Speaker, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.assessment.score import Scorecard, ScorecardOrigin, ScorecardRevision
from simpatient.domain.cancellation import CancelToken, stop_if_cancelled
from simpatient.domain.people.actor import Actor
from simpatient.domain.session.session import Manifest, Session, Turn
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.services.ports import OnChunk
from simpatient.services.sessions.access import session_of
from simpatient.services.sessions.patient_models import GUIDED
from simpatient.services.sessions.practise import NOT_SPOKEN, Exchange, SpokenTurn
from tests.gui.fake_scorecard import scorecard
from tests.session_fakes import InMemorySessions

T0 = datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


ANSWERS = (
    "It's the only hour that's mine, you know. Everyone's asleep.",
    "Yeah. … Yeah, that's about it.",
    "She doesn't ask me to things any more. She just doesn't ask.",
    "I did it before. Five months. Nobody remembers that.",
)


def codes_for(text: str) -> TurnCodes:
    """Return one code by the look of the words."""
    code = "open_question" if text.rstrip().endswith("?") else "complex_reflection"
    label = UtteranceLabel(scheme="talk", code=code, confidence=0.83)
    return TurnCodes(
        main=Label(code="question" if text.endswith("?") else "reflection", confidence=0.83),
        utterances=(Utterance(start=0, end=len(text), text=text, codes=(label,)),),
    )


class LookCoder:
    """Codes by the look of the words; not sure of any that say 'perhaps'."""

    @property
    def coder_id(self) -> str:
        return "look@1"

    def prepare_for(self, previous: str) -> None:
        """There is nothing to make ready."""

    def code_turn(self, speaker: Speaker, text: str, previous: str = "") -> TurnCodes:
        if speaker == "patient":
            return TurnCodes()
        is_question = text.rstrip().endswith("?")
        is_open = text.startswith(("What", "How", "Tell"))
        code = "open_question" if is_question and is_open else "closed_question" if is_question else "confront"
        label = UtteranceLabel(scheme="talk", code=code, confidence=0.31 if "perhaps" in text else 0.91)
        return TurnCodes(utterances=(Utterance(start=0, end=len(text), text=text, codes=(label,)),))


class FakePractise:
    """Keeps sessions in a dictionary; ``gate`` holds an answer back until it is set."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.stored = StoredSessions(self.sessions)
        self.gate = threading.Event()
        self.gate.set()
        self.fails: Exception | None = None
        self.stores_before_failing = True
        self.note = ""
        self.warmed: list[str] = []
        self.preparing: tuple[tuple[int, int], ...] = ()
        self.answers = list(ANSWERS)
        self.model = GUIDED
        self.misses_risk = False

    def warm_up(self, case_id: str, model: str = GUIDED, on_prepared: Callable[[int, int], None] | None = None) -> None:
        self.warmed.append(case_id)
        for done, total in self.preparing:
            if on_prepared is not None:
                on_prepared(done, total)
        if self.preparing:
            self.gate.wait()

    def start(
        self,
        actor: Actor,
        case_id: str,
        *,
        seed: int | None = None,
        curriculum_id: str | None = None,
        unit_id: str | None = None,
        model: str = GUIDED,
    ) -> Session:
        if self.fails:
            raise self.fails
        opening = Turn(turn=0, parent=None, speaker="patient", text="Right. So. My wife's idea, this.", at=T0)
        session = Session(
            id=f"s{len(self.sessions) + 1}",
            trainee_id=actor.person_id,
            case_id=case_id,
            curriculum_id=curriculum_id,
            unit_id=unit_id,
            manifest=Manifest(
                app="0", model=self.model, content={}, encoder="e", coder="c", seed=1 if seed is None else seed
            ),
            started_at=T0,
            turns=(opening,),
            leaf=0,
        )
        self.sessions[session.id] = session
        return session

    def _append(self, session_id: str, speaker: Speaker, text: str, **more: Any) -> Turn:
        session = self.sessions[session_id]
        turn = Turn(turn=len(session.turns), parent=session.leaf, speaker=speaker, text=text, at=T0, **more)
        self.sessions[session_id] = session.model_copy(update={"turns": (*session.turns, turn), "leaf": turn.turn})
        return turn

    def reply(
        self,
        actor: Actor,
        session_id: str,
        text: str,
        on_chunk: OnChunk,
        cancel: CancelToken | None = None,
        spoken: SpokenTurn = NOT_SPOKEN,
    ) -> Exchange:
        session_of(self.stored, actor, session_id)
        if self.fails and not self.stores_before_failing:
            raise self.fails
        trainee = self._append(session_id, "trainee", text, codes=codes_for(text), speech=spoken.speech)
        if self.fails:
            raise self.fails
        answer = self.answers[len(self.sessions[session_id].turns) // 2 % len(self.answers)]
        words = answer.split(" ")
        for i, word in enumerate(words):
            if i == len(words) // 2:
                while not self.gate.wait(0.02):
                    stop_if_cancelled(cancel)
            on_chunk(word + " ")
        patient = self._append(session_id, "patient", answer, note=self.note)
        return Exchange(trainee=trainee, patient=patient, note=self.note)

    def keep_heard(self, actor: Actor, session_id: str, turn: int, heard: str, speech: TurnSpeech) -> Turn:
        return self._amend(actor, session_id, turn, text=heard, speech=speech)

    def correct(self, actor: Actor, session_id: str, turn: int, text: str) -> Turn:
        if self.fails:
            raise self.fails
        old = next(each for each in session_of(self.stored, actor, session_id).turns if each.turn == turn)
        assert old.speech is not None, "only spoken turns can be corrected"
        first = TextVersion(text=old.text, source="trainee", at=T0)
        versions = (*(old.speech.versions or (first,)), TextVersion(text=text, source="trainee", at=T0))
        speech = old.speech.model_copy(update={"versions": versions})
        return self._amend(actor, session_id, turn, text=text, codes=codes_for(text), speech=speech)

    def _amend(self, actor: Actor, session_id: str, turn: int, **changes: Any) -> Turn:
        session = session_of(self.stored, actor, session_id)
        turns = {each.turn: each for each in session.turns}
        turns[turn] = turns[turn].model_copy(update=changes)
        self.sessions[session_id] = session.model_copy(update={"turns": tuple(turns.values())})
        return turns[turn]

    def resume(self, actor: Actor, session_id: str) -> Session:
        if self.fails:
            raise self.fails
        session = session_of(self.stored, actor, session_id)
        if session.path()[-1].speaker == "trainee":
            self._append(session_id, "patient", "Sorry. Where was I.")
        return self.sessions[session_id]

    def mark(self, actor: Actor, session_id: str, turn: int, marked: bool) -> None:
        self._amend(actor, session_id, turn, marked=marked)

    def branch(self, actor: Actor, session_id: str, from_turn: int) -> Session:
        session = session_of(self.stored, actor, session_id)
        others = dict(session.other_scorecards)
        if session.scorecards and session.leaf is not None:
            others[session.leaf] = session.scorecards
        self.sessions[session_id] = session.model_copy(
            update={
                "leaf": from_turn,
                "ended_at": None,
                "scorecards": others.pop(from_turn, ()),
                "other_scorecards": others,
            }
        )
        return self.sessions[session_id]

    def end(self, actor: Actor, session_id: str) -> Session:
        session = session_of(self.stored, actor, session_id)
        cards = (scorecard(session, missed=self.misses_risk),)
        ended = session.model_copy(update={"ended_at": T0 + timedelta(minutes=20), "scorecards": cards})
        self.sessions[session_id] = ended
        return ended


class StoredSessions(InMemorySessions):
    """The same sessions as a repository; a scorecard takes the place of an earlier one by the same rubric."""

    def __init__(self, sessions: dict[str, Session]) -> None:
        super().__init__(sessions)

    def get(self, session_id: str) -> Session:
        return self._one(session_id)

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        session = self._one(session_id)
        by_rubric = {card.rubric: card for card in (*session.scorecards, *cards)}
        self._update(session_id, scorecards=tuple(by_rubric.values()))

    def scorecard_history(self, session_id: str, leaf: int) -> tuple[ScorecardRevision, ...]:
        cards = self._one(session_id).on_branch(leaf).scorecards
        return tuple(ScorecardRevision(number=1, origin=ScorecardOrigin(), card=card) for card in cards)
