"""The models manager: what fits, what is suggested, fetching, adding, choosing, finding again."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.content.library import open_library
from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable, NotFound
from simpatient.domain.models.chat_models import GB, FolderFacts, Gpu, Machine, ModelCatalogue, fit_of, memory_needed
from simpatient.services.models.model_checks import wanted_files
from simpatient.services.models.model_download import folder_name, hub_id_of
from simpatient.services.models.ports import HubFile
from tests.model_fakes import COMMIT, MEASURED, ModelWorld, catalogue, model_files, safetensors, write_files


@pytest.fixture
def here(tmp_path: Path) -> ModelWorld:
    made = ModelWorld(tmp_path / "home")
    made.publish(
        "somebody/small", tmp_path / "hub", README__md=b"# read me", run__py=b"print()", pytorch_model__bin=b"x"
    )
    return made


def row(here: ModelWorld, name: str):
    return next(row for row in here.service.rows() if row.id == name)


@pytest.mark.parametrize(
    ("gpu", "ram", "small", "middle", "suggested"),
    [
        (0, 4, "too_big", "too_big", None),
        (0, 6, "slow", "too_big", None),
        (2.5, 4, "quantised", "too_big", None),
        (4, 4, "fits", "too_big", "small"),
        (8, 64, "fits", "quantised", "small"),
        (24, 4, "fits", "fits", "middle"),
    ],
)
def test_what_fits_and_what_is_suggested(here, gpu, ram, small, middle, suggested):
    here.machine.gpu_gb, here.machine.ram_gb = gpu, ram
    assert (row(here, "small").fit.verdict, row(here, "middle").fit.verdict) == (small, middle)
    found = here.service.suggestion()
    assert (found.model.id if found.model else None) == suggested
    assert [r.id for r in here.service.rows() if r.is_suggested] == ([suggested] if suggested else [])
    assert ("guided" in found.reason) == (suggested is None)


def test_a_gated_model_is_never_suggested(here):
    here.machine.gpu_gb = 24
    assert row(here, "gated").fit.verdict == "fits"
    assert here.service.suggestion().model.id == "middle"


@given(st.floats(0.1, 80), st.floats(0, 200), st.floats(0, 200), st.integers(0, 400_000))
def test_a_fit_never_promises_more_than_is_free(parameters, gpu, ram, keys):
    needs = memory_needed(FolderFacts(parameters=parameters, keys_per_token=keys))
    gpus = (Gpu(name="a", free_gb=gpu / 2, total_gb=gpu), Gpu(name="b", free_gb=gpu / 2, total_gb=gpu))
    machine = Machine(gpus=gpus, ram_free_gb=ram, ram_total_gb=ram)
    fit = fit_of(needs, machine)
    if fit.verdict in ("fits", "quantised", "slow"):
        assert fit.needs_gb <= fit.has_gb
        assert fit.needs_gb >= parameters * 0.6
    else:
        assert fit.needs_gb > fit.has_gb or fit.needs_gb > gpu
    assert needs["4bit"] < needs["bf16"] < needs["fp32"]


def test_a_model_of_unknown_size_is_said_to_be_unknown():
    assert fit_of(memory_needed(FolderFacts()), Machine(ram_free_gb=1, ram_total_gb=1)).verdict == "unknown"


def test_a_download_takes_only_what_a_model_is_made_of_and_is_found_again(here):
    shown = []
    fetched = here.service.download("small", shown.append)
    folder = Path(fetched.folder)
    assert {path.name for path in folder.iterdir()} == set(model_files())
    assert (fetched.hub_id, fetched.revision, fetched.is_own) == ("somebody/small", COMMIT, False)
    assert shown[0].stage == "asking"
    assert shown[-1].stage == "checking"
    fetching = [p for p in shown if p.stage == "fetching"]
    assert [p.done_bytes for p in fetching] == sorted(p.done_bytes for p in fetching)
    assert fetching[-1].done_bytes == fetching[-1].total_bytes
    for name in ("small", "somebody/small", fetched.model_id, str(folder)):
        assert here.service.resolve(name) == folder
    assert row(here, "small").version == COMMIT[:12]
    assert row(here, "small").installed == fetched


def test_any_model_of_the_hub_can_be_fetched_by_its_id_or_address(here, tmp_path):
    here.publish("else/My_Model", tmp_path / "hub")
    assert here.service.download("https://huggingface.co/else/My_Model").id == "my-model"
    assert here.service.resolve("else/My_Model").name == "my-model"
    here.publish("third/my-model", tmp_path / "hub")
    with pytest.raises(ModelUnavailable, match="already called 'my-model'"):
        here.service.download("third/my-model")


def test_a_broken_download_goes_on_where_it_stopped(here):
    total = sum(map(len, model_files().values()))
    here.hub.breaks_after = total // 2
    with pytest.raises(ModelUnavailable):
        here.service.download("small")
    assert row(here, "small").partial_bytes > 0
    assert row(here, "small").installed is None
    here.service.download("small")
    assert here.hub.served == total


def test_a_cancelled_download_keeps_what_has_come_and_can_be_thrown_away(here):
    token = CancelToken()
    here.hub.on_step = lambda: here.hub.served > 100 and token.cancel()
    with pytest.raises(Cancelled):
        here.service.download("small", None, token)
    assert here.service.disk_use() > 100
    assert here.service.remove("small") > 100
    assert here.service.disk_use() == 0


def test_a_file_that_arrived_wrong_is_thrown_away_and_the_model_not_taken(here):
    here.hub.repositories["somebody/small"].wrong_checksum = "model.safetensors"
    with pytest.raises(ModelUnavailable, match=r"model.safetensors was damaged during"):
        here.service.download("small")
    assert here.registry.models == {}
    here.hub.repositories["somebody/small"].wrong_checksum = ""
    assert here.service.download("small").id == "small"


def test_cancelling_while_files_are_checked(here):
    token = CancelToken()
    with pytest.raises(Cancelled):
        here.service.download(
            "small", lambda p: p.stage == "fetching" and p.done_bytes == p.total_bytes and token.cancel(), token
        )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model__safetensors": None, "pytorch_model__bin": b"x"}, "not safetensors"),
        ({"model__safetensors": None}, "no model weights"),
        ({"config__json": None}, "library cannot run this model"),
        ({"adapter_model__safetensors": safetensors()}, "an adapter"),
        ({"tokenizer_config__json": b"{}"}, "no chat template"),
        ({"tokenizer__json": None}, "tokenizer is missing"),
        (
            {"config__json": b'{"auto_map": {"AutoModel": "x.Y"}, "model_type": "home-made"}'},
            "program code that comes with it",
        ),
    ],
)
def test_what_is_no_safe_chat_model_is_refused(here, tmp_path, changes, words):
    here.publish("somebody/odd", tmp_path / "hub", **changes)
    with pytest.raises(ModelUnavailable, match=words):
        here.service.download("somebody/odd")
    assert here.registry.models == {}


def test_a_full_disk_is_told_before_anything_is_fetched(here):
    here.files.room = GB
    with pytest.raises(ModelUnavailable, match="not enough room"):
        here.service.download("small")
    assert here.hub.served == 0


@pytest.mark.parametrize("name", ["nonsense", "../../etc", "a/b/c", "somebody/none", ""])
def test_an_unknown_model_is_named(here, name):
    with pytest.raises(NotFound):
        here.service.download(name)


def test_offline_and_gated_are_said(here):
    here.hub.repositories["somebody/small"].is_gated = True
    with pytest.raises(ModelUnavailable, match="has to be accepted first"):
        here.service.download("small")
    here.hub.is_offline = True
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        here.service.download("small")


def test_patterns_keep_out_repeated_weights_and_folders():
    names = ["model.safetensors", "consolidated.safetensors", "config.json", "original/model.safetensors", "x.py"]
    files = [HubFile(name=name, size=1) for name in names]
    assert [f.name for f in wanted_files(files, ["consolidated*"])] == ["model.safetensors", "config.json"]


def test_a_folder_of_ones_own_stays_where_it_is_and_as_it_is(here, tmp_path):
    folder = write_files(tmp_path / "My Model", model_files())
    added = here.service.add(folder)
    assert (added.id, added.title, added.is_own, added.facts.architecture) == (
        "my-model",
        "My Model",
        True,
        "LlamaForCausalLM",
    )
    assert here.service.add(folder, "Mine").id == "my-model"
    other = write_files(tmp_path / "other" / "my_model", model_files())
    assert here.service.add(other).id == "my-model-2"
    assert here.service.remove("my-model") == 0
    assert (folder / "model.safetensors").is_file()
    assert [model.id for model in here.registry.installed()] == ["my-model-2"]


@pytest.mark.parametrize("name", ["guided", "small", "generative"])
def test_a_folder_cannot_take_a_name_that_means_something_else(here, tmp_path, name):
    assert here.service.add(write_files(tmp_path / name, model_files())).id == f"{name}-2"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model__safetensors": b"short"}, "damaged"),
        ({"model__safetensors": safetensors()[:-2]}, "damaged"),
        ({"model__safetensors": b"\xff" * 64}, "damaged"),
        (
            {"model__safetensors__index__json": b'{"weight_map": {"w": "model-2.safetensors"}}'},
            "1 of the weight files are missing",
        ),
        ({"model__safetensors": None, "weights__gguf": b"x"}, "not safetensors"),
        ({"config__json": b"[]"}, "no language model"),
    ],
)
def test_a_damaged_folder_is_refused_in_words(here, tmp_path, changes, words):
    with pytest.raises(ModelUnavailable, match=words):
        here.service.add(write_files(tmp_path / "odd", model_files(**changes)))


def test_there_is_no_model_in_a_folder_that_is_not_there(here, tmp_path):
    with pytest.raises(ModelUnavailable, match="no language model"):
        here.service.add(tmp_path / "nowhere")


def test_choosing_decides_what_new_sessions_use(here):
    assert (here.service.chosen(), here.service.for_new_sessions()) == ("guided", "guided")
    with pytest.raises(ModelUnavailable, match="No language model is chosen"):
        here.service.resolve("generative")
    with pytest.raises(NotFound, match="small"):
        here.service.choose("small")
    here.service.download("small")
    here.service.choose("small")
    assert (here.service.chosen(), here.service.for_new_sessions()) == ("small", "generative")
    assert here.service.resolve("generative").name == "small"
    assert row(here, "small").is_chosen
    here.service.choose("guided")
    assert here.service.for_new_sessions() == "guided"
    here.service.choose("small")
    here.service.remove("small")
    assert here.service.for_new_sessions() == "guided"
    with pytest.raises(NotFound):
        here.service.remove("small")


def test_a_model_whose_folder_went_away_is_not_resolved(here):
    fetched = here.service.download("small")
    (Path(fetched.folder) / "model.safetensors").unlink()
    with pytest.raises(ModelUnavailable, match="no language model"):
        here.service.check("small")
    here.files.remove(Path(fetched.folder))
    for name in ("small", fetched.model_id, fetched.folder):
        with pytest.raises(ModelUnavailable, match="not on this computer"):
            here.service.resolve(name)


def test_a_folder_named_in_a_session_is_checked_before_it_is_used(here, tmp_path):
    folder = write_files(tmp_path / "odd", model_files(tokenizer_config__json=b"{}"))
    with pytest.raises(ModelUnavailable, match="no chat template"):
        here.service.resolve(str(folder))


def test_figures_are_kept_with_the_model(here, tmp_path):
    here.publish("somebody/middle", tmp_path / "hub")
    here.service.download("middle")
    measured = here.service.measure("middle")
    assert measured.model_copy(update={"at": None}) == MEASURED
    assert here.measurer.asked == [(here.home / "middle", 0.25)]
    assert row(here, "middle").installed.measured == measured
    assert here.service.download("middle").measured == measured
    own = write_files(tmp_path / "own", model_files())
    assert here.service.measure(str(own)).tokens_per_s == 40
    with pytest.raises(ModelUnavailable):
        here.service.measure("small")


@given(st.text(max_size=80))
def test_any_text_becomes_a_plain_folder_name(text):
    name = folder_name(text)
    assert name
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert folder_name(name) == name


@given(st.text(max_size=60))
def test_a_hub_id_has_two_plain_parts_or_is_refused(text):
    try:
        found = hub_id_of(text)
    except NotFound:
        return
    assert found.count("/") == 1
    assert ".." not in found.split("/")


def shipped() -> ModelCatalogue:
    (found,) = open_library(Path("/nowhere")).catalogues()
    return found


def test_the_shipped_catalogue_reaches_from_small_laptops_to_large_servers():
    models = shipped().models
    for gpu, least in ((6.2, 20), (12.5, 40), (25, 55), (80, 70)):
        machine = Machine(gpus=(Gpu(name="a", free_gb=gpu, total_gb=gpu),), ram_free_gb=8, ram_total_gb=16)
        open_ones = [m.rank for m in models if not m.is_gated and fit_of(m.memory_gb, machine).verdict == "fits"]
        assert max(open_ones) >= least, gpu
    assert {"general", "patient"} <= {m.kind for m in models}


def test_the_shipped_sizes_agree_with_each_other():
    for model in shipped().models:
        assert model.disk_gb == pytest.approx(2 * model.parameters, rel=0.2), model.id
        assert model.memory_gb["bf16"] > 2 * model.parameters + 1
        assert (model.active_parameters or 0) < model.parameters


@pytest.mark.parametrize(
    "change", [{"memory_gb": {"bf16": 0.5}}, {"hub_id": "no-owner"}, {"revision": "main"}, {"rank": 0}]
)
def test_a_catalogue_that_cannot_be_true_is_refused(change):
    model = catalogue().models[0].model_dump() | change
    with pytest.raises(ValueError, match=r"\w"):
        catalogue(model)


def test_an_id_stands_once_in_a_catalogue():
    model = catalogue().models[0].model_dump()
    with pytest.raises(ValueError, match="used twice"):
        catalogue(model, model)
