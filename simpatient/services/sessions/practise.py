"""Practise: start, talk, mark, retry, end. The trainee's turn is on disk before the patient answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock

from simpatient.domain.assessment.codes import Speaker, TurnCodes
from simpatient.domain.base import Value
from simpatient.domain.cancellation import Cancellation, CancelToken, stop_if_cancelled
from simpatient.domain.content.case import Case
from simpatient.domain.errors import UserFacingError
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Coder, RememberingEncoder
from simpatient.domain.session.session import Manifest, Session, Turn
from simpatient.domain.speech import TextVersion, TurnSpeech
from simpatient.domain.state import PatientState
from simpatient.domain.text import LONGEST_TURN, clean_text
from simpatient.patient.mind import OnPlan, Reply
from simpatient.patient.realisation.spoken_turn import as_heard
from simpatient.patient.understanding.persona_index import OnPrepared
from simpatient.services.ports import Clock, ContentLibrary, OnChunk
from simpatient.services.sessions.access import accessible, session_of
from simpatient.services.sessions.minds import MindStore
from simpatient.services.sessions.patient_models import GUIDED, STAND_IN_NOTE, RealiserFactory, stood_in
from simpatient.services.sessions.played_content import played_case
from simpatient.services.sessions.ports import SessionRepository
from simpatient.services.sessions.scorecards import ScorecardService
from simpatient.services.unit_of_work import UnitOfWork

REMOTE_MACHINE_NOTE = (
    "A word from the program: yes, this is a simulated patient, not a person. Everything here is made up for "
    "practice. The conversation continues below."
)
MACHINE_NOTE = REMOTE_MACHINE_NOTE.replace("practice.", "practice and stays on this computer.")


class Exchange(Value):
    """A trainee turn and the patient's answer; ``note`` is the program's own word, outside the role."""

    trainee: Turn
    patient: Turn
    note: str = ""


@dataclass(frozen=True)
class SpokenTurn:
    """What talking adds to a reply.

    Attributes:
        speech: How the trainee's words were spoken; None when they were typed and only the answer is spoken.
        on_plan: Called with the plan before there are words: it decides how they are spoken.
        stop_generation: Set when the trainee breaks in: generation stops, and the words so far stand.
    """

    speech: TurnSpeech | None = None
    on_plan: OnPlan | None = None
    stop_generation: Cancellation | None = None


NOT_SPOKEN = SpokenTurn()


class PractiseService:
    """A practice session from the first line to the scorecards."""

    def __init__(
        self,
        *,
        library: ContentLibrary,
        sessions: SessionRepository,
        minds: MindStore,
        realisers: RealiserFactory,
        encoder: RememberingEncoder,
        coder: Coder,
        scorecards: ScorecardService,
        unit_of_work: UnitOfWork,
        clock: Clock,
        new_id: Callable[[], str],
        new_seed: Callable[[], int],
        app_version: str,
    ) -> None:
        self._library = library
        self._sessions = sessions
        self._minds = minds
        self._realisers = realisers
        self._encoder = encoder
        self._coder = coder
        self._scorecards = scorecards
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._new_id = new_id
        self._new_seed = new_seed
        self._app_version = app_version
        self._live: dict[str, Session] = {}
        self._reserved: dict[tuple[str, str], str] = {}
        self._lock = RLock()

    @contextmanager
    def _changing(self, session_id: str) -> Iterator[None]:
        """Hold a session while it is changed; what fails on the way is not built on: the next try reads it anew."""
        with self._lock:
            try:
                yield
            except Exception:
                self._live.pop(session_id, None)
                raise

    def warm_up(self, case_id: str, model: str = GUIDED, on_prepared: OnPrepared | None = None) -> None:
        """Make the patient ready while the vignette is read; content edited since it was last read is read again.

        Args:
            case_id: Which case.
            model: What is to word the patient's answers.
            on_prepared: Told how many of the patient's lines are ready, the first time they are read on this
                computer; what it raises stops the work.
        """
        self._library.refresh()
        case = self._library.case(case_id)
        self._minds.of(case.persona, on_prepared)
        # A chat model keeps what it has read under the session, so the id has to be known before the session exists.
        self._reserved[case_id, model] = session_id = self._new_id()
        self._realisers.prepare(session_id, case, model)

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
        """Start a session; it holds the patient's opening turn when the case lets the patient begin.

        Args:
            actor: Whose session it is.
            case_id: Which case.
            seed: Makes the patient's variety repeatable; drawn when not given.
            curriculum_id: The curriculum it is held for.
            unit_id: The unit it is held for.
            model: ``guided``, or a chat model as ``PatientModels.patient_model`` takes it.

        Raises:
            NotFound: There is no such case.
            StorageUnavailable: The session could not be stored.
            ModelUnavailable: There is no such model.
        """
        self._library.refresh()
        case = self._library.case(case_id)
        chosen = self._new_seed() if seed is None else seed
        session = Session(
            id=self._reserved.pop((case_id, model), None) or self._new_id(),
            trainee_id=actor.person_id,
            case_id=case_id,
            curriculum_id=curriculum_id,
            unit_id=unit_id,
            manifest=self._realisers.described(self._manifest(case, curriculum_id, chosen), model),
            started_at=self._clock.now(),
        )
        if case.first_line_by == "patient":
            opening = self._patient_turn(
                self._minds.of(case.persona).open(chosen), 0, None, {}, is_remote=session.manifest.is_remote
            )
            session = session.model_copy(update={"turns": (opening,), "leaf": 0})
        # Kept before the session is stored: no stored session may name a version that is not there.
        for kind, item_id in (("persona", case.persona), ("case", case.id)):
            self._library.keep_played(kind, item_id)
        self._sessions.create(session)
        return self._keep(session)

    def reply(
        self,
        actor: Actor,
        session_id: str,
        text: str,
        on_chunk: OnChunk,
        cancel: CancelToken | None = None,
        spoken: SpokenTurn = NOT_SPOKEN,
    ) -> Exchange:
        """Store the trainee's turn, then answer it; chunks are a preview, the return value is the truth.

        Args:
            actor: Who speaks.
            session_id: Which session.
            text: The trainee's words.
            on_chunk: Given the patient's words as they come: a model's as it writes them, an authored line whole.
            cancel: Stops the answer, not the storing.
            spoken: What there is beside the words when they are spoken.

        Raises:
            UserFacingError: The text is too long, or the session has ended.
            StorageUnavailable: The turn could not be stored; nothing was said.
            OpenElsewhere: The session continued in another window; the next try continues from there.
            Cancelled: The trainee's turn is stored, the answer is not; ``resume`` answers it.
        """
        with self._changing(session_id):
            session = self._open_session(actor, session_id)
            said = clean_text(text)
            if len(said) > LONGEST_TURN:
                raise _too_long(said)
            turn = Turn(
                turn=_next_number(session),
                parent=session.leaf,
                speaker="trainee",
                text=said,
                at=self._clock.now(),
                speech=spoken.speech,
            )
            # Stored before it is coded or answered: whatever fails from here on, ``resume`` finds it.
            self._sessions.add_turn(session_id, turn)
            session = self._keep(_with_turn(session, turn))
            return self._answer(session, turn, on_chunk, cancel, spoken)

    def keep_heard(self, actor: Actor, session_id: str, turn: int, heard: str, speech: TurnSpeech) -> Turn:
        """Store how a patient's turn was spoken; where it was cut off, only what was heard counts as said.

        Raises:
            UserFacingError: There is no such patient turn.
        """
        with self._changing(session_id):
            session = self._current(actor, session_id)
            stored = _turn_of(session, turn, "patient")
            facts = self._minds.of_session(session).persona.facts
            amended = as_heard(stored, heard, facts).model_copy(update={"speech": speech})
            self._sessions.amend_turn(session_id, amended, self._clock.now())
            self._keep(_with_amended(session, amended))
            return amended

    def correct(self, actor: Actor, session_id: str, turn: int, text: str) -> Turn:
        """Put right what the recogniser misheard: codes and, after the session, scores follow; both texts are kept.

        Raises:
            UserFacingError: There is no such spoken turn of the trainee's, or no words, or too many.
        """
        said = clean_text(text)
        if not said:
            raise UserFacingError("The corrected turn has no words.", "Write what you said; the turn stays as it was.")
        if len(said) > LONGEST_TURN:
            raise _too_long(said)
        with self._changing(session_id):
            session = self._current(actor, session_id)
            stored = _turn_of(session, turn, "trainee")
            if stored.speech is None:
                raise UserFacingError("This turn was typed, not spoken.", "Only spoken turns can be corrected.")
            changed = _corrected(stored, stored.speech, said, self._clock)
            # The coder reads a turn together with the one it answers.
            before = session.path(turn)[-2:-1]
            codes = self._coder.code_turn("trainee", changed.text, before[0].text if before else "")
            amended = changed.model_copy(update={"codes": codes})

            def store() -> Session:
                self._sessions.amend_turn(session_id, amended, self._clock.now())
                self._scorecards.score_corrected(actor, self._sessions.get(session_id), turn)
                return self._sessions.get(session_id)

            self._keep(self._unit_of_work.run(actor, "correct a turn", store))
            return amended

    def resume(self, actor: Actor, session_id: str) -> Session:
        """Return a session as it was left; a turn that was never answered is answered now."""
        with self._changing(session_id):
            session = self._keep(session_of(self._sessions, actor, session_id))
            path = session.path()
            if not session.is_ended and path and path[-1].speaker == "trainee":
                self._answer(session, path[-1], lambda _: None, None)
            return self._live[session_id]

    def mark(self, actor: Actor, session_id: str, turn: int, marked: bool) -> None:
        """Set or clear the trainee's mark on a moment."""
        with self._changing(session_id):
            self._current(actor, session_id)
            self._sessions.mark_turn(session_id, turn, marked)
            # Only the repository has the mark now; the next use reads the session from there.
            self._live.pop(session_id, None)

    def branch(self, actor: Actor, session_id: str, from_turn: int) -> Session:
        """Retry from a patient turn: what follows is kept as a sibling branch.

        Raises:
            UserFacingError: ``from_turn`` is not a patient turn of this session.
        """
        with self._changing(session_id):
            _turn_of(session_of(self._sessions, actor, session_id), from_turn, "patient")

            def store() -> Session:
                self._sessions.set_leaf(session_id, from_turn)
                self._sessions.reopen(session_id)
                return self._sessions.get(session_id)

            return self._keep(self._unit_of_work.run(actor, "begin a retry", store))

    def end(self, actor: Actor, session_id: str) -> Session:
        """Score the branch in use and end the session."""
        with self._changing(session_id):
            session = self._current(actor, session_id)
            # Coded before the transaction begins: the encoder may take long, and may fail.
            codes = self._missing_codes(session.path())
            coded = _with_codes(session, codes)

            def store() -> Session:
                for turn, found in codes.items():
                    self._sessions.attach_codes(session_id, turn, found)
                self._scorecards.score_ended(actor, coded)
                self._sessions.end(session_id, self._clock.now())
                return self._sessions.get(session_id)

            ended = self._unit_of_work.run(actor, "end a session", store)
            self._realisers.forget(session)
            self._live.pop(session_id, None)
            return ended

    def _answer(
        self,
        session: Session,
        turn: Turn,
        on_chunk: OnChunk,
        cancel: CancelToken | None,
        spoken: SpokenTurn = NOT_SPOKEN,
    ) -> Exchange:
        started = self._clock.monotonic()
        path = session.path(turn.turn)
        codes = turn.codes or self._code(session, turn, path)
        coded = self._clock.monotonic()
        mind = self._minds.of_session(session)
        state = last_state(path) or mind.persona.dynamics.start.to_state()
        said = [t.text for t in path if t.speaker == "patient"]
        case = played_case(self._library, session)
        speak = self._realisers.realiser(session, case, path, on_chunk, cancel, spoken.stop_generation)
        seed = session.manifest.seed
        reply = mind.reply(state, turn.text, codes, said, seed, turn.turn, speak, spoken.on_plan)
        stop_if_cancelled(cancel)
        timings = {"coding": coded - started, "reply": self._clock.monotonic() - coded}
        # Coding has put the codes into the session in the meantime.
        session = self._live[session.id]
        patient = self._patient_turn(
            reply, _next_number(session), turn.turn, timings, state, is_remote=session.manifest.is_remote
        )
        if reply.words.line_ids:  # an authored line is there at once; a model's words were passed on as they came
            on_chunk(patient.text)
        self._sessions.add_turn(session.id, patient)
        self._keep(_with_turn(session, patient))
        return Exchange(trainee=turn.model_copy(update={"codes": codes}), patient=patient, note=patient.note)

    def _code(self, session: Session, turn: Turn, path: Sequence[Turn]) -> TurnCodes:
        codes = self._coder.code_turn(turn.speaker, turn.text, path[-2].text if len(path) > 1 else "")
        self._sessions.attach_codes(session.id, turn.turn, codes)
        self._keep(_with_codes(session, {turn.turn: codes}))
        return codes

    def _missing_codes(self, path: Sequence[Turn]) -> dict[int, TurnCodes]:
        """Return codes for the turns that have none yet, as a rule the patient's."""
        return {
            turn.turn: self._coder.code_turn(turn.speaker, turn.text, before.text if before else "")
            for before, turn in zip((None, *path), path, strict=False)
            if turn.codes is None
        }

    def _patient_turn(
        self,
        reply: Reply,
        number: int,
        parent: int | None,
        timings: dict[str, float],
        before: PatientState | None = None,
        *,
        is_remote: bool,
    ) -> Turn:
        return Turn(
            turn=number,
            parent=parent,
            speaker="patient",
            text=reply.words.text,
            at=self._clock.now(),
            state_before=before or reply.state_heard,
            state_after=reply.state_spoken,
            plan=reply.plan,
            facts_revealed=tuple(
                fact for fact in reply.words.disclosed_facts if fact not in reply.state_heard.facts_revealed
            ),
            guard=reply.words.guard,
            timings_s=timings,
            note=_note(reply, is_remote),
        )

    def _manifest(self, case: Case, curriculum_id: str | None, seed: int) -> Manifest:
        digest = self._library.digest
        wanted = [("persona", case.persona), ("case", case.id), *(("rubric", r) for r in case.rubrics)]
        if curriculum_id:
            wanted.append(("curriculum", curriculum_id))
        library = self._library
        wanted += [
            ("intents", library.intents().id),
            ("dynamics", library.dynamics_table().id),
            ("guard", library.guard_rules().id),
        ]
        return Manifest(
            app=self._app_version,
            model=GUIDED,
            content={f"{kind}:{item}": digest(kind, item) for kind, item in wanted},
            encoder=self._encoder.model_id,
            coder=self._coder.coder_id,
            seed=seed,
        )

    def _open_session(self, actor: Actor, session_id: str) -> Session:
        session = self._current(actor, session_id)
        if session.is_ended:
            raise UserFacingError("This session has ended.", "Use 'Retry from here' in its debrief to continue.")
        path = session.path()
        # An earlier answer failed or was cancelled; two trainee turns in a row would leave it unanswered for good.
        if path and path[-1].speaker == "trainee":
            self._answer(session, path[-1], lambda _: None, None)
        return self._live[session_id]

    def _current(self, actor: Actor, session_id: str) -> Session:
        live = self._live.get(session_id)
        return accessible(actor, live) if live else self._keep(session_of(self._sessions, actor, session_id))

    def _keep(self, session: Session) -> Session:
        self._live[session.id] = session
        return session


