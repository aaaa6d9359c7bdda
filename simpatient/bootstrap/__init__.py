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
from simpatient.bootstrap.sound import open_talking
from simpatient.content.library import check_paths, open_library
from simpatient.content.loader import load_persona
from simpatient.content.locations import app_home, bundled_root
from simpatient.content.yaml_source import read_yaml
from simpatient.domain.errors import (
    ContentError,
    ModelUnavailable,
    NotFound,
    StorageUnavailable,
)
from simpatient.domain.people import Actor
from simpatient.domain.persona import Persona
from simpatient.domain.ports import ChatModel, Coder, Grader, PatientVoice, ReadingEncoder, RememberingEncoder
from simpatient.domain.session import REMOTE
from simpatient.services.authoring import AuthorService
from simpatient.services.drafting import DraftService
from simpatient.services.drill import DrillService
from simpatient.services.judge import JudgeService
from simpatient.services.minds import MindStore
from simpatient.services.ports import ContentLibrary, SessionRepository, Voices
from simpatient.services.practise import PractiseService
from simpatient.services.progress import ProgressService
from simpatient.services.reporting import ReportService
from simpatient.services.review import ReviewService
from simpatient.services.scorecards import ScorecardService
from simpatient.services.speaking import Speakers
from simpatient.services.write import WriteService

if TYPE_CHECKING:
    from simpatient.assessment.coder import EmbeddedCoder
    from simpatient.assessment.llm_coder import LlmCoder
    from simpatient.llm.embedder import CachedEncoder, OnnxEncoder
    from simpatient.llm.host import VoiceProcess
    from simpatient.llm.remote import RemoteChatModel
    from simpatient.services.consenting import ConsentService
    from simpatient.services.forgetting import ForgettingService
    from simpatient.services.listening_back import ListeningBackService
    from simpatient.services.model_ports import ServerSettings
    from simpatient.services.models import ModelService
    from simpatient.services.recognisers import RecogniserService
    from simpatient.services.sound_check import SoundCheckService
    from simpatient.services.talk import TalkService
    from simpatient.storage.opening import Repositories

DATABASE = "simpatient.sqlite"
TRAINEE_VARIABLE = "SIMPATIENT_TRAINEE"
DEFAULT_TRAINEE = "me"
SET_UP_SERVER = "Set one up with 'simpatient server set'."
VECTORS = ("assets", "models", "vectors")
CODER_FOLDER = ("assets", "models", "coder")
LABEL_RULES = ("assets", "exemplars", "heads.yaml")
ENCODER_FOLDER = ("assets", "models", "encoder")
MODELS = "models"
CODE_TRAINEE, CODE_PATIENT, GRADE = "code-trainee", "code-patient", "grade"


class FileAuthoringTools:
    """Checks and reads content files on disk."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def check(self, paths: Sequence[Path]) -> tuple[ContentError, ...]:
        """Return every problem of the files, or of all content when none is named."""
        return check_paths(paths, self._home)

    def read_persona(self, path: Path) -> Persona:
        """Return the persona in a file."""
        return load_persona(path)


class ConfiguredVoices:
    """Chat models that may play a patient: those on this computer, and that of a server the user has set up.

    Args:
        home: Where the user's settings are.
        folder_of: Returns the folder of a model on this computer.
    """

    def __init__(self, home: Path, folder_of: Callable[[str], Path]) -> None:
        self._home = home
        self._folder_of = folder_of
        self._local: tuple[Path, VoiceProcess] | None = None
        self._remote: RemoteChatModel | None = None
        self._lock = Lock()

    def voice(self, model: str) -> PatientVoice:
        """Return the server's model for ``remote`` and for its id (of no other server's), else one on this computer.

        Raises:
            ModelUnavailable: No such model is set up.
        """
        with self._lock:
            return self._served(model) if f"{model}:".startswith(REMOTE) else self._hosted(self._folder_of(model))

    def _hosted(self, folder: Path) -> PatientVoice:
        """Return the model in a folder, in a process of its own; one model at a time is in memory."""
        from simpatient.llm.host import open_voice

        if self._local is None or self._local[0] != folder:
            self._close_local()
            self._local = (folder, open_voice(folder))
            self._local[1].start()
        return self._local[1]

    def _served(self, model: str) -> PatientVoice:
        found = self._remote_model()
        if f"{model}:" != REMOTE and model != found.model_id:
            raise ModelUnavailable(f"The server of {model} is not set up any more.", SET_UP_SERVER)
        return found

    def _remote_model(self) -> RemoteChatModel:
        made = open_remote_model(self._home)
        if self._remote is None or self._remote.server != made.server:
            self._close_remote()
            self._remote = made
        return self._remote

    def close(self) -> None:
        """Let go of open connections and of the model's process."""
        with self._lock:
            self._close_remote()
            self._close_local()

    def _close_remote(self) -> None:
        if self._remote is not None:
            self._remote.close()
            self._remote = None

    def _close_local(self) -> None:
        if self._local is not None:
            self._local[1].close()
            self._local = None


