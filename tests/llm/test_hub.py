"""What every hub must do, asked of the stand-in and of the real one on a server of our own."""

import errno
import os
import time

import pytest

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable, NotFound
from simpatient.llm.catalogue.hub import HuggingFaceHub, _disk_error
from simpatient.llm.catalogue.installed_models import ModelFolders
from tests.hub_server import HubServer
from tests.model_fakes import COMMIT, FakeHub, Repository, model_files, safetensors, write_files

NAME = "somebody/small"
LARGE = 12_000_000  # weights; the real client writes in pieces of 10 MB


@pytest.fixture
def repository(tmp_path):
    return Repository(write_files(tmp_path / "source", model_files(model__safetensors=safetensors(LARGE))))


@pytest.fixture
def server():
    made = HubServer()
    yield made
    made.close()


@pytest.fixture(params=["fake", "real"])
def hub(request, repository):
    if request.param == "fake":
        made = FakeHub({NAME: repository}, step=1 << 20)
        yield made, made
        return
    server = HubServer()
    server.repositories = {NAME: repository}
    yield HuggingFaceHub(server.address), server
    server.close()


def test_a_listing_names_files_sizes_checksums_and_the_commit(hub, repository):
    listing = hub[0].listing(NAME)
    assert (listing.hub_id, listing.revision) == (NAME, COMMIT)
    assert sorted(listing.files, key=lambda f: f.name) == sorted(repository.files(), key=lambda f: f.name)
    assert hub[0].listing(NAME, COMMIT) == listing


def test_what_is_fetched_is_what_was_listed_and_no_more(hub, tmp_path):
    listing = hub[0].listing(NAME)
    wanted = listing.model_copy(update={"files": tuple(f for f in listing.files if f.name != "tokenizer.json")})
    folder, seen = tmp_path / "there", []
    hub[0].fetch(wanted, folder, seen.append)
    assert {path.name for path in folder.iterdir() if path.is_file()} == {file.name for file in wanted.files}
    assert all(ModelFolders().matches(file, folder) for file in wanted.files)
    assert seen == sorted(seen)
    assert seen[-1] == sum(file.size for file in wanted.files)


def test_a_break_in_the_middle_costs_no_second_download(hub, tmp_path):
    client, behind = hub
    listing = client.listing(NAME)
    if isinstance(behind, FakeHub):
        behind.breaks_after = LARGE
        with pytest.raises(ModelUnavailable):
            client.fetch(listing, tmp_path / "there", lambda _: None)
    else:
        behind.breaks_at = 15 << 20
    client.fetch(listing, tmp_path / "there", lambda _: None)
    assert all(ModelFolders().matches(file, tmp_path / "there") for file in listing.files)
    if isinstance(behind, HubServer):
        assert behind.ranges["model.safetensors"][0] == 0
        assert behind.ranges["model.safetensors"][-1] > 0
    else:
        assert behind.served == sum(file.size for file in listing.files)


def test_a_cancelled_fetch_stops_at_once_and_goes_on_later(hub, tmp_path):
    client, behind = hub
    listing, token = client.listing(NAME), CancelToken()
    if isinstance(behind, HubServer):
        behind.holds_at = 12 << 20

    def on_bytes(done):
        if done > 9_000_000:
            token.cancel()

    with pytest.raises(Cancelled):
        client.fetch(listing, tmp_path / "there", on_bytes, token)
    assert not (tmp_path / "there" / "model.safetensors.part").exists()
    if isinstance(behind, HubServer):
        behind.holds_at = None
        behind.release.set()
    client.fetch(listing, tmp_path / "there", lambda _: None)
    assert all(ModelFolders().matches(file, tmp_path / "there") for file in listing.files)
    if isinstance(behind, HubServer):
        assert behind.ranges["model.safetensors"][-1] >= 9_000_000


def test_a_set_token_starts_nothing(hub, tmp_path):
    listing, token = hub[0].listing(NAME), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        hub[0].fetch(listing, tmp_path / "there", lambda _: None, token)


def test_what_the_hub_does_not_have_or_does_not_give(hub, repository):
    with pytest.raises(NotFound):
        hub[0].listing("somebody/none")
    repository.is_gated = True
    with pytest.raises(ModelUnavailable, match="has to be accepted first"):
        hub[0].listing(NAME)


def test_no_hub_is_said_in_a_sentence():
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        HuggingFaceHub("http://127.0.0.1:9").listing(NAME)


def test_asking_can_be_cancelled(server, repository):
    token = CancelToken()
    token.cancel()
    begin = time.monotonic()
    with pytest.raises(Cancelled):
        HuggingFaceHub(server.address).listing(NAME, cancel=token)
    assert time.monotonic() - begin < 10


def test_a_full_disk_is_said_in_words():
    full = _disk_error(OSError(errno.ENOSPC, "No space left on device"))
    assert str(full) == "The disk is full. Free some space. Start the download again: it continues where it stopped."
    assert "cannot be written" in str(_disk_error(OSError(errno.EACCES, "Permission denied")))


@pytest.mark.parametrize("name", ["../evil.json", "/etc/evil", "a/../../evil", "..\\evil", "C:evil", ""])
def test_no_file_is_written_outside_the_models_folder(server, repository, tmp_path, name):
    server.repositories = {NAME: repository}
    hub = HuggingFaceHub(server.address)
    listing = hub.listing(NAME)
    hostile = listing.model_copy(update={"files": (listing.files[0].model_copy(update={"name": name}),)})
    with pytest.raises(ModelUnavailable, match="outside the model's folder"):
        hub.fetch(hostile, tmp_path / "there" / "model", lambda _: None)
    assert [path.name for path in (tmp_path / "there").rglob("*") if path.is_file()] == []


def test_a_file_changed_on_the_way_is_deleted(server, repository, tmp_path):
    server.repositories = {NAME: repository}
    hub = HuggingFaceHub(server.address)
    listing = hub.listing(NAME)
    path = repository.folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModelUnavailable, match="was damaged during the download"):
        hub.fetch(listing, tmp_path / "there", lambda _: None)
    assert not (tmp_path / "there" / "model.safetensors").exists()
    path.write_bytes(content)
    hub.fetch(listing, tmp_path / "there", lambda _: None)
    assert all(ModelFolders().matches(file, tmp_path / "there") for file in listing.files)


def test_the_access_token_stays_with_the_hub(server, repository, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    source = HuggingFaceHub(server.address)._source("x", tries=1)
    assert source.headers == {"Authorization": "Bearer hf_secret"}
    assert "hf_secret" not in repr(source)


def test_nothing_else_in_the_program_is_put_online(server, repository):
    server.repositories = {NAME: repository}
    before = os.environ.get("HF_HUB_OFFLINE")
    HuggingFaceHub(server.address).listing(NAME)
    assert os.environ.get("HF_HUB_OFFLINE") == before
