"""Training the coder on a conversation set made here, and the figures it reports."""

import csv
import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.assessment.coding.coder import EmbeddedCoder
from simpatient.assessment.coding.coder_weights import load_weights
from simpatient.domain.errors import ContentError
from simpatient.tuning.coder.coder_benchmarks import measure
from simpatient.tuning.coder.coder_data import Example, exemplar_group, hesitant, read_annomi, read_exemplars
from simpatient.tuning.coder.coder_fit import Setting
from simpatient.tuning.coder.coder_tasks import make_jobs
from simpatient.tuning.coder.measures import (
    accuracy_at_coverage,
    best_temperature,
    bootstrap_f1,
    calibration_error,
    macro_f1,
    softmax,
)
from simpatient.tuning.coder.train_coder import train, train_patient_head
from tests.fakes import FakeEncoder

pytest.importorskip("sklearn")

SETTINGS = (Setting(0.1), Setting(0.1, "words", context=False))
EXEMPLARS = Path(__file__).parents[2] / "assets" / "exemplars"
COLUMNS = [
    "transcript_id", "utterance_id", "interlocutor", "utterance_text", "annotator_id", "therapist_input_subtype",
    "reflection_subtype", "question_subtype", "main_therapist_behaviour", "client_talk_type",
]  # fmt: skip
NA = "n/a"
TURNS = [
    ("How is the {}?", NA, NA, "open", "question"),
    ("Do you like the {}?", NA, NA, "closed", "question"),
    ("You feel bad about the {}.", NA, "simple", NA, "reflection"),
    ("Part of you is torn about the {}.", NA, "complex", NA, "reflection"),
    ("The {} costs ten per cent more now.", "information", NA, NA, "therapist_input"),
    ("You should leave the {} alone.", "advice", NA, NA, "therapist_input"),
    ("Hmm, the {}.", NA, NA, NA, "other"),
]
REPLIES = [("I want to change the {}.", "change"), ("I like the {} as it is.", "sustain"), ("It is a {}.", "neutral")]
TOPICS = ["zither", "quagga", "trebuchet", "xylograph", "dovecote", "gazebo"]


def _rows(annotators: tuple[str, ...] = ("1",)) -> list[dict[str, str]]:
    rows = []
    for group, topic in enumerate(TOPICS):
        number = 0
        for at, (text, given_input, reflection, question, main) in enumerate(TURNS):
            reply, talk = REPLIES[at % len(REPLIES)]
            said = [
                ("therapist", text, given_input, reflection, question, main, NA),
                ("client", reply, NA, NA, NA, NA, talk),
            ]
            for who, words, *labels in said:
                for annotator in annotators:
                    values = [str(group), str(number), who, words.format(topic), annotator, *labels]
                    rows.append(dict(zip(COLUMNS, values, strict=True)))
                number += 1
    return rows


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few exemplars of each code: enough to run everything, quickly."""
    folder = tmp_path_factory.mktemp("exemplars")
    for file in EXEMPLARS.glob("*.yaml"):
        lines = file.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith('  - "')] + [x for x in lines if x.startswith('  - "')][
            :6
        ]
        (folder / file.name).write_text("\n".join(kept), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small: Path) -> Path:
    out = tmp_path_factory.mktemp("coder")
    data = _write(out / "annomi.csv", _rows())
    bench = out / "bench.csv"
    bench.write_text("text,code\nYou must stop.,Direct\nHow are you?,Open Question\n", encoding="utf-8")
    train(data, small, out, FakeEncoder(), settings=SETTINGS, benchmarks={"miti15": bench})
    return out


def test_trained_coder_has_learnt_its_lesson(trained: Path) -> None:
    coder = EmbeddedCoder(FakeEncoder(), load_weights(trained))
    found = coder.code_turn("trainee", "How is the zither?", "It is a zither.")
    assert found.main is not None
    assert found.question is not None
    assert (found.main.code, found.question.code) == ("question", "open")
    assert json.loads((trained / "coder.json").read_text())["figures"]["main"]["macro_f1"] > 0.8


def test_card_tells_figures_limits_and_licences(trained: Path) -> None:
    card = (trained / "MODEL_CARD.md").read_text(encoding="utf-8")
    for part in ("Not for: grading", "macro-F1", "ECE", "public domain", "| main |", "miti15: n 2", "--annomi"):
        assert part in card


def test_no_training_text_is_written(trained: Path) -> None:
    written = (trained / "coder.json").read_text() + (trained / "MODEL_CARD.md").read_text()
    assert not [topic for topic in TOPICS if topic in written]


def test_same_seed_gives_the_same_weights(trained: Path, small: Path, tmp_path: Path) -> None:
    data = _write(tmp_path / "annomi.csv", _rows())
    train(data, small, tmp_path, FakeEncoder(), settings=SETTINGS)
    assert (tmp_path / "coder.npz").read_bytes() == (trained / "coder.npz").read_bytes()


@pytest.fixture
def without_talk(trained: Path, tmp_path: Path) -> Path:
    """The trained weights with the patient's head wiped, said to be of an earlier version."""
    folder = Path(shutil.copytree(trained, tmp_path / "without-talk"))
    with np.load(trained / "coder.npz") as kept:
        arrays = {name: kept[name] * (not name.startswith("talk.")) for name in kept.files}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    (folder / "coder.npz").write_bytes(buffer.getvalue())
    card = json.loads((folder / "coder.json").read_text())
    card |= {"sha256": hashlib.sha256(buffer.getvalue()).hexdigest(), "version": "0.9.0"}
    card["figures"]["talk"] = {}
    (folder / "coder.json").write_text(json.dumps(card))
    return folder


