"""What every store of weights must do, asked of the stand-in and of the real one on a server of our own."""

import errno
import hashlib
import threading
import time

import pytest

from simpatient.content.reading.locations import bundled_root
from simpatient.content.reading.yaml_source import read_yaml
from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable
from simpatient.domain.models.recognisers import RecogniserCatalogue
from simpatient.speech.recognition.whisper_weights import WhisperWeights, _disk_error, library_folder
from tests.recogniser_fakes import CONTENT, FakeWeights, FileServer, weights

LITTLE = weights()


@pytest.fixture
def server():
    made = FileServer({LITTLE.file: CONTENT})
    yield made
    made.close()


@pytest.fixture(params=["fake", "real"])
def store(request, server, tmp_path):
    """A store, and what plays its source."""
    if request.param == "fake":
        made = FakeWeights(tmp_path / "own", server.contents)
        return made, made
    return WhisperWeights(tmp_path / "own", source=server.address), server


def test_fetched_is_whole_and_found(store, tmp_path):
    made, seen = store[0], []
    assert made.find(LITTLE) is None
    assert made.disk_use() == 0
    path = made.fetch(LITTLE, lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert made.find(LITTLE) == path
    assert made.is_own(path)
    assert made.is_complete(LITTLE, path)
    assert not made.is_own(tmp_path / "elsewhere.pt")
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert made.disk_use() == len(CONTENT)
    assert made.partial_bytes(LITTLE) == 0
    assert made.free_bytes() > 0


def test_it_goes_on_where_it_stopped(store):
    made, source = store
    source.breaks_at = 1 << 20
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        made.fetch(LITTLE)
    assert made.find(LITTLE) is None
    there = made.partial_bytes(LITTLE)
    assert 0 < there < len(CONTENT)
    assert made.fetch(LITTLE).read_bytes() == CONTENT


def test_a_cancel_keeps_what_came(store):
    made, token = store[0], CancelToken()
    with pytest.raises(Cancelled):
        made.fetch(LITTLE, lambda *_: token.cancel(), token)
    assert 0 < made.partial_bytes(LITTLE) < len(CONTENT)
    assert made.fetch(LITTLE).read_bytes() == CONTENT


def test_what_is_changed_on_the_way_is_thrown_away(store, server):
    made = store[0]
    server.contents[LITTLE.file] = CONTENT[:-1] + b"!"
    with pytest.raises(ModelUnavailable, match="was damaged during the download"):
        made.fetch(LITTLE)
    assert made.find(LITTLE) is None
    assert made.partial_bytes(LITTLE) == 0
    server.contents[LITTLE.file] = CONTENT
    assert made.fetch(LITTLE).read_bytes() == CONTENT


def test_what_was_damaged_here_is_known_and_replaced(store, tmp_path):
    made = store[0]
    path = made.fetch(LITTLE)
    path.write_bytes(CONTENT[:-1])
    assert made.find(LITTLE) == path
    assert not made.is_complete(LITTLE, path)
    assert not made.is_complete(LITTLE, tmp_path / "none.pt")
    assert made.is_complete(LITTLE, made.fetch(LITTLE))


def test_removing_frees_whole_and_unfinished_files(store):
    made, source = store
    made.fetch(LITTLE)
    assert made.remove(LITTLE) == len(CONTENT)
    assert made.find(LITTLE) is None
    assert made.remove(LITTLE) == 0
    source.breaks_at = 1 << 20
    with pytest.raises(ModelUnavailable):
        made.fetch(LITTLE)
    there = made.partial_bytes(LITTLE)
    assert made.remove(LITTLE) == there > 0
    assert made.partial_bytes(LITTLE) == made.disk_use() == 0


def test_what_the_source_does_not_have(store, server):
    server.contents.clear()
    with pytest.raises(ModelUnavailable, match="refused"):
        store[0].fetch(LITTLE)


def test_only_the_rest_is_asked_for(server, tmp_path):
    made = WhisperWeights(tmp_path, source=server.address)
    server.breaks_at = 1 << 20
    with pytest.raises(ModelUnavailable):
        made.fetch(LITTLE)
    there = made.partial_bytes(LITTLE)
    made.fetch(LITTLE)
    assert server.starts == [0, there]


def test_a_source_that_always_begins_at_the_front(server, tmp_path):
    made = WhisperWeights(tmp_path, source=server.address)
    server.breaks_at, server.takes_ranges = 1 << 20, False
    with pytest.raises(ModelUnavailable):
        made.fetch(LITTLE)
    assert made.fetch(LITTLE).read_bytes() == CONTENT
    assert server.starts == [0, 0]


def test_all_there_but_the_name(server, tmp_path):
    made = WhisperWeights(tmp_path, source=server.address)
    made._part(LITTLE).write_bytes(CONTENT)  # as after a kill in the moment before the last step
    assert made.fetch(LITTLE).read_bytes() == CONTENT


def test_a_cancel_is_heard_in_a_silence(server, tmp_path):
    made, token = WhisperWeights(tmp_path, source=server.address), CancelToken()
    server.holds_at = 1 << 20
    began = time.monotonic()
    threading.Timer(0.5, token.cancel).start()
    with pytest.raises(Cancelled):
        made.fetch(LITTLE, cancel=token)
    assert time.monotonic() - began < 20  # the server would have been silent for 60


def test_no_source_at_all(tmp_path):
    with pytest.raises(ModelUnavailable, match="cannot be reached") as raised:
        WhisperWeights(tmp_path).fetch(LITTLE)  # its address is a port where nobody listens
    assert "continues where it stopped" in raised.value.action
    assert WhisperWeights(tmp_path).remove(LITTLE) == 0


def test_the_librarys_own_folder_is_looked_at_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    theirs = library_folder() / LITTLE.file
    theirs.parent.mkdir(parents=True)
    theirs.write_bytes(CONTENT)
    made = WhisperWeights(tmp_path / "own", (library_folder(),))
    assert made.find(LITTLE) == theirs
    assert not made.is_own(theirs)
    assert made.remove(LITTLE) == 0
    assert theirs.exists()


def test_a_disk_that_is_full_or_closed_is_told_in_words(tmp_path):
    assert "disk is full" in str(_disk_error(OSError(errno.ENOSPC, "no space"), tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(ModelUnavailable, match="cannot be written"):
        WhisperWeights(tmp_path / "file").fetch(LITTLE)


def test_the_catalogue_that_ships_is_the_librarys_own_table():
    whisper = pytest.importorskip("whisper")
    shipped = RecogniserCatalogue.model_validate(read_yaml(bundled_root() / "assets/speech/recognisers.yaml").data)
    assert len(shipped.recognisers) >= 8
    for each in shipped.recognisers:
        assert each.url == whisper._MODELS[each.id]
        assert each.url.endswith(f"/{each.sha256}/{each.file}")
        assert each.hears("en")
        assert each.hears("es") == (".en" not in each.id)
    assert hashlib.sha256(CONTENT).hexdigest() == LITTLE.sha256
