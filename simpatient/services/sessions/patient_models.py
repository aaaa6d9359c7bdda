"""Who words the patient's plans in a session: authored lines, or a chat model with the authored lines behind it.

Must not know where a model runs.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from simpatient.domain.cancellation import Cancellation, CancelToken
from simpatient.domain.content.case import Case
from simpatient.domain.content.patient_prompt import PatientPrompt
from simpatient.domain.errors import ModelUnavailable
from simpatient.domain.ports import PatientModel
from simpatient.domain.session.session import REMOTE, Manifest, Session, Turn
from simpatient.domain.state import GuardEvent, ReplyPlan
from simpatient.patient.mind import Mind, Speak
from simpatient.patient.realisation.generative import TEMPERATURE, TOP_P, UNAVAILABLE, GenerativeRealiser
from simpatient.patient.realisation.guided import Realisation
from simpatient.services.ports import ContentLibrary, OnChunk
from simpatient.services.sessions.minds import MindStore
from simpatient.services.sessions.ports import PatientModels

GUIDED = "guided"
STAND_IN_NOTE = (
    "A note from the program: the language model could not answer just now, so this answer is one of the patient's "
    "written lines. Nothing is lost; continue as before."
)
LEAVES_NOTE = (
    "In this session a language model server answers: {model}. What you and the patient say leaves this computer and "
    "is sent there. Use no real names or details of real people."
)
LOCAL_SERVER_NOTE = (
    "In this session another program on this computer answers: {model}. What you and the patient say is sent there."
)
JUDGE_LEAVES_NOTE = (
    "A language model server judges here: {model}. The text leaves this computer and is sent there. Use no real names "
    "or details of real people."
)
LOCAL_JUDGE_NOTE = "Another program on this computer judges here: {model}. The text is sent there."
# A manifest keeps only ``remote:model@host``, so the host is all there is to tell this computer from others.
_LOOPBACK = re.compile(r"@(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?\Z")


class RealiserFactory:
    """Finds the realiser of a session, which words the mind's plans."""

    def __init__(self, *, library: ContentLibrary, minds: MindStore, models: PatientModels) -> None:
        self._library = library
        self._minds = minds
        self._models = models
        self._made: tuple[tuple[Mind, Case, PatientPrompt, PatientModel], GenerativeRealiser] | None = None

    def described(self, manifest: Manifest, model: str) -> Manifest:
        """Return the manifest with what is needed to play the same patient again.

        Raises:
            ModelUnavailable: There is no such model.
        """
        if model == GUIDED:
            return manifest
        wording = self._library.patient_prompt()
        return manifest.model_copy(
            update={
                "model": self._models.patient_model(model).model_id,
                "prompts": {wording.id: self._library.digest("patient_prompt", wording.id)},
                "decoding": {"temperature": TEMPERATURE, "top_p": TOP_P},
            }
        )

    def prepare(self, session_id: str, case: Case, model: str) -> None:
        """Let a chat model read who it plays; the guided patient needs nothing.

        Raises:
            ModelUnavailable: The model cannot be loaded or run.
        """
        if model != GUIDED:
            self._realiser(case, model).prepare(session_id)

    def realiser(
        self,
        session: Session,
        case: Case,
        path: Sequence[Turn],
        on_chunk: OnChunk,
        cancel: CancelToken | None,
        stop_generation: Cancellation | None = None,
    ) -> Speak | None:
        """Return what words a plan in this session; None when authored lines do.

        A model that has been removed leaves the turn to the authored lines and says so in the guard's events.
        """
        model = session.manifest.model
        if model == GUIDED:
            return None

        def speak(plan: ReplyPlan, random: Random) -> Realisation:
            try:
                realiser = self._realiser(case, model)
            except ModelUnavailable as error:
                return Realisation(text="", act=plan.act, guard=(GuardEvent(rule=UNAVAILABLE, detail=error.message),))
            return realiser.realise(session.id, plan, path, random, on_chunk, cancel, stop_generation)

        return speak

    def forget(self, session: Session) -> None:
        """Release what a model keeps of a session."""
        if session.manifest.model != GUIDED:
            with suppress(ModelUnavailable):  # then nothing is kept
                self._models.patient_model(session.manifest.model).forget(session.id)

    def _realiser(self, case: Case, model: str) -> GenerativeRealiser:
        """Return what speaks in this case; the last one is kept, as its prompt is long and turns follow quickly."""
        mind, wording, voice = (
            self._minds.of(case.persona),
            self._library.patient_prompt(),
            self._models.patient_model(model),
        )
        parts = (mind, case, wording, voice)
        # Compared by identity, which is quick: edited content is loaded as new objects.
        if self._made is None or any(one is not other for one, other in zip(self._made[0], parts, strict=True)):
            self._made = (parts, GenerativeRealiser(mind.persona, case, wording, mind.guard, voice))
        return self._made[1]


def leaves_note(manifest: Manifest) -> str:
    """Return what a trainee must know when words go to a server; '' when they stay in this program."""
    return _note(manifest.model, LEAVES_NOTE, LOCAL_SERVER_NOTE)


def judge_note(model_id: str) -> str:
    """Return what a user must know when a server's model judges a text; '' when it stays in this program."""
    return _note(model_id, JUDGE_LEAVES_NOTE, LOCAL_JUDGE_NOTE)


def _note(model_id: str, leaves: str, stays_here: str) -> str:
    if not model_id.startswith(REMOTE):
        return ""
    is_here = _LOOPBACK.search(model_id) is not None
    return (stays_here if is_here else leaves).format(model=model_id.removeprefix(REMOTE))


def stood_in(words: Realisation) -> bool:
    """Whether an authored line stands where the model could not answer."""
    return bool(words.line_ids) and any(event.rule == UNAVAILABLE for event in words.guard)
