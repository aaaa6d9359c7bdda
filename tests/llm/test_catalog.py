"""The register and folders on the disk, the machine's memory, and timing a model in a child process."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.cancellation import CancelToken
from simpatient.domain.errors import Cancelled, ModelUnavailable, StorageUnavailable
from simpatient.domain.models.chat_models import FolderFacts, InstalledModel
from simpatient.llm.catalogue.installed_models import ModelFolders, SettingsModelRegistry
from simpatient.llm.catalogue.machine import ThisMachine, read_gpus
from simpatient.llm.catalogue.measuring import ChildMeasurer
from simpatient.llm.local.chat import TransformersChatModel
from simpatient.runtime.settings_store import SettingsStore
from simpatient.services.models.model_checks import check_folder
from tests.model_fakes import InMemoryRegistry, model_files, write_files
from tests.tiny_models import tiny_chat_model


def model(name: str, **more: object) -> InstalledModel:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    data = {"id": name, "title": name, "folder": "/f", "model_id": f"{name}@0", "facts": FolderFacts(), "added_at": at}
    return InstalledModel.model_validate(data | more)


def kept_in(home: Path) -> SettingsModelRegistry:
    return SettingsModelRegistry(SettingsStore(home / "settings.json"), home / "models" / "models.json")


@pytest.fixture(params=["memory", "file"])
def registry(request, tmp_path):
    return InMemoryRegistry() if request.param == "memory" else kept_in(tmp_path / "new")


def test_what_is_put_is_there_in_order_and_can_be_replaced(registry):
    assert (registry.installed(), registry.chosen()) == ((), "")
    registry.put(model("b"))
    registry.put(model("a"))
    registry.put(model("b", title="Better"))
    assert [m.title for m in registry.installed()] == ["Better", "a"]
    registry.choose("a")
    registry.forget("b")
    assert registry.chosen() == "a"
    registry.forget("a")
    registry.forget("a")
    assert (registry.installed(), registry.chosen()) == ((), "")


def test_the_register_is_there_for_the_next_start(tmp_path):
    kept_in(tmp_path).put(model("a"))
    kept_in(tmp_path).choose("a")
    again = kept_in(tmp_path)
    assert (again.installed(), again.chosen()) == ((model("a"),), "a")
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_the_register_of_an_earlier_version_is_taken_over_once(tmp_path):
    former = tmp_path / "models" / "models.json"
    former.parent.mkdir()
    told = {"schema_version": 1, "chosen": "a", "models": [model("a").model_dump(mode="json")]}
    former.write_text(json.dumps(told), encoding="utf-8")
    assert (kept_in(tmp_path).installed(), kept_in(tmp_path).chosen()) == ((model("a"),), "a")
    assert not former.exists()
    kept_in(tmp_path).forget("a")
    assert kept_in(tmp_path).installed() == ()


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]", b'{"models": {"models": [{"id": 1}]}}'])
def test_a_damaged_register_is_never_overwritten(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    for call in (kept_in(tmp_path).installed, lambda: kept_in(tmp_path).put(model("a"))):
        with pytest.raises(StorageUnavailable, match="cannot be read"):
            call()
    assert path.read_bytes() == content


def test_a_register_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable):
        kept_in(tmp_path / "file").put(model("a"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return tiny_chat_model(tmp_path_factory.mktemp("tiny") / "tiny-chat")


def test_a_real_folder_is_read_without_loading_it(tiny):
    facts = ModelFolders().facts(tiny)
    check_folder(facts, str(tiny))
    assert facts.architecture == "LlamaForCausalLM"
    assert facts.context == 8192
    assert facts.keys_per_token == 2 * 2 * 8 * 2 * 2  # layers, heads, width, keys and values, two bytes
    assert 10_000 < facts.parameters * 1e9 < 100_000
    assert ModelFolders().model_id(tiny) == TransformersChatModel(tiny).model_id
    with pytest.raises(ModelUnavailable):
        ModelFolders().model_id(tiny / "nowhere")


def test_text_parts_of_wider_models_are_read(tmp_path):
    config = b'{"text_config": {"max_position_embeddings": 99, "num_attention_heads": 2}, "model_type": "llava"}'
    facts = ModelFolders().facts(write_files(tmp_path, model_files(config__json=config)))
    assert (facts.context, facts.architecture) == (99, "llava")


@given(st.binary(max_size=200))
def test_no_file_makes_reading_a_folder_fail(tmp_path_factory, content):
    folder = write_files(tmp_path_factory.mktemp("odd"), model_files(model__safetensors=content, config__json=content))
    facts = ModelFolders().facts(folder)
    assert facts.weight_bytes == len(content)
    with pytest.raises(ModelUnavailable):
        check_folder(facts, str(folder))


def test_a_folder_that_cannot_be_deleted_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageUnavailable, match="cannot be deleted"):
        ModelFolders().remove(tmp_path / "file")
    ModelFolders().remove(tmp_path / "nowhere")
    assert ModelFolders().free_bytes(tmp_path / "not" / "yet") > 0


def test_the_memory_of_this_machine_is_known():
    machine = ThisMachine().look()
    assert 0 < machine.ram_free_gb < machine.ram_total_gb
    assert all(gpu.free_gb <= gpu.total_gb for gpu in machine.gpus)


def test_cards_are_read_as_the_tool_prints_them():
    told = "NVIDIA GeForce RTX 4050 Laptop GPU, 5800, 6141\nNVIDIA A100, 80 GB, 81000, 81920\n[N/A]\nbad, [N/A], 3\n"
    found = read_gpus(told)
    assert [(gpu.name, round(gpu.free_gb, 1)) for gpu in found] == [
        ("NVIDIA GeForce RTX 4050 Laptop GPU", 6.1),
        ("NVIDIA A100, 80 GB", 84.9),
    ]


@given(st.text(max_size=200))
def test_no_output_of_the_tool_makes_reading_it_fail(text):
    assert all(gpu.name for gpu in read_gpus(text))


def test_a_tiny_model_is_timed_in_a_process_of_its_own(tiny):
    measured = ChildMeasurer().measure(tiny)
    assert measured.prompt_tokens == pytest.approx(1000, rel=0.2)
    assert measured.tokens_per_s > 0
    assert measured.answer_tokens >= 10
    assert measured.first_token_s > 0
    assert measured.load_s > 0
    assert measured.copy_gb_per_s > 0.1
    weights = ModelFolders().facts(tiny).parameters * 4  # GB; four bytes each on the processor
    if measured.device == "processor":
        share = measured.tokens_per_s * weights / measured.copy_gb_per_s
        assert measured.bandwidth_share == pytest.approx(share, rel=1e-6)


def test_what_cannot_be_loaded_is_said_and_not_timed(tmp_path):
    with pytest.raises(ModelUnavailable):
        ChildMeasurer().measure(write_files(tmp_path / "odd", model_files()))


class Dies:
    """A model that takes its process with it."""

    def __init__(self, folder: Path) -> None:
        os._exit(3)


def test_a_model_that_ends_its_process_is_told_apart(tiny):
    with pytest.raises(ModelUnavailable, match="process ended"):
        ChildMeasurer(Dies).measure(tiny)


def test_timing_can_be_cancelled_and_does_not_wait_for_ever(tiny):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        ChildMeasurer().measure(tiny, cancel=token)
    with pytest.raises(ModelUnavailable, match="in time"):
        ChildMeasurer(timeout_s=0.0).measure(tiny)