def _note(reply: Reply, is_remote: bool) -> str:
    if reply.asked_if_machine:
        return REMOTE_MACHINE_NOTE if is_remote else MACHINE_NOTE
    return STAND_IN_NOTE if stood_in(reply.words) else ""


def last_state(path: Sequence[Turn]) -> PatientState | None:
    """Return the patient's state after its last turn on a branch."""
    return next((turn.state_after for turn in reversed(path) if turn.state_after is not None), None)


def _next_number(session: Session) -> int:
    return max([session.first_free_turn, *(turn.turn + 1 for turn in session.turns)])


def _turn_of(session: Session, number: int, speaker: Speaker) -> Turn:
    found = next((turn for turn in session.turns if turn.turn == number and turn.speaker == speaker), None)
    if found is None:
        message = f"Turn {number} is not a {speaker} turn of this session."
        raise UserFacingError(message, f"Choose one of the {speaker}'s turns.")
    return found


def _too_long(said: str) -> UserFacingError:
    message = f"That turn has {len(said):,} characters; one turn can have {LONGEST_TURN:,}."
    return UserFacingError(message, "Shorten it and send it again; it was not sent.")


def _corrected(turn: Turn, speech: TurnSpeech, text: str, clock: Clock) -> Turn:
    first = TextVersion(text=turn.text, source="trainee", at=turn.at)
    versions = (*(speech.versions or (first,)), TextVersion(text=text, source="trainee", at=clock.now()))
    return turn.model_copy(update={"text": text, "speech": speech.model_copy(update={"versions": versions})})


def _with_turn(session: Session, turn: Turn) -> Session:
    return session.model_copy(update={"turns": (*session.turns, turn), "leaf": turn.turn})


def _with_amended(session: Session, turn: Turn) -> Session:
    turns = tuple(turn if each.turn == turn.turn else each for each in session.turns)
    return session.model_copy(update={"turns": turns})


def _with_codes(session: Session, codes: Mapping[int, TurnCodes]) -> Session:
    turns = tuple(
        each.model_copy(update={"codes": codes[each.turn]}) if each.turn in codes else each for each in session.turns
    )
    return session.model_copy(update={"turns": turns})
