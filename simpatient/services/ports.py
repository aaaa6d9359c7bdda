"""Ports of the use cases: what storage, content and reporting must offer."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from simpatient.domain.case import Case
from simpatient.domain.chat_models import ModelCatalogue
from simpatient.domain.coaching import CoachingGuide
from simpatient.domain.codes import CodingScheme, TurnCodes
from simpatient.domain.consent import Consent, Purpose
from simpatient.domain.curriculum import Curriculum
from simpatient.domain.drafting import DraftingGuide
from simpatient.domain.drill import Drill, DrillState, DrillTry
from simpatient.domain.dynamics_table import DynamicsTable
from simpatient.domain.errors import ContentError
from simpatient.domain.guard_rules import GuardRules
from simpatient.domain.intents import IntentBank
from simpatient.domain.patient_prompt import PatientPrompt
from simpatient.domain.persona import Persona
from simpatient.domain.ports import Grader, PatientVoice
from simpatient.domain.practice_history import PracticeHistory
from simpatient.domain.progress import Progress
from simpatient.domain.prompts import Prompt
from simpatient.domain.report import SessionReport
from simpatient.domain.rubric import Rubric
from simpatient.domain.score import Scorecard, ScorecardOrigin, ScorecardRevision
from simpatient.domain.session import SelfRating, Session, Turn
from simpatient.domain.writing import Attempt


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back, for durations."""
        ...


class SessionRepository(Protocol):
    """Sessions on disk. Every call returns only when the change is durable.

    All methods raise ``StorageUnavailable`` when the disk or database fails and ``NotFound`` when a
    session id is unknown.
    """

    def create(self, session: Session) -> None:
        """Store a new session with the turns it already has."""
        ...

    def add_turn(self, session_id: str, turn: Turn) -> None:
        """Append a turn and make it the leaf in use."""
        ...

    def attach_codes(self, session_id: str, turn: int, codes: TurnCodes) -> None:
        """Store the codes of a turn already stored; codes it had before are kept as an earlier version of it."""
        ...

    def amend_turn(self, session_id: str, turn: Turn, at: datetime) -> None:
        """Store a later version of a turn: words, codes, speech, plan, state and facts; the earlier one is kept.

        Its place in the tree, its speaker and its moment stay; marks too.
        """
        ...

    def turn_versions(self, session_id: str, turn: int) -> tuple[Turn, ...]:
        """Return the earlier versions of a turn, oldest first; none when it was never amended."""
        ...

    def mark_turn(self, session_id: str, turn: int, marked: bool) -> None:
        """Set or clear the trainee's mark on a turn."""
        ...

    def set_leaf(self, session_id: str, leaf: int | None) -> None:
        """Choose the branch in use."""
        ...

    def end(self, session_id: str, at: datetime) -> None:
        """Mark the session as ended."""
        ...

    def reopen(self, session_id: str) -> None:
        """Open an ended session again, for a retry."""
        ...

    def add_scorecards(self, session_id: str, leaf: int, cards: Sequence[Scorecard], origin: ScorecardOrigin) -> None:
        """Append a revision of each scorecard of the branch ending in ``leaf``; earlier ones stay.

        Only ``services.scorecards`` calls this.
        """
        ...

    def scorecard_history(self, session_id: str, leaf: int) -> tuple[ScorecardRevision, ...]:
        """Return all revisions of a branch's scorecards, in the order of the scorecards, oldest first."""
        ...

    def save_self_rating(self, session_id: str, rating: SelfRating) -> None:
        """Store the trainee's own rating; it is kept once given."""
        ...

    def get(self, session_id: str) -> Session:
        """Return the session with the current scorecards, of its leaf in use and of all other leaves.

        Which revision is current is the rule of ``domain.score.current_revisions``.
        """
        ...

    def session_ids(self, trainee_id: str) -> tuple[str, ...]:
        """Return the ids of all of a trainee's sessions, newest first."""
        ...

    def list_trainees(self) -> tuple[str, ...]:
        """Return the ids of all trainees with at least one session, sorted."""
        ...

    def delete(self, session_id: str) -> None:
        """Remove a session and everything that hangs on it."""
        ...

    def check(self) -> tuple[str, ...]:
        """Return problems found by an integrity check; empty when sound."""
        ...

    def close(self) -> None:
        """Release the database."""
        ...


class HistoryRepository(Protocol):
    """What trainees have done, as rows kept in the transaction of every change: read whole, however long ago.

    All methods raise ``StorageUnavailable`` when the disk or database fails.
    """

    def history(self, trainee_id: str) -> PracticeHistory:
        """Return all attempts of a trainee, newest session first, with every measure of their scores."""
        ...


class WritingRepository(Protocol):
    """What trainees wrote after sessions, on disk. Every call returns only when the change is durable.

    Attempts go with their session when it is deleted. All methods raise ``StorageUnavailable`` when the
    disk or database fails and ``NotFound`` when a session id is unknown.
    """

    def add(self, attempt: Attempt) -> None:
        """Append an attempt; one stored already is a bug."""
        ...

    def attempts(self, session_id: str) -> tuple[Attempt, ...]:
        """Return all attempts of a session, by rubric and oldest first."""
        ...