def test_the_patients_head_alone_is_what_full_training_makes_of_it(
    trained: Path, without_talk: Path, small: Path
) -> None:
    train_patient_head(without_talk / "annomi.csv", small, without_talk, FakeEncoder(), settings=SETTINGS)
    with np.load(trained / "coder.npz") as full, np.load(without_talk / "coder.npz") as part:
        assert full["talk.dense"].any()
        assert full.files == part.files
        assert [name for name in full.files if full[name].tobytes() != part[name].tobytes()] == []
    card, before = (json.loads((folder / "coder.json").read_text()) for folder in (without_talk, trained))
    assert (card["kept_from"], card["version"]) == ("0.9.0", before["version"])
    for key in ("figures", "heads", "training", "rules"):
        assert card[key] == before[key]
    assert "Only the talk head" in (without_talk / "MODEL_CARD.md").read_text(encoding="utf-8")
    load_weights(without_talk)


def test_the_patients_head_is_not_trained_on_other_conversations(
    without_talk: Path, small: Path, tmp_path: Path
) -> None:
    rows = _rows()
    rows[1]["client_talk_type"] = "neutral"
    other = _write(tmp_path / "other.csv", rows)
    before = (without_talk / "coder.npz").read_bytes()
    with pytest.raises(ContentError, match="not the one"):
        train_patient_head(other, small, without_talk, FakeEncoder(), settings=SETTINGS)
    assert (without_talk / "coder.npz").read_bytes() == before


def test_annotators_vote_and_turns_are_not_doubled(tmp_path: Path) -> None:
    rules = read_exemplars(EXEMPLARS).rules
    rows = _rows(("1", "2", "3"))
    rows[0]["main_therapist_behaviour"] = "other"
    therapist, client = read_annomi(_write(tmp_path / "a.csv", rows), rules)
    assert len(therapist) == len(client) == len(TURNS) * len(TOPICS)
    assert therapist[0].labels["main"] == "question"
    assert (client[0].previous, therapist[1].previous, therapist[0].previous) == (therapist[0].text, client[0].text, "")


