"""Drill: one skill, line by line. A try is stored with its feedback before either is shown.

Must not know how a try is judged in detail, nor how anything is shown.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from simpatient.assessment.learning.drilling import judge
from simpatient.domain.base import Value
from simpatient.domain.errors import NotFound, UserFacingError
from simpatient.domain.learning.drill import (
    Drill,
    DrillState,
    DrillTry,
    Feedback,
    Outcome,
    Standing,
    Stimulus,
    next_level,
    next_stimulus,
    tries_needed,
)
from simpatient.domain.people.actor import Actor
from simpatient.domain.ports import Coder
from simpatient.domain.text import LONGEST_TURN, clean_text
from simpatient.services.learning.drill_spacing import remembered
from simpatient.services.learning.ports import DrillRepository
from simpatient.services.ports import Clock, ContentLibrary

Due = Literal["new", "due", "later"]


class DrillCard(Value):
    """A drill in the list: what it is, and where the trainee is in it.

    Attributes:
        level: How hard the next stimulus is.
        due_at: When it is due again; None while it is new.
        rounds: How many stimuli were practised.
    """

    drill_id: str
    title: str
    why: str
    stimuli: int
    level: int
    levels: tuple[int, ...]
    due: Due
    due_at: datetime | None
    rounds: int


class DrillExercise(Value):
    """One stimulus in front of the trainee; its hint is to be shown only on request.

    Attributes:
        round: Number of the round its tries belong to.
    """

    drill: Drill
    stimulus: Stimulus
    round: int


class Answer(Value):
    """What comes back on a try: the feedback, and where the trainee is now."""

    text: str
    feedback: Feedback
    tries: int
    level: int
    due_at: datetime | None
    moved: Literal["up", "down", ""] = ""


class DrillService:
    """Deliberate practice of single skills."""

    def __init__(self, *, library: ContentLibrary, drills: DrillRepository, coder: Coder, clock: Clock) -> None:
        self._library = library
        self._drills = drills
        self._coder = coder
        self._clock = clock

    def drills(self, actor: Actor) -> tuple[DrillCard, ...]:
        """Return all drills: those that are due first, the longest due at the top, then new ones, then the rest."""
        now = self._clock.now()
        states = {state.drill_id: state for state in self._drills.states(actor.person_id)}
        cards = [_card(drill, states.get(drill.id), now) for drill in self._library.drills()]
        order = {"due": 0, "new": 1, "later": 2}
        return tuple(sorted(cards, key=lambda card: (order[card.due], card.due_at or now)))

    def begin(self, actor: Actor, drill_id: str, stimulus_id: str = "", *, leave_out: str = "") -> DrillExercise:
        """Return the next stimulus of a drill as a new round.

        Args:
            actor: Whose turn it is.
            drill_id: The drill.
            stimulus_id: The stimulus wanted; '' leaves the choice to level and spacing.
            leave_out: The stimulus just shown, when another is wanted.

        Raises:
            NotFound: There is no such drill or stimulus.
        """
        drill = self._library.drill(drill_id)
        state = self._state(actor, drill_id)
        stimulus = _named(drill, stimulus_id) if stimulus_id else next_stimulus(drill, state, leave_out)
        # Encoded while the trainee thinks, so that feedback costs only the try itself.
        self._coder.prepare_for(stimulus.patient)
        return DrillExercise(drill=drill, stimulus=stimulus, round=state.round + 1)

    def attempt(self, actor: Actor, exercise: DrillExercise, text: str, *, hint_seen: bool = False) -> Answer:
        """Judge a try, store it with its feedback, and return that.

        Raises:
            UserFacingError: Nothing was said, or more than one turn can hold.
            ModelUnavailable: The coder cannot run.
            StorageUnavailable: The try cannot be stored; it can be sent again.
        """
        drill, stimulus, text = exercise.drill, exercise.stimulus, _speakable(text)
        before = self._state(actor, drill.id)
        number = _round_of(exercise, before)
        earlier = self._drills.tries(actor.person_id, drill.id, number)
        shown = [each.feedback.better for each in earlier]
        made = DrillTry(
            trainee_id=actor.person_id,
            drill_id=drill.id,
            drill_version=drill.version,
            stimulus_id=stimulus.id,
            level=stimulus.level,
            round=number,
            text=text,
            hint_seen=hint_seen,
            at=self._clock.now(),
            coder=self._coder.coder_id,
            feedback=judge(drill, stimulus, text, self._coder, self._labels(drill.scheme), shown),
        )
        state = after_try(before, made, drill.levels())
        self._drills.add_try(made, state)
        return _answer(made, before, state, len(earlier) + 1)

    def choose_level(self, actor: Actor, drill_id: str, level: int) -> None:
        """Set how hard the next stimulus is, as the trainee wishes.

        Raises:
            NotFound: The drill has no stimulus of that level.
        """
        levels = self._library.drill(drill_id).levels()
        if level not in levels:
            there = ", ".join(str(each) for each in levels)
            raise NotFound(f"This drill has no level {level}.", f"There are: {there}.")
        state = self._state(actor, drill_id)
        now = state.now.model_copy(update={"level": level, "easy_in_a_row": 0})
        # The round is closed: if its tries continued, they would bring back the level from before it.
        self._drills.save_state(state.model_copy(update={"before": now, "now": now, "outcomes": ()}))

    def _state(self, actor: Actor, drill_id: str) -> DrillState:
        found = self._drills.state(actor.person_id, drill_id)
        return found or DrillState(trainee_id=actor.person_id, drill_id=drill_id)

    def _labels(self, scheme_id: str) -> dict[str, str]:
        schemes = [scheme for scheme in self._library.schemes() if scheme.id == scheme_id]
        return {code.code: code.label for scheme in schemes for code in scheme.codes}


def after_try(state: DrillState, made: DrillTry, levels: Sequence[int]) -> DrillState:
    """Return the state after a try. A round's standing always follows from what was before it and all its tries.

    Args:
        state: The state before the try.
        made: The try, of the newest round or of a new one.
        levels: The drill's levels, rising.
    """
    is_same_round = made.round == state.round
    before = state.before if is_same_round else state.now
    outcomes: tuple[Outcome, ...] = (*(state.outcomes if is_same_round else ()), made.feedback.outcome)
    was_done = is_same_round and "done" in state.outcomes
    # A hint looked at after the stimulus was answered well no longer counts.
    hint_seen = (is_same_round and state.hint_seen) or (made.hint_seen and not was_done)
    return state.model_copy(
        update={
            "round": made.round,
            "outcomes": outcomes,
            "hint_seen": hint_seen,
            "before": before,
            "now": _standing(before, outcomes, hint_seen, levels, made.at),
            "last_round": {**state.last_round, made.stimulus_id: made.round},
        }
    )


def _round_of(exercise: DrillExercise, state: DrillState) -> int:
    """Return the number of the round a try belongs to: a new one unless the newest is of this stimulus.

    Another window may have practised the same drill since the exercise began.
    """
    is_newest = exercise.round == state.round == state.last_round.get(exercise.stimulus.id)
    return state.round if is_newest else state.round + 1


def _standing(
    before: Standing, outcomes: Sequence[Outcome], hint_seen: bool, levels: Sequence[int], at: datetime
) -> Standing:
    if all(outcome == "unsure" for outcome in outcomes):
        return before
    moved = next_level(before, outcomes, hint_seen=hint_seen, levels=levels)
    needed = tries_needed(outcomes, hint_seen=hint_seen)
    return moved.model_copy(update={"memory": remembered(before.memory, needed, at)})


def _card(drill: Drill, state: DrillState | None, now: datetime) -> DrillCard:
    memory = state.now.memory if state else None
    due: Due = "new" if memory is None else "due" if memory.due <= now else "later"
    return DrillCard(
        drill_id=drill.id,
        title=drill.title,
        why=drill.why,
        stimuli=len(drill.stimuli),
        level=state.now.level if state else drill.levels()[0],
        levels=drill.levels(),
        due=due,
        due_at=memory.due if memory else None,
        rounds=state.round if state else 0,
    )


def _answer(made: DrillTry, before: DrillState, state: DrillState, tries: int) -> Answer:
    was, now = before.now.level, state.now.level
    return Answer(
        text=made.text,
        feedback=made.feedback,
        tries=tries,
        level=now,
        due_at=state.now.memory.due if state.now.memory else None,
        moved="up" if now > was else "down" if now < was else "",
    )


def _named(drill: Drill, stimulus_id: str) -> Stimulus:
    for stimulus in drill.stimuli:
        if stimulus.id == stimulus_id:
            return stimulus
    there = ", ".join(stimulus.id for stimulus in drill.stimuli)
    raise NotFound(f'The drill "{drill.id}" has no stimulus "{stimulus_id}".', f"There are: {there}.")


def _speakable(text: str) -> str:
    text = clean_text(text)
    if not text:
        raise UserFacingError("There is no try to give feedback on yet.", "Write what you would say.")
    if len(text) > LONGEST_TURN:
        raise UserFacingError(f"One try can have {LONGEST_TURN:,} characters.", "Shorten it.")
    return text