class ConfiguredJudges:
    """Chat models that may rate sessions: the server the user has set up, and those on this computer.

    Args:
        home: Where the user's settings are.
        library: Where the prompts are.
        models: The models on this computer.
    """

    def __init__(self, home: Path, library: ContentLibrary, models: ModelService) -> None:
        self._home = home
        self._library = library
        self._models = models

    def known(self) -> tuple[tuple[str, str], ...]:
        """Return ``(id, title)`` of each; nothing is loaded or sent.

        A list or settings that cannot be read offer nothing: what else there is to look back at does not wait for them.
        """
        here: list[tuple[str, str]] = []
        with suppress(StorageUnavailable):
            here = [(model.id, model.title) for model in self._models.installed()]
        with suppress(ModelUnavailable):
            served = open_remote_model(self._home)
            here.insert(0, (served.model_id, f"{served.server.model} on {served.server.host}"))
            served.close()
        return tuple(here)

    def is_same(self, judge: str, model: str) -> bool:
        """Return whether a judge is the model of a session's manifest."""
        if judge == model:
            return True
        with suppress(ModelUnavailable, StorageUnavailable):
            return not judge.startswith(REMOTE) and self._models.resolve(judge) == self._models.resolve(model)
        return False

    @contextmanager
    def grader(self, judge: str) -> Iterator[Grader]:
        """Give a judge: the server's model when its id is still that, else one of this computer in its own process."""
        if not judge.startswith(REMOTE):
            from simpatient.llm.chat_process import ChatProcess

            yield open_llm_grader(ChatProcess(self._models.resolve(judge)), self._library)
            return
        with closing(open_remote_model(self._home)) as served:
            if served.model_id != judge:
                raise ModelUnavailable(f"The server of {judge} is not set up any more.", SET_UP_SERVER)
            yield open_llm_grader(served, self._library)


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
    listening_back: ListeningBackService
    forgetting: ForgettingService
    write: WriteService
    judge: JudgeService
    scorecards: ScorecardService
    on_close: tuple[Callable[[], None], ...] = ()

    def close(self) -> None:
        """Let go of the database and of child processes."""
        for close in self.on_close:
            close()


def cached(encoder: ReadingEncoder, home: Path) -> CachedEncoder:
    """Return the encoder with its memory; sets of texts are kept under the home folder."""
    from simpatient.llm.embedder import CachedEncoder

    return CachedEncoder(encoder, home / "cache" / "embeddings", shipped=bundled_root().joinpath(*VECTORS))


def open_coder(encoder: RememberingEncoder) -> EmbeddedCoder:
    """Return the embedded coder with its shipped weights.

    Raises:
        ModelUnavailable: The weights are missing or do not fit the encoder.
    """
    from simpatient.assessment.coder import EmbeddedCoder
    from simpatient.assessment.coder_weights import load_weights

    return EmbeddedCoder(encoder, load_weights(bundled_root().joinpath(*CODER_FOLDER)))


def actor_here() -> Actor:
    """Return who practises on this computer."""
    return Actor(person_id=os.environ.get(TRAINEE_VARIABLE, "").strip() or DEFAULT_TRAINEE)


def open_remote_model(home: Path) -> RemoteChatModel:
    """Return the model of the server the user has set up; nothing is sent yet.

    Raises:
        ModelUnavailable: None is set up.
    """
    from simpatient.llm.remote import RemoteChatModel
    from simpatient.llm.remote_server import read_server

    server = read_server(home)
    if server is None:
        raise ModelUnavailable("No language model server is set up.", SET_UP_SERVER)
    return RemoteChatModel(server, actor_here().person_id)


def open_chat_model(folder: Path | None) -> ChatModel:
    """Return the chat model in a folder, loaded, in this process. There is none by default.

    Raises:
        ModelUnavailable: No folder was named, or it holds no chat model that can be run here.
    """
    from simpatient.llm.chat import TransformersChatModel

    if folder is None:
        raise ModelUnavailable("No language model was chosen.", "Name the folder of one with --model.")
    model = TransformersChatModel(folder)
    model.load()
    return model


def open_drafting(home: Path, folder: Path | None) -> DraftService:
    """Return what drafts for authors, by the model in a folder, else by the server the user has set up.

    Raises:
        ModelUnavailable: There is neither, or the folder holds no chat model that can be run here.
    """
    model: ChatModel = open_chat_model(folder) if folder is not None else open_remote_model(home)
    return DraftService(library=open_library(home), model=model)


