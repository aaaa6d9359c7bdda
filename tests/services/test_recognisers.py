"""The manager of recognisers on a fake store: what is listed, suggested, fetched, found and deleted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simpatient.domain.errors import ModelUnavailable, NotFound
from simpatient.domain.models.chat_models import Gpu, Machine
from simpatient.domain.models.recognisers import choose_weights, suits
from simpatient.services.models.recognisers import RecogniserService
from tests.model_fakes import FakeLibraries
from tests.recogniser_fakes import CONTENT, FakeWeights, catalogue, weights

SMALL = weights("small.en", cores=1, rank=10, gpu_gb=1.0, ram_gb=1.0)
MIDDLE = weights("middle.en", cores=4, rank=20, gpu_gb=2.0, ram_gb=2.0)
MANY = weights("many", cores=4, rank=15, gpu_gb=2.0, ram_gb=2.0, languages=["many"])
LARGE = weights("large", cores=0, rank=50, gpu_gb=6.0, ram_gb=6.0, languages=["many"])
KNOWN = (SMALL, MIDDLE, MANY, LARGE)


class Probe:
    def __init__(self, gpu: float = 0.0, ram: float = 8.0) -> None:
        self.gpu, self.ram = gpu, ram

    def look(self) -> Machine:
        gpus = (Gpu(name="card", free_gb=self.gpu, total_gb=self.gpu),) if self.gpu else ()
        return Machine(gpus=gpus, ram_free_gb=self.ram, ram_total_gb=self.ram)


@pytest.fixture
def store(tmp_path):
    return FakeWeights(tmp_path / "speech", {each.file: CONTENT for each in KNOWN})


def service(store, probe: Probe | None = None, cores: int = 4) -> RecogniserService:
    return RecogniserService(
        catalogue=catalogue(*KNOWN), store=store, probe=probe or Probe(), cores=lambda: cores, libraries=FakeLibraries()
    )


@pytest.mark.parametrize(
    ("gpu", "ram", "cores", "language", "chosen"),
    [
        (0.0, 8.0, 1, "en", SMALL),
        (0.0, 8.0, 4, "en", MIDDLE),
        (0.0, 1.5, 8, "en", SMALL),
        (0.0, 64.0, 64, "en", MIDDLE),
        (8.0, 8.0, 1, "en", LARGE),
        (2.5, 8.0, 1, "en", MIDDLE),
        (0.0, 8.0, 4, "es", MANY),
        (0.0, 0.1, 1, "en", SMALL),
        (0.0, 0.1, 1, "es", MANY),
    ],
)
def test_the_choice_by_hardware_and_language(gpu, ram, cores, language, chosen):
    assert choose_weights(KNOWN, Probe(gpu, ram).look(), cores, language=language) == chosen


@given(st.floats(0, 40), st.floats(0, 40), st.integers(1, 64), st.sets(st.sampled_from([w.id for w in KNOWN])))
def test_what_is_chosen_suits_where_anything_does(gpu, ram, cores, among):
    machine = Probe(gpu, ram).look()
    chosen = choose_weights(KNOWN, machine, cores, among=among)
    assert (chosen is None) == (not among)
    fitting = [each for each in KNOWN if each.id in among and suits(each, machine, cores)]
    if fitting:
        assert chosen.rank == max(each.rank for each in fitting)


def test_one_large_card_is_meant_not_many_small_ones():
    cards = tuple(Gpu(name="card", free_gb=3.5, total_gb=4.0) for _ in range(4))
    assert not suits(LARGE, Machine(gpus=cards, ram_free_gb=64, ram_total_gb=64), 64)


def test_from_nothing_to_fetched_to_deleted(store):
    made, seen = service(store), []
    assert [row.is_used for row in made.rows()] == [False] * 4
    assert [row.weights.id for row in made.rows() if row.is_suggested] == ["middle.en"]
    with pytest.raises(ModelUnavailable, match="not installed on this computer") as raised:
        made.resolve()
    assert "'simpatient recogniser download middle.en'" in raised.value.action
    assert "typing always works" in raised.value.action
    path = made.download("", seen.append)
    assert [each.stage for each in seen][:2] == ["asking", "fetching"]
    assert seen[-1].done_bytes == seen[-1].total_bytes == len(CONTENT)
    assert made.resolve() == (MIDDLE, path)
    first = made.rows()[0]
    assert (first.weights.id, first.is_used, first.is_own, first.path) == ("middle.en", True, True, str(path))
    assert made.download("middle.en") == path
    path.write_bytes(b"damaged")
    assert made.download("middle.en").read_bytes() == CONTENT
    assert made.disk_use() == len(CONTENT)
    assert made.delete("middle.en") == len(CONTENT)
    with pytest.raises(NotFound, match=r"nothing to delete for 'middle\.en'"):
        made.delete("middle.en")


def test_what_is_here_is_used_even_where_better_would_fit(store):
    made = service(store)
    made.download("small.en")
    assert made.resolve()[0] == SMALL
    assert made.resolve("small.en")[0] == SMALL


def test_a_wanted_one_is_the_one_or_none(store):
    made = service(store)
    made.download("small.en")
    with pytest.raises(ModelUnavailable, match="not installed on this computer") as raised:
        made.resolve("many")
    assert "recogniser download many" in raised.value.action
    with pytest.raises(NotFound, match=r"There are: small\.en"):
        made.resolve("whatever")
    with pytest.raises(ModelUnavailable, match="does not support this language"):
        made.resolve("small.en", "es")
    with pytest.raises(ModelUnavailable):
        made.resolve("", "es")
    assert [row.weights.id for row in made.rows("es")] == ["many", "large"]


def test_an_unfinished_download_is_seen(store):
    made, store.breaks_at = service(store), 1 << 20
    with pytest.raises(ModelUnavailable):
        made.download("small.en")
    assert next(row for row in made.rows() if row.weights.id == "small.en").partial_bytes == 1 << 20
    made.download("small.en")


def test_a_full_disk_is_told_before_anything_is_fetched(store):
    made, store.room = service(store), 500_000_000
    with pytest.raises(ModelUnavailable, match="not enough room") as raised:
        made.download("small.en")
    assert "Free 0.6 GB" in raised.value.action
    assert store.disk_use() == 0


def test_what_others_fetched_is_not_deleted(store, tmp_path):
    made = service(store)
    made.download("small.en")
    store.is_own = lambda _: False
    store.remove = lambda _: 0
    with pytest.raises(NotFound, match="Another program put its weights"):
        made.delete("small.en")


def test_a_catalogue_names_each_once():
    with pytest.raises(ValidationError, match="used twice"):
        catalogue(SMALL, SMALL)


def test_what_runs_a_recogniser_is_installed_before_its_weights_come(store):
    libraries, stages = FakeLibraries(is_there=False), []
    made = RecogniserService(
        catalogue=catalogue(*KNOWN), store=store, probe=Probe(), cores=lambda: 4, libraries=libraries
    )
    made.download(KNOWN[0].id, lambda now: stages.append(now.stage))
    assert libraries.is_there
    assert stages.index("libraries") < stages.index("asking")
    stages.clear()
    made.download(KNOWN[-1].id, lambda now: stages.append(now.stage))
    assert "libraries" not in stages
