"""The downloader on a server of our own: whatever breaks, what is kept is a true beginning of the file."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simpatient.runtime.download import (
    ChecksumMismatch,
    DownloadFailed,
    Refused,
    Source,
    Unreachable,
    download,
    fetch_bytes,
    sha256_of,
)
from tests.recogniser_fakes import FileServer

CONTENT = bytes(range(256)) * 6_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server():
    made = FileServer({"file": CONTENT})
    yield made
    made.close()


def source(server, **more) -> Source:
    return Source(f"{server.address}/file", **{"sha256": SHA256, **more})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(have=st.integers(0, len(CONTENT)), takes_ranges=st.booleans(), breaks=st.booleans())
def test_from_any_beginning_the_whole_file_comes(server, tmp_path_factory, have, takes_ranges, breaks):
    folder = tmp_path_factory.mktemp("download")
    server.takes_ranges, server.breaks_at = takes_ranges, (have + len(CONTENT)) // 2 if breaks else None
    (folder / "part").write_bytes(CONTENT[:have])
    seen: list[tuple[int, int]] = []
    download(source(server, tries=3), folder / "file", folder / "part", lambda *told: seen.append(told))
    assert (folder / "file").read_bytes() == CONTENT
    assert sha256_of(folder / "file") == SHA256
    assert not (folder / "part").exists()
    assert all(done <= total == len(CONTENT) for done, total in seen)


def test_a_connection_that_breaks_off_is_taken_up_only_as_often_as_was_said(server, tmp_path):
    server.breaks_at = 1 << 19
    with pytest.raises(Unreachable):
        download(source(server), tmp_path / "file", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == CONTENT[: (tmp_path / "part").stat().st_size]
    assert not (tmp_path / "file").exists()


def test_a_wrong_beginning_is_found_out_and_deleted(server, tmp_path):
    (tmp_path / "part").write_bytes(b"x" * 1000)
    with pytest.raises(ChecksumMismatch):
        download(source(server), tmp_path / "file", tmp_path / "part")
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_has_its_status_and_is_not_tried_again(server, tmp_path):
    server.status = 503
    with pytest.raises(Refused) as caught:
        download(source(server, tries=5), tmp_path / "file", tmp_path / "part")
    assert caught.value.status == 503
    assert server.starts == []


def test_a_small_answer_has_a_limit(server):
    assert fetch_bytes(source(server), len(CONTENT)) == CONTENT
    with pytest.raises(DownloadFailed, match="more than 1000 bytes"):
        fetch_bytes(source(server), 1000)