@pytest.mark.parametrize("damage", ["text\nhello\n", "", "\ufeff;;;"])
def test_a_wrong_file_is_said_so(tmp_path: Path, damage: str, small: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(ContentError, match="AnnoMI"):
        train(path, small, tmp_path, FakeEncoder())
    with pytest.raises(ContentError, match="exemplars"):
        read_exemplars(tmp_path / "nowhere")


def test_own_fit_is_the_logistic_regression_of_scikit_learn() -> None:
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    from simpatient.tuning.coder.coder_fit import fit_softmax

    random = np.random.default_rng(0)
    dense = random.standard_normal((200, 12)).astype(np.float32)
    hashed = sparse.random(200, 30, 0.1, format="csr", dtype=np.float32, random_state=0)
    truth = dense[:, :3].argmax(1)
    table, bias = fit_softmax(dense, hashed, truth, np.ones(200), 3, 0.5)
    theirs = LogisticRegression(C=0.5, class_weight="balanced", max_iter=2000, tol=1e-8)
    theirs.fit(sparse.hstack([dense, hashed]).tocsr(), truth)
    np.testing.assert_allclose(table.T, theirs.coef_, atol=5e-3)
    np.testing.assert_allclose(bias - bias.mean(), theirs.intercept_ - theirs.intercept_.mean(), atol=5e-3)


def test_every_rare_code_has_enough_exemplars_and_no_double() -> None:
    by_code = read_exemplars(EXEMPLARS).by_code
    assert len(by_code) == 21
    assert min(len(texts) for texts in by_code.values()) >= 240
    texts = [text.lower() for group in by_code.values() for text in group]
    assert len(texts) == len(set(texts))


def test_hesitant_examples_keep_label_and_words() -> None:
    said = Example("You feel torn, and tired.", group="g", labels={"utterance": "complex_reflection"})
    others = [Example(f"Line {at}.") for at in range(5)]
    found = hesitant([others[0], said, *others[1:]], every=3)
    assert [(one.text, one.weight) for one in found] == [("um so you feel you know torn and tired", 0.5)]
    assert (found[0].labels, found[0].group) == (said.labels, said.group)


def _coded(text: str, **labels: str) -> Example:
    return Example(text, group="a", labels={"question": "none", "reflection": "none", "input": "none", **labels})


def test_coded_turns_teach_the_utterance_head_only_where_they_are_beyond_doubt() -> None:
    exemplars = read_exemplars(EXEMPLARS)
    turns = [
        _coded("What would you like instead?", question="open"),
        _coded("Could you do that on Sundays?", question="open"),  # a closed question by the base scheme
        _coded("You should see the dentist soon.", input="advice"),
        _coded("You should see the dentist soon.", input="advice", question="open"),
        _coded("You should go. They are open on Mondays.", input="advice"),
        _coded("Go there.", input="advice"),
    ]
    fold_of = {"a": 0} | {exemplar_group(text): 1 for texts in exemplars.by_code.values() for text in texts}
    extra = make_jobs(exemplars, turns, [], fold_of, seed=0)[2].extra
    found = [(one.text, one.labels["utterance"]) for one in extra if one.group == "a"]
    assert sorted(found) == [
        ("What would you like instead?", "open_question"),
        ("You should see the dentist soon.", "advise_without_permission"),
    ]


def test_macro_f1_by_hand() -> None:
    true, found = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    assert macro_f1(true, found, 2) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_calibration_error_by_hand() -> None:
    chances = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    assert calibration_error(np.array([0, 0, 0, 1]), chances, chances.argmax(1)) == pytest.approx(0.5 * 0.1 + 0.5 * 0.1)


def test_temperature_finds_overconfidence() -> None:
    random = np.random.default_rng(1)
    scores = random.standard_normal((4000, 3))
    truth = np.array([random.choice(3, p=row) for row in softmax(scores)])
    assert best_temperature(truth, scores * 3) == pytest.approx(3.0, rel=0.15)


@given(st.lists(st.integers(0, 2), min_size=6, max_size=40))
def test_bootstrap_interval_holds_a_perfect_score(labels: list[int]) -> None:
    true = np.asarray(labels, dtype=np.int64)
    low, high = bootstrap_f1(true, true, [str(at % 4) for at in range(len(true))], 3, seed=0, rounds=50)
    assert low == high == 1.0


def test_accuracy_at_coverage_by_hand() -> None:
    chances = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4], [0.55, 0.45]])
    kept = accuracy_at_coverage(np.array([0, 0, 0, 1, 1]), chances, chances.argmax(1))
    assert kept["100"] == 0.6
    assert kept["80"] == 0.75
    assert kept["60"] == 1.0


def test_benchmark_reads_the_turn_before_and_tells_met_conversations(trained: Path, tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    path.write_text(
        "conv,who,volley,unit,label\n"
        "a,client,I like my zither,I like my zither,N\n"
        "a,helper,Do you like the zither as much as all your friends,Do you like the zither as much as all your friends,Q\n"
        "b,client,No,No,N\n"
        "b,helper,Hmm,Hmm,O\n",
        encoding="utf-8",
    )
    mapping = {
        "text": "unit", "label": "label", "only": {"who": "helper"}, "to_scheme": {"Q": "Q", "O": "O"},
        "before": {"column": "who", "speaker": "client", "text": "volley", "conversation": "conv"},
        "filler": ["other"], "from_scheme": dict.fromkeys(read_exemplars(EXEMPLARS).by_code, "Q") | {"other": "O", "facilitate": "O"},
    }  # fmt: skip
    coder = EmbeddedCoder(FakeEncoder(), load_weights(trained))
    found = measure(coder, path, mapping, ["so do you like the zither as much as all your friends do"])
    assert (found["n"], found["met"], found["apart"]["n"]) == (2, ["a"], 1)
    assert found["alone_macro_f1"] >= 0
    assert measure(coder, path, mapping)["met"] == []
