"""Says of every stand-in which port it stands for.

mypy fails here when one drifts; the names of parameters, which it does not compare, are compared by ``test_fakes``.
"""

from simpatient.domain.ports import (
    ChatModel,
    Coder,
    Grader,
    PatientModel,
    ReadingEncoder,
    RememberingEncoder,
    TranscriptCoder,
)
from simpatient.services.authoring.authoring import AuthoringTools
from simpatient.services.learning.ports import DrillRepository, HistoryRepository
from simpatient.services.models.ports import (
    Libraries,
    MachineProbe,
    Measurer,
    ModelFiles,
    ModelHub,
    ModelRegistry,
    ServerSettings,
)
from simpatient.services.models.recogniser_ports import WeightsStore
from simpatient.services.ports import Clock, ContentLibrary
from simpatient.services.privacy.consent import Consents
from simpatient.services.privacy.kept_recordings import RecordingStore
from simpatient.services.privacy.ports import ConsentRepository
from simpatient.services.review.ports import Raters, ReportWriter, WritingRepository
from simpatient.services.sessions.ports import PatientModels, SessionDraftRepository, SessionRepository
from simpatient.services.unit_of_work import UnitOfWork
from simpatient.services.voice.ports import (
    Endpointer,
    Recorder,
    RecordingDecoder,
    Sink,
    Synthesizer,
    Transcriber,
    VoiceDetector,
)
from tests.chat_fakes import FakePatientModels, ScriptedChatModel, ScriptedVoice
from tests.draft_fakes import InMemorySessionDrafts
from tests.fakes import (
    FakeAuthoringTools,
    FakeCoder,
    FakeEncoder,
    FakeLibrary,
    FakeReportWriter,
    FixedClock,
    RememberingFakeEncoder,
)
from tests.gui.fake_sessions import LookCoder, StoredSessions
from tests.gui.fake_talk import FakeConsents
from tests.model_fakes import (
    FakeHub,
    FakeLibraries,
    FakeMachine,
    FakeMeasurer,
    FakeServerSettings,
    InMemoryRegistry,
    RoomyFolders,
)
from tests.recogniser_fakes import FakeWeights
from tests.review_fakes import FakeGrader, FakeJudges, InMemoryWritings
from tests.session_fakes import InMemoryDrills, InMemorySessions, InMemoryUnitOfWork, RecordingSessions
from tests.speech_fakes import (
    FakeDecoder,
    FakeDetector,
    FakeEndpointer,
    FakeRecorder,
    FakeSink,
    FakeSynthesizer,
    FakeTranscriber,
)
from tests.talk_fakes import InMemoryClips, InMemoryConsents

LIBRARIES: list[type[ContentLibrary]] = [FakeLibrary]
CLOCKS: list[type[Clock]] = [FixedClock]
AUTHORING: list[type[AuthoringTools]] = [FakeAuthoringTools]
UNITS_OF_WORK: list[type[UnitOfWork]] = [InMemoryUnitOfWork]

SESSIONS: list[type[SessionRepository]] = [InMemorySessions, RecordingSessions, StoredSessions]
HISTORIES: list[type[HistoryRepository]] = [InMemorySessions]
DRAFTS: list[type[SessionDraftRepository]] = [InMemorySessionDrafts]
DRILLS: list[type[DrillRepository]] = [InMemoryDrills]
WRITINGS: list[type[WritingRepository]] = [InMemoryWritings]
CONSENTS: list[type[ConsentRepository]] = [InMemoryConsents]
ASKED_CONSENTS: list[type[Consents]] = [FakeConsents]
RECORDINGS: list[type[RecordingStore]] = [InMemoryClips]
REPORTS: list[type[ReportWriter]] = [FakeReportWriter]

ENCODERS: list[type[ReadingEncoder]] = [FakeEncoder]
REMEMBERING_ENCODERS: list[type[RememberingEncoder]] = [RememberingFakeEncoder]
CODERS: list[type[Coder]] = [FakeCoder, LookCoder]
TRANSCRIPT_CODERS: list[type[TranscriptCoder]] = [FakeCoder]
GRADERS: list[type[Grader]] = [FakeGrader]
RATERS: list[type[Raters]] = [FakeJudges]
CHAT_MODELS: list[type[ChatModel]] = [ScriptedChatModel]
PATIENTS: list[type[PatientModel]] = [ScriptedVoice]
PATIENT_CHOICES: list[type[PatientModels]] = [FakePatientModels]

HUBS: list[type[ModelHub]] = [FakeHub]
REGISTRIES: list[type[ModelRegistry]] = [InMemoryRegistry]
MODEL_FILES: list[type[ModelFiles]] = [RoomyFolders]
PROBES: list[type[MachineProbe]] = [FakeMachine]
MEASURERS: list[type[Measurer]] = [FakeMeasurer]
SERVERS: list[type[ServerSettings]] = [FakeServerSettings]
INSTALLERS: list[type[Libraries]] = [FakeLibraries]
WEIGHTS: list[type[WeightsStore]] = [FakeWeights]

RECORDERS: list[type[Recorder]] = [FakeRecorder]
DETECTORS: list[type[VoiceDetector]] = [FakeDetector]
ENDPOINTERS: list[type[Endpointer]] = [FakeEndpointer]
TRANSCRIBERS: list[type[Transcriber]] = [FakeTranscriber]
SYNTHESIZERS: list[type[Synthesizer]] = [FakeSynthesizer]
SINKS: list[type[Sink]] = [FakeSink]
DECODERS: list[type[RecordingDecoder]] = [FakeDecoder]
