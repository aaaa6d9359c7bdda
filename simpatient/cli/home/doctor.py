"""``simpatient doctor``: what works on this machine, and what to do about the rest."""

import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from simpatient import __version__
from simpatient.cli.output import as_json, show
from simpatient.domain.errors import UserFacingError

Finding = tuple[str, bool, str]


def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON, an array of objects.")] = False) -> int:
    """Look at devices, memory, models, audio, content and database.

    Example: simpatient doctor
    """
    from simpatient.content.reading.locations import app_home

    home = app_home()
    checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("System", _system),
        ("Compute", _devices),
        ("Sentence encoder", _encoder),
        ("Behaviour coder", lambda: _coder(home)),
        ("Language model", lambda: _language_model(home)),
        ("Content", lambda: _content(home)),
        ("Server", lambda: _server(home)),
        ("Database", lambda: _database(home)),
        ("Sound", _sound_devices),
        ("Patients' voice", _speech_output),
        ("Speech recogniser", lambda: _recogniser(home)),
        ("Imported recordings", _imported_recordings),
    )
    findings: list[Finding] = []
    for what, check in checks:
        findings.append(_guarded(what, check))
        if not json:  # at once: some take a while, and one that hangs is then the one not printed yet
            show(_line(*findings[-1]))
    if json:
        show(as_json([{"what": what, "works": works, "detail": detail} for what, works, detail in findings]))
    return 0 if all(works for _, works, _ in findings) else 1


def _line(what: str, works: bool, detail: str) -> str:
    return f"[{'ok' if works else '!!'}] {what}: {detail}"


def _guarded(what: str, check: Callable[[], Finding]) -> Finding:
    """Return what a look finds; that it fails is a find, too, and must not end the others."""
    try:
        return check()
    except UserFacingError as error:
        return what, False, str(error)
    except Exception as error:
        return what, False, f"the check failed ({type(error).__name__}: {error})"


def _system() -> Finding:
    return (
        "System",
        True,
        f"simpatient {__version__}, Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores",
    )


def _devices() -> Finding:
    from simpatient.llm.catalogue.devices import describe_devices

    return "Compute", True, describe_devices()


def _encoder() -> Finding:
    from simpatient.bootstrap.coding import sentence_encoder

    encoder = sentence_encoder()
    folder = encoder.load()
    return "Sentence encoder", True, f"{encoder.model_id} on ONNX Runtime; weights as published, in {folder}"


def _coder(home: Path) -> Finding:
    from simpatient.bootstrap.coding import open_coder, remembering_encoder

    return "Behaviour coder", True, open_coder(remembering_encoder(home)).coder_id


def _language_model(home: Path) -> Finding:
    from simpatient.bootstrap.models import open_models
    from simpatient.content.library import open_library

    models = open_models(home, open_library(home))
    chosen, suggestion = models.chosen(), models.suggestion()
    fits = sum(row.fit.verdict == "fits" for row in models.rows())
    fitting = f"{fits} of the listed models fit this computer"
    if chosen != "guided":
        models.check(chosen)
        return "Language model", True, f"{chosen} is chosen and its files are complete; {fitting}"
    if suggestion.model is None:
        return "Language model", True, f"none chosen, so the guided patient is used. {suggestion.reason}"
    get = "choose" if suggestion.is_installed else "download"
    advice = f"{suggestion.model.title} suits best: 'simpatient models {get} {suggestion.model.id}'"
    return "Language model", True, f"none chosen, so the guided patient is used; {fitting}. {advice}"


def _content(home: Path) -> Finding:
    from simpatient.content.library import check_paths, open_library

    problems = check_paths([], home)
    if problems:
        return "Content", False, f"{len(problems)} problems; run 'simpatient check'. First: {problems[0]}"
    library = open_library(home)
    return (
        "Content",
        True,
        f"{len(library.persona_cards())} personas, {len(library.cases())} cases, {len(library.curricula())} curricula",
    )


def _database(home: Path) -> Finding:
    from simpatient.bootstrap.upkeep import DATABASE, open_upkeep

    if home.exists() and not home.is_dir():
        return "Database", False, f"there is a file where the folder {home} should be. Move it away."
    upkeep = open_upkeep(home)
    problems = upkeep.check()
    if problems:
        return "Database", False, f"{'; '.join(problems)}. 'simpatient db rescue' keeps everything that can be read"
    if not upkeep.is_there:
        return "Database", True, f"none yet; the first session creates it in {home}"
    return "Database", True, f"sound, {home / DATABASE}"


def _server(home: Path) -> Finding:
    from simpatient.bootstrap.models import open_server_settings

    server = open_server_settings(home).chosen()
    if server is None:
        return "Server", True, "none is set up; nothing leaves this computer"
    return "Server", True, f"{server.model} at {server.url} is set up; 'simpatient server check' tests it"


def _speech_output() -> Finding:
    from simpatient.bootstrap.voice import list_engines

    found = list_engines()
    best = next((engine.title for engine in found if engine.is_best), "")
    if best:
        return (
            "Patients' voice",
            True,
            f"{best}; {sum(engine.is_here for engine in found)} of {len(found)} are installed",
        )
    advice = "patients can be read but not heard. Debian: apt-get install flite"
    return "Patients' voice", False, f"no voice is installed; {advice}"


def _sound_devices() -> Finding:
    from simpatient.speech.capture.recorder import DeviceRecorder
    from simpatient.speech.playback.sink import DeviceSink

    microphones, loudspeakers = DeviceRecorder().devices(), DeviceSink().devices()
    counts = f"{len(microphones)} microphones, {len(loudspeakers)} loudspeakers"
    return "Sound", True, counts if microphones and loudspeakers else f"{counts}; practice by text needs none"


def _recogniser(home: Path) -> Finding:
    from simpatient.bootstrap.voice import open_recognisers

    recognisers = open_recognisers(home)
    used = next((row for row in recognisers.rows() if row.is_used), None)
    if used is not None:
        return "Speech recogniser", True, f"{used.weights.title}, {used.path}"
    suggested = recognisers.suggestion()
    advice = (
        f"'simpatient recogniser download {suggested.id}' downloads one that suits this computer" if suggested else ""
    )
    return "Speech recogniser", True, f"none downloaded yet; typing works. {advice}".strip()


def _imported_recordings() -> Finding:
    from simpatient.runtime.confinement import confinement_here, in_words

    return "Imported recordings", True, f"decoded in {in_words(confinement_here())}"
