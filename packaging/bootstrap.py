"""Set up simpatient and start it: ``python3 packaging/bootstrap.py run`` or ``... test``.

Standard library only. Builds one virtual environment per lock file in the user's cache, so that every
clone with the same lock shares it, and starts through it at once the next time. Works offline once
set up. On Debian and Ubuntu it also installs the system libraries Qt needs, and says which.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "constraints.txt"
PROJECT = ROOT / "pyproject.toml"
OLDEST_PYTHON = (3, 11)
LOCK_WAIT_S = 3600

# What Qt's xcb and offscreen platforms load (their ldd output on Debian 12), by Debian package.
DEBIAN_LIBRARIES = {
    "libEGL.so.1": "libegl1", "libGL.so.1": "libgl1", "libX11.so.6": "libx11-6", "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1", "libfreetype.so.6": "libfreetype6", "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0", "libgssapi_krb5.so.2": "libgssapi-krb5-2", "libbrotlidec.so.1": "libbrotli1",
    "libpulse.so.0": "libpulse0", "libX11-xcb.so.1": "libx11-xcb1", "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4", "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0", "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0", "libxcb-shape.so.0": "libxcb-shape0", "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1", "libxcb-util.so.1": "libxcb-util1", "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1", "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}  # fmt: skip
# Loaded by sounddevice (microphone and loudspeaker) and by pyttsx3, and the voices patients speak with.
DEBIAN_LIBRARIES |= {"libportaudio.so.2": "libportaudio2", "libespeak-ng.so.1": "libespeak-ng1"}
DEBIAN_PROGRAMS = {"espeak-ng": "espeak-ng", "flite": "flite"}
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

BASE, EVERYTHING = "base", "everything"
SIZES = {BASE: "about 250 MB to fetch", EVERYTHING: "about 450 MB more to fetch, on some computers several GB"}

USAGE = """usage: python3 packaging/bootstrap.py run [simpatient arguments]   set up if needed, open the app
       python3 packaging/bootstrap.py test [pytest arguments]      set up everything if needed, run every check and test
       python3 packaging/bootstrap.py setup                        set up what the app needs to start
       python3 packaging/bootstrap.py setup --all                  set up everything, for a computer that goes offline

What language models, speech recognition and training need is fetched by the app when it is first asked for.
"""


class SetupFailed(Exception):
    """Setting up cannot go on; the message says why and what to do."""


def say(text: str) -> None:
    """Print one line of progress at once."""
    print(f"simpatient: {text}", file=sys.stderr, flush=True)


def cache_folder() -> Path:
    """Return the folder for environments: ``SIMPATIENT_ENVS`` or the platform's cache folder."""
    override = os.environ.get("SIMPATIENT_ENVS")
    if override:
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "simpatient" / "envs"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "simpatient" / "envs"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "simpatient" / "envs"


def environment_folder() -> Path:
    """Return where this lock's environment is or will be; its name hashes all that decides its content."""
    table = project_table()
    decisive = [table["project"]["dependencies"], table["project"]["optional-dependencies"], components()]
    key = hashlib.sha256(LOCK.read_bytes())
    key.update(json.dumps(decisive, sort_keys=True).encode())
    key.update(f"{sys.version_info[:2]} {sys.platform} {platform.machine()}".encode())
    return cache_folder() / key.hexdigest()[:16]


def project_table() -> dict[str, Any]:
    """Return pyproject.toml."""
    import tomllib

    return tomllib.loads(PROJECT.read_text(encoding="utf-8"))


def components() -> dict[str, dict[str, list[str]]]:
    """Return which extras each component is made of; the program itself reads the same table."""
    return project_table()["tool"]["simpatient"]["components"]


def requirements(component: str) -> tuple[list[str], list[str]]:
    """Return what a component needs as pip requirements: with what they need themselves, and without."""
    project = project_table()["project"]
    extras, wanted = project["optional-dependencies"], components()[component]
    first = project["dependencies"] if component == BASE else []
    full = [*first, *(each for name in wanted["extras"] for each in extras[name])]
    return list(dict.fromkeys(full)), [each for name in wanted["alone"] for each in extras[name]]


