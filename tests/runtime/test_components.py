"""What part of the program needs is installed when it is asked for: resumed, checked, stopped, refused in words."""

import hashlib
import os
import subprocess
import threading
import venv
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, UserFacingError
from simpatient.runtime.components import Component

PROJECT = """
[project]
name = "x"
[project.optional-dependencies]
models = ["big-library>=1"]
models-alone = ["lonely-library==1.0"]
[tool.simpatient.components]
models = { extras = ["models"], alone = ["models-alone"] }
"""


def _wheel(name: str, needs: str = "", padding: int = 0) -> bytes:
    """A package of one module, as an installable file."""
    plain = name.replace("-", "_")
    info = f"{plain}-1.0.dist-info"
    requires = f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        f"{plain}.py": "WORDS = 'here'\n# " + os.urandom(padding // 2).hex(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    path = Path(os.environ["WHEELS"]) / f"{plain}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return path.read_bytes()


class Index:
    """A package index on the loopback address, which can break off in the middle of a file."""

    def __init__(self, wheels: dict[str, bytes]) -> None:
        self.wheels = wheels
        self.breaks: dict[str, int] = {}
        self.asked: list[tuple[str, str]] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                index.asked.append((self.path, self.headers.get("Range", "")))
                if self.path.startswith("/simple/"):
                    self._answer(index.page(self.path.split("/")[2]), "text/html")
                    return
                name = self.path.rpartition("/")[2]
                if name not in index.wheels:
                    self.send_error(404)
                    return
                data = index.wheels[name]
                start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(data) - start))
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
                self.end_headers()
                end = index.breaks.pop(name, len(data)) if "Range" not in self.headers else len(data)
                self.wfile.write(data[start:end])

            def _answer(self, content: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, name: str) -> bytes:
        links = [
            f'<a href="/files/{file}#sha256={hashlib.sha256(data).hexdigest()}">{file}</a>'
            for file, data in self.wheels.items()
            if file.split("-")[0] == name.replace("-", "_")
        ]
        return ("<html><body>" + "\n".join(links) + "</body></html>").encode()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    return folder


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    monkeypatch.setenv("WHEELS", str(tmp_path))
    wheels = {
        "big_library-1.0-py3-none-any.whl": _wheel("big-library", "small-library", padding=2_000_000),
        "small_library-1.0-py3-none-any.whl": _wheel("small-library"),
        # Installed without what it says it needs, which no index has.
        "lonely_library-1.0-py3-none-any.whl": _wheel("lonely-library", "nobody-has-this"),
    }
    made = Index(wheels)
    address = f"http://127.0.0.1:{made.server.server_port}/simple/"
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", address)
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def component(tmp_path: Path, empty: Path) -> Iterator[Component]:
    root = tmp_path / "root"
    (root / "packaging").mkdir(parents=True)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "packaging" / "constraints.txt").write_text("big-library==1.0\n")
    python = next(iter([*empty.glob("bin/python"), *empty.glob("Scripts/python.exe")]))
    packages = next(iter([*empty.glob("lib/*/site-packages"), *empty.glob("Lib/site-packages")]))
    yield Component("models", root, tmp_path / "store", python=str(python), path=[str(packages)])
    names = ["big-library", "small-library", "lonely-library"]
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", *names], check=False, capture_output=True)


def test_what_is_missing_is_installed_with_progress_and_nothing_is_left_behind(
    index: Index, component: Component, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    assert not component.is_installed()
    component.install(lambda done, total: told.append((done, total)))
    assert component.is_installed()
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1] == sum(len(wheel) for wheel in index.wheels.values())
    assert list((tmp_path / "store").iterdir()) == []
    asked = len(index.asked)
    component.install()
    assert [path for path, _ in index.asked[asked:] if path.startswith("/files")] == []


def test_a_file_that_broke_off_is_continued(index: Index, component: Component) -> None:
    name = "big_library-1.0-py3-none-any.whl"
    index.breaks[name] = 1_000_000
    before = len(index.asked)
    wanted = [(f"{_address(index)}/files/{name}", _sha(index, name))]
    pieces = component._fetched(wanted, lambda *_: None, None)
    first, second = [asked for _, asked in index.asked[before:]]
    assert first == ""
    assert second.startswith("bytes=")
    assert pieces[0].read_bytes() == index.wheels[name]


def test_stopping_keeps_what_has_come(index: Index, component: Component, tmp_path: Path) -> None:
    cancel = CancelToken()

    def stop(done: int, _: int) -> None:
        if done > 100_000:
            cancel.cancel()

    with pytest.raises(Cancelled):
        component.install(stop, cancel)
    assert not component.is_installed()
    assert sum(file.stat().st_size for file in (tmp_path / "store").iterdir()) > 100_000
    component.install()
    assert component.is_installed()


def test_no_network_is_said_in_words(component: Component, monkeypatch: pytest.MonkeyPatch, index: Index) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    with pytest.raises(UserFacingError, match="could not be installed") as caught:
        component.install()
    assert "network" in caught.value.action


def test_a_wrong_file_is_refused(index: Index, component: Component) -> None:
    name = "small_library-1.0-py3-none-any.whl"
    with pytest.raises(UserFacingError, match="package 1 of 1 failed"):
        component._fetched([(f"{_address(index)}/files/{name}", "0" * 64)], lambda *_: None, None)


def _address(index: Index) -> str:
    return f"http://127.0.0.1:{index.server.server_port}"


def _sha(index: Index, name: str) -> str:
    return hashlib.sha256(index.wheels[name]).hexdigest()