def open_llm_coder(model: ChatModel, library: ContentLibrary) -> LlmCoder:
    """Return the coder that asks a chat model, for the same scheme and by the same rules as the embedded one.

    Raises:
        ContentError: Prompts, scheme and rules do not belong together.
        NotFound: A prompt or the scheme is missing.
    """
    from simpatient.assessment.llm_coder import LlmCoder
    from simpatient.assessment.turn_labels import read_turn_rules

    rules = read_turn_rules(read_yaml(bundled_root().joinpath(*LABEL_RULES)).data)
    scheme = next((scheme for scheme in library.schemes() if scheme.id == rules.rules.scheme), None)
    if scheme is None:
        raise NotFound(f'There is no scheme "{rules.rules.scheme}".', "Install the program again.")
    return LlmCoder(model, scheme, rules, library.prompt(CODE_TRAINEE), library.prompt(CODE_PATIENT))


def open_llm_grader(model: ChatModel, library: ContentLibrary) -> Grader:
    """Return the grader that asks a chat model, which the caller has chosen for this.

    Raises:
        NotFound: The prompt is missing.
    """
    from simpatient.assessment.llm_grader import LlmGrader

    return LlmGrader(model, library.prompt(GRADE))


def open_server_settings(home: Path) -> ServerSettings:
    """Return which server the user has set up; nothing is sent by asking that."""
    from simpatient.llm.server_settings import FileServerSettings

    return FileServerSettings(home, actor_here().person_id)


def open_models(home: Path, library: ContentLibrary) -> ModelService:
    """Return the manager of the language models under ``home``; it loads none and asks no network by itself."""
    from simpatient.llm.catalog import REGISTER, JsonModelRegistry, ModelFolders
    from simpatient.llm.hub import HuggingFaceHub
    from simpatient.llm.machine import ThisMachine
    from simpatient.llm.measuring import ChildMeasurer
    from simpatient.services.models import ModelService

    folder = home / MODELS
    return ModelService(
        library=library,
        hub=HuggingFaceHub(),
        registry=JsonModelRegistry(folder / REGISTER),
        files=ModelFolders(),
        probe=ThisMachine(),
        measurer=ChildMeasurer(),
        clock=SystemClock(),
        home=folder,
        server=open_server_settings(home),
    )


def sentence_encoder(*, threads: int = 1) -> OnnxEncoder:
    """Return the sentence encoder; it is loaded at its first use.

    Raises:
        ModelUnavailable: The description of its graphs is missing or damaged.
    """
    from simpatient.llm.embedder import OnnxEncoder

    return OnnxEncoder(bundled_root().joinpath(*ENCODER_FOLDER), threads=threads)


def remembering_encoder(home: Path) -> RememberingEncoder:
    """Return the sentence encoder with its memory under ``home``."""
    return cached(sentence_encoder(), home)


def open_app(
    home: Path | None = None, *, encoder: RememberingEncoder | None = None, voices: Voices | None = None
) -> App:
    """Build the program on the files under ``home``.

    Args:
        home: Folder of database, cache and own content; the platform's place when None.
        encoder: The sentence encoder; the bundled one, with its memory, when None.
        voices: The chat models that may play patients; those the user has set up when None.

    Raises:
        StorageUnavailable: The database cannot be opened.
        ModelUnavailable: The coder's weights are missing or damaged.
    """
    from simpatient.reporting.writer import FileReportWriter
    from simpatient.storage.opening import open_repositories

    (home := home or app_home()).mkdir(parents=True, exist_ok=True)
    library = open_library(home)
    encoder = encoder or remembering_encoder(home)
    coder = open_coder(encoder)
    stored, clock = open_repositories(home / DATABASE), SystemClock()
    sessions, minds = stored.sessions, MindStore(library, encoder)
    models = open_models(home, library)
    configured = ConfiguredVoices(home, models.resolve)
    speakers = Speakers(library=library, minds=minds, voices=voices or configured)
    scorecards = ScorecardService(
        library=library, sessions=sessions, coder=coder, clock=clock, unit_of_work=stored.unit_of_work
    )
    practise = _practise_service(library, stored, minds, speakers, encoder, coder, scorecards)
    review = ReviewService(library=library, sessions=sessions, coder=coder)
    progress = ProgressService(library=library, sessions=sessions, history=stored.history, clock=clock)
    write = WriteService(
        library=library,
        sessions=sessions,
        writings=stored.writings,
        scorecards=scorecards,
        unit_of_work=stored.unit_of_work,
        coder=coder,
        encoder=encoder,
        clock=clock,
    )
    reports = ReportService(
        library=library, review=review, progress=progress, write=write, writer=FileReportWriter(), clock=clock
    )
    talk = open_talking(home, practise, library, stored.consents)
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
        listening_back=talk.listening_back,
        write=write,
        scorecards=scorecards,
        judge=_judge_service(home, library, sessions, models, coder, scorecards),
        forgetting=talk.forgetting(sessions),
        on_close=(talk.close, configured.close, sessions.close),
    )