def python_of(folder: Path) -> Path:
    """Return the environment's interpreter."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def marker(folder: Path, component: str) -> Path:
    """Return the file that says that a component was installed to the end."""
    return folder / ("ready" if component == BASE else f"ready-{component}")


def is_ready(folder: Path, component: str = "base") -> bool:
    """Whether the environment has a component."""
    return marker(folder, component).exists() and python_of(folder).exists()


def library_folders() -> list[str]:
    """Return where Debian keeps shared libraries on this machine's architecture."""
    triplet = f"{platform.machine()}-linux-gnu"
    return [f"/usr/lib/{triplet}", f"/lib/{triplet}", "/usr/lib", "/usr/local/lib"]


def missing_debian_packages() -> list[str]:
    """Return the Debian packages whose library, program or font is not on this machine."""
    folders = library_folders()
    found = [
        package
        for library, package in DEBIAN_LIBRARIES.items()
        if not any(os.path.exists(f"{folder}/{library}") for folder in folders)
    ]
    found += [package for program, package in DEBIAN_PROGRAMS.items() if not shutil.which(program)]
    return found if os.path.exists(FONT) else [*found, "fonts-dejavu-core"]


def has_venv() -> bool:
    """Whether this Python can make virtual environments (bare Debian leaves that out)."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def ensure_system_packages(wanted: list[str]) -> None:
    """Install Debian packages, saying which; raises SetupFailed when that is not possible here."""
    if not wanted:
        return
    if not shutil.which("apt-get"):
        say("system packages for window and voice were not found: " + ", ".join(wanted) + ". Going on without them.")
        return
    command = ["apt-get", "install", "-y", "--no-install-recommends", *wanted]
    if os.geteuid() != 0:
        if not (shutil.which("sudo") and sys.stdin.isatty()):
            raise SetupFailed("system packages are missing. Please run: sudo " + " ".join(command))
        command = ["sudo", *command]
    say("installing system packages for window and voice: " + " ".join(wanted))
    run_apt(command)


def run_apt(command: list[str]) -> None:
    """Run apt-get, refreshing its lists when the first try fails (a bare image has none)."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
        return
    update = [*command[: command.index("apt-get") + 1], "update"]
    subprocess.run(update, env=environment, stdout=subprocess.DEVNULL)
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode != 0:
        raise SetupFailed(
            "apt-get could not install the libraries above. Check the network and run: " + " ".join(command)
        )


def pip(folder: Path, *arguments: str) -> None:
    """Run the environment's pip under the lock; its own progress goes to the terminal."""
    command = [
        str(python_of(folder)),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "-c",
        str(LOCK),
        *arguments,
    ]
    quiet = [] if sys.stderr.isatty() else ["--quiet", "--progress-bar", "off"]
    if subprocess.run([*command, *quiet]).returncode != 0:
        raise SetupFailed(
            "a package could not be installed (see the lines above). Check the network and disk space, "
            "then run the same command again; it goes on where it stopped."
        )


def build(folder: Path, component: str) -> None:
    """Make the environment or add a component to it; goes on with what was interrupted."""
    started = time.monotonic()
    if not python_of(folder).exists():
        say(f"making a virtual environment in {folder}")
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    full, alone = requirements(component)
    say(f"installing {len(full) + len(alone)} packages and what they need ({SIZES[component]})")
    for number, wanted in enumerate((full, ["--no-deps", *alone]), 1):
        say(f"[{number}/2] {'the packages' if number == 1 else 'the rest'}")
        if wanted and wanted != ["--no-deps"]:
            pip(folder, *wanted)
    marker(folder, component).write_text(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), encoding="ascii")
    say(f"set up in {time.monotonic() - started:.0f} s")