class DrillRepository(Protocol):
    """Tries at drills and where a trainee is in each, on disk. Every call returns only when the change is durable.

    All methods raise ``StorageUnavailable`` when the disk or database fails.
    """

    def add_try(self, made: DrillTry, state: DrillState) -> None:
        """Append a try and store the state that follows from it; both or neither."""
        ...

    def save_state(self, state: DrillState) -> None:
        """Store where a trainee is in a drill, in the place of what was stored before."""
        ...

    def state(self, trainee_id: str, drill_id: str) -> DrillState | None:
        """Return where a trainee is in a drill; None before the first try."""
        ...

    def states(self, trainee_id: str) -> tuple[DrillState, ...]:
        """Return where a trainee is in every drill begun, sorted by drill id."""
        ...

    def tries(self, trainee_id: str, drill_id: str, round_number: int | None = None) -> tuple[DrillTry, ...]:
        """Return a trainee's tries at a drill, oldest first; those of one round when it is given."""
        ...


class ConsentRepository(Protocol):
    """Consents on disk, given and taken back. Every call returns only when the change is durable.

    All methods raise ``StorageUnavailable`` when the disk or database fails.
    """

    def add(self, consent: Consent) -> None:
        """Store a consent; one that held for the same purpose ends with it."""
        ...

    def withdraw(self, trainee_id: str, purpose: Purpose, at: datetime) -> None:
        """Take back what holds for a purpose; nothing happens where nothing does."""
        ...

    def consents(self, trainee_id: str) -> tuple[Consent, ...]:
        """Return everything a trainee has ever consented to, oldest first."""
        ...


class ContentLibrary(Protocol):
    """Authored content, loaded and checked. Unknown ids raise ``NotFound`` naming what there is."""

    def personas(self) -> tuple[Persona, ...]:
        """Return all personas that load without errors, sorted by id."""
        ...

    def persona(self, persona_id: str) -> Persona:
        """Return one persona."""
        ...

    def cases(self) -> tuple[Case, ...]:
        """Return all cases, sorted by id."""
        ...

    def case(self, case_id: str) -> Case:
        """Return one case."""
        ...

    def curricula(self) -> tuple[Curriculum, ...]:
        """Return all curricula, sorted by id."""
        ...

    def rubrics(self) -> tuple[Rubric, ...]:
        """Return all rubrics, sorted by id."""
        ...

    def rubric(self, rubric_id: str) -> Rubric:
        """Return one rubric."""
        ...

    def drills(self) -> tuple[Drill, ...]:
        """Return all drills, sorted by id."""
        ...

    def drill(self, drill_id: str) -> Drill:
        """Return one drill."""
        ...

    def intents(self) -> IntentBank:
        """Return the shared intents."""
        ...

    def schemes(self) -> tuple[CodingScheme, ...]:
        """Return the coding schemes."""
        ...

    def dynamics_table(self) -> DynamicsTable:
        """Return the default steps of the patient's state."""
        ...

    def guard_rules(self) -> GuardRules:
        """Return what the guard stops."""
        ...

    def coaching(self) -> CoachingGuide:
        """Return the debrief's wording."""
        ...

    def prompt(self, prompt_id: str) -> Prompt:
        """Return one prompt for a chat model that judges."""
        ...

    def drafting(self, guide_id: str) -> DraftingGuide:
        """Return how one kind of content is drafted for an author."""
        ...

    def patient_prompt(self) -> PatientPrompt:
        """Return how a chat model is told to play a patient."""
        ...

    def catalogues(self) -> tuple[ModelCatalogue, ...]:
        """Return the lists of recommended chat models, sorted by id."""
        ...

    def digest(self, kind: str, item_id: str) -> str:
        """Return ``version sha256`` of a content item's file, for manifests."""
        ...

    def problems(self) -> tuple[ContentError, ...]:
        """Return what is wrong with the content files found."""
        ...

    def reload(self) -> None:
        """Read the files again."""
        ...


class ReportWriter(Protocol):
    """Writes reports. A file is either complete or not there (written aside, then renamed)."""

    def session(self, report: SessionReport, *, pdf: Path | None = None, html: Path | None = None) -> None:
        """Write the feedback report of a session, as PDF, as accessible HTML, or as both."""
        ...

    def progress(
        self, progress: Progress, *, pdf: Path | None = None, html: Path | None = None, csv: Path | None = None
    ) -> None:
        """Write a trainee's progress, as PDF, as accessible HTML, or as CSV with one row per session and measure."""
        ...


class Voices(Protocol):
    """The chat models that can play patients on this computer, or on a server the user has set up."""

    def voice(self, model: str) -> PatientVoice:
        """Return a model ready to be asked; loading may wait until then.

        Args:
            model: ``generative`` for the one chosen in the settings, a catalogue id, a folder, or the
                ``model_id`` a session was begun with.

        Raises:
            ModelUnavailable: There is no such model here, or none was chosen.
        """
        ...


class Judges(Protocol):
    """The chat models that may rate sessions: on this computer, or on a server the user has set up."""

    def known(self) -> tuple[tuple[str, str], ...]:
        """Return ``(id, title)`` of each; asks none of them and sends nothing."""
        ...

    def is_same(self, judge: str, model: str) -> bool:
        """Return whether a judge is the model a session was held with, as its manifest names it."""
        ...

    def grader(self, judge: str) -> AbstractContextManager[Grader]:
        """Return a judge ready to be asked; it is let go of at the end of the ``with``.

        Raises:
            ModelUnavailable: There is no such model any more.
        """
        ...


OnChunk = Callable[[str], None]