def _judge_service(
    home: Path,
    library: ContentLibrary,
    sessions: SessionRepository,
    models: ModelService,
    coder: Coder,
    scorecards: ScorecardService,
) -> JudgeService:
    judges = ConfiguredJudges(home, library, models)
    return JudgeService(library=library, sessions=sessions, scorecards=scorecards, judges=judges, coder=coder)


def _practise_service(
    library: ContentLibrary,
    stored: Repositories,
    minds: MindStore,
    speakers: Speakers,
    encoder: RememberingEncoder,
    coder: Coder,
    scorecards: ScorecardService,
) -> PractiseService:
    clock = SystemClock()
    return PractiseService(
        library=library,
        sessions=stored.sessions,
        minds=minds,
        speakers=speakers,
        encoder=encoder,
        coder=coder,
        scorecards=scorecards,
        unit_of_work=stored.unit_of_work,
        clock=clock,
        new_id=lambda: f"s-{clock.now():%Y%m%d}-{secrets.token_hex(4)}",
        new_seed=lambda: secrets.randbelow(2**31),
        app_version=__version__,
    )


def open_desktop_app(home: Path | None = None, *, voices: Voices | None = None) -> App:
    """Build the program for the window; the encoder loads meanwhile, so that the first turn does not wait for it."""
    home = home or app_home()
    encoder = sentence_encoder()
    Thread(target=_load_ahead, args=(encoder,), name="simpatient-encoder", daemon=True).start()
    return open_app(home, encoder=cached(encoder, home), voices=voices)


def _load_ahead(encoder: OnnxEncoder) -> None:
    with suppress(ModelUnavailable):  # said when the encoder is first needed
        encoder.load()


def run_desktop(argv: Sequence[str]) -> int:
    """Open the window and return the exit code when it is closed."""
    from simpatient.gui.app import run

    return run(partial(open_desktop_app), argv)


def train_embedded_coder(
    annomi: Path, out: Path, seed: int, progress: Callable[[str], None], benchmarks: dict[str, Path]
) -> None:
    """Train the embedded coder on AnnoMI and the shipped exemplars; writes weights and model card."""
    from simpatient.tuning.coder_adapter import Plan
    from simpatient.tuning.train_coder import train

    exemplars = bundled_root() / "assets" / "exemplars"
    encoder = sentence_encoder()
    train(annomi, exemplars, out, encoder, seed=seed, progress=progress, benchmarks=benchmarks, plan=Plan())


def train_coder_patient_head(annomi: Path, out: Path, progress: Callable[[str], None]) -> None:
    """Train the patient's head of the coder in ``out`` anew; everything else there stays as it is."""
    from simpatient.tuning.train_coder import train_patient_head

    train_patient_head(annomi, bundled_root() / "assets" / "exemplars", out, sentence_encoder(), progress=progress)


def encode_bundled_content(out: Path) -> tuple[Path, ...]:
    """Write the meaning vectors of bundled personas, intents and guard lines that changed; no user has to wait.

    Returns:
        The files written; those of earlier versions of the same content are removed.
    """
    from simpatient.llm.embedder import CachedEncoder

    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out) as aside:
        encoder = CachedEncoder(sentence_encoder(), Path(aside), shipped=out)
        library = open_library(Path(aside) / "no-own-content")
        for persona in library.personas():
            MindStore(library, encoder).build(persona).guard.prepare()
        return tuple(_replace_set(file, out) for file in encoder.halve_sets())


def export_sentence_encoder(out: Path) -> tuple[Path, ...]:
    """Write the sentence encoder's graphs to ``out`` and their checksums to the description there.

    Raises:
        ModelUnavailable: There is no description in ``out``, or the published files are not installed.
    """
    from simpatient.llm.embedder import find_model
    from simpatient.llm.embedder_graphs import read_description
    from simpatient.tuning.encoder_export import export_encoder

    return export_encoder(find_model(read_description(out)), out)


def _replace_set(file: Path, out: Path) -> Path:
    for earlier in out.glob(f"{file.name.rpartition('-')[0]}-*.npy"):
        earlier.unlink()
    file.chmod(0o644)
    return file.replace(out / file.name)