def is_alive(pid: int) -> bool:
    """Whether a process runs; unknown counts as running."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def take_lock(lock: Path) -> bool:
    """Take the set-up lock, clearing one whose owner died; False when another set-up holds it."""
    try:
        with lock.open("x", encoding="ascii") as stream:
            stream.write(str(os.getpid()))
        return True
    except FileExistsError:
        owner = lock.read_text(encoding="ascii").strip()
        if owner.isdigit() and not is_alive(int(owner)):
            lock.unlink(missing_ok=True)
        return False


def ensure_environment(wanted: list[str]) -> Path:
    """Return an environment with these components, adding what is missing; two at once wait for each other."""
    folder = environment_folder()
    if all(is_ready(folder, component) for component in wanted):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_suffix(".lock")
    deadline = time.monotonic() + LOCK_WAIT_S
    while not take_lock(lock):
        if time.monotonic() > deadline:
            raise SetupFailed(f"another set-up seems to hang. If none is running, delete {lock} and try again.")
        time.sleep(1)
    try:
        for component in wanted:
            if not is_ready(folder, component):
                build(folder, component)
    finally:
        lock.unlink(missing_ok=True)
    return folder


def prepare(wanted: list[str]) -> Path:
    """Check this machine and return an environment with these components."""
    if sys.version_info < OLDEST_PYTHON:
        raise SetupFailed(f"Python 3.11 or newer is needed; this is {platform.python_version()}.")
    if sys.platform == "linux":
        libraries = missing_debian_packages()
        if not is_ready(environment_folder()) and not has_venv():
            libraries.append("python3-venv")
        ensure_system_packages(libraries)
    return ensure_environment(wanted)


def child_environment() -> dict[str, str]:
    """Return the variables simpatient runs with: this checkout first, and no hub access."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }


def start(folder: Path, arguments: list[str]) -> int:
    """Become (or on Windows: run) simpatient."""
    command = [str(python_of(folder)), "-m", "simpatient", *arguments]
    if sys.platform == "win32":
        return subprocess.run(command, env=child_environment()).returncode
    sys.stderr.flush()
    return os.execve(command[0], command, child_environment())


def test(folder: Path, arguments: list[str]) -> int:
    """Run the static checks, the tests and the coverage floor; stops at the first that fails."""
    python = str(python_of(folder))
    variables = child_environment()
    if not variables.get("DISPLAY"):
        variables.setdefault("QT_QPA_PLATFORM", "offscreen")
    for title, command in test_steps(python, arguments):
        say(title)
        result = subprocess.run(command, cwd=ROOT, env=variables).returncode
        if result != 0:
            say(f"failed: {title}")
            return result
    return 0


def test_steps(python: str, arguments: list[str]) -> list[tuple[str, list[str]]]:
    """Return the steps of ``test``, fast ones first; with pytest arguments only pytest runs."""
    if arguments:
        return [("tests", [python, "-m", "pytest", *arguments])]
    engines = ["domain", "patient", "assessment", "services"]
    covered = ",".join(f"simpatient/{name}/*" for name in engines)
    # In quick succession the cheap checks, so that a slip is told within a minute.
    return [
        ("ruff", [python, "-m", "ruff", "check", "simpatient", "tests", "packaging"]),
        ("import contracts", [python, "-c", LINT_IMPORTS]),
        ("mypy --strict", [python, "-m", "mypy"]),
        ("tests", [python, "-m", "pytest", *[f"--cov=simpatient.{name}" for name in engines], "--cov-report="]),
        ("coverage of the engines and services >= 95 %",
         [python, "-m", "coverage", "report", "--fail-under=95", f"--include={covered}", "--skip-covered"]),
    ]  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the named command; 0 fine, 1 set-up or tests failed, 2 wrong use."""
    command = arguments[0] if arguments else ""
    if command not in {"run", "test", "setup"} or (command == "setup" and arguments[1:] not in ([], ["--all"])):
        sys.stderr.write(USAGE)
        return 0 if command in {"-h", "--help"} else 2
    is_light = command == "run" or arguments == ["setup"]
    try:
        folder = prepare([BASE] if is_light else [BASE, EVERYTHING])
    except SetupFailed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped; run the same command again to go on.")
        return 1
    if command == "run":
        return start(folder, arguments[1:])
    return test(folder, arguments[1:]) if command == "test" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
