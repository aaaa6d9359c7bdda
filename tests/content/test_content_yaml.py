"""Reading YAML: every malformed file ends in a ``ContentError`` with file and line, or loads cleanly."""

from pathlib import Path
from random import Random

# Tables read best with one case a line.
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from simpatient.content.reading.kinds import KINDS
from simpatient.content.reading.loader import load_content, load_file
from simpatient.content.reading.yaml_source import MAX_BYTES, field_name, parse_yaml, plain_scalar
from simpatient.domain.content.persona import Persona
from simpatient.domain.errors import ContentError
from tests.content.conftest import SAMPLES

PERSONA = SAMPLES / "personas/ada-moss.yaml"
MALFORMED = 2000


def _refusal(text: str | bytes) -> ContentError:
    raw = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ContentError) as caught:
        parse_yaml(raw, "x.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 'The field "a" is written twice (first in line 1).'),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "Tags"),
        ("a: 1\nb: !secret x\n", 2, "Tags"),
        ("a: *nowhere\n", 1, "no finished value named &nowhere"),
        ("a: &a\n  b: *a\n", 2, "no finished value named &a"),
        ("a:\n  b\n   c: [", 3, "not valid YAML"),
        ("a: 'open\nb: 2\n", 3, "not valid YAML"),
        ("", 1, "empty"),
        ("# only a comment\n", 1, "empty"),
        ("a: 1\n---\nb: 2\n", 2, "more than one document"),
        ("a: 1\nb: \x07\n", 2, "control character"),
        ('a: 1\nb: "\\x07"\n', 2, "control character"),
        ('a: "\\ud800"\n', 1, "not valid YAML"),
        (b"a: 1\nb: \xff\xfe\n", 2, "not UTF-8"),
        ("a: 1\nb: " + "[" * 100, 2, "deeper than 60"),
        ("a: 1\n" + "- " * 100 + "x", 2, "not valid YAML"),
        ("{a: " * 70 + "1" + "}" * 70, 1, "deeper than 60"),
        ("? [a, b]\n: c\n", 1, "plain word"),
        ("a: [" + "x," * 200_001 + "]", 1, "more than 200000 values"),
    ],
)
def test_what_content_has_no_use_for_is_refused_with_its_line(text: str | bytes, line: int, words: str) -> None:
    error = _refusal(text)
    assert (error.file, error.line) == ("x.yaml", line)
    assert words in str(error)


def test_a_bomb_of_aliases_is_refused_before_it_is_built() -> None:
    layers = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "values in the file" in _refusal("\n".join(layers)).message


def test_a_ladder_of_aliases_is_as_deep_as_what_it_stands_for() -> None:
    layers = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 80))]
    assert "deeper than 60" in _refusal("\n".join(layers)).message


def test_an_alias_stands_for_the_value_named_above() -> None:
    source = parse_yaml(b"a: &words [x, 1]\nb: {c: *words}\nd: &n 5\ne: *n\n", "x")
    assert source.data == {"a": ["x", 1], "b": {"c": ["x", 1]}, "d": 5, "e": 5}
    assert source.line(("b", "c", 0)) == 2


def test_a_file_too_large_or_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b"a: " + b"x" * MAX_BYTES)
    assert "larger than 5 MB" in load_file(path, KINDS["persona"]).problems[0].message
    assert "cannot be read" in load_file(tmp_path / "no.yaml", KINDS["persona"]).problems[0].message
    assert "cannot be read" in load_file(tmp_path, KINDS["persona"]).problems[0].message


def test_every_field_has_its_line() -> None:
    source = parse_yaml(b"a:\n  - b: 1\n    c:\n      - x\n      - y\n", "x")
    assert source.data == {"a": [{"b": 1, "c": ["x", "y"]}]}
    assert [source.line(p) for p in [("a",), ("a", 0, "c"), ("a", 0, "c", 1), ("a", 0, "gone", "deep")]] == [1, 3, 5, 2]
    assert field_name(("a", 0, "c", 1)) == "a[0].c[1]"


def test_plain_words_stay_text() -> None:
    source = parse_yaml(b"[No, on, yes, 2026-01-02, 1:30, 0777x, -, 'true', \"5\", 1_000]", "x")
    assert source.data == ["No", "on", "yes", "2026-01-02", "1:30", "0777x", "-", "true", "5", "1_000"]
    values = [plain_scalar(text) for text in ("", "~", "true", "False", "12", "-3", "1.5", "2e3", ".5")]
    assert values == [None, None, True, False, 12, -3, 1.5, 2000.0, 0.5]


@pytest.mark.parametrize("path", sorted(SAMPLES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_ordinary_files_read_as_pyyaml_reads_them(path: Path) -> None:
    assert parse_yaml(path.read_bytes(), "x").data == yaml.safe_load(path.read_bytes())


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcXYZ_-", min_size=1, max_size=9), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(PLAIN)
def test_what_pyyaml_writes_is_read_back(data: object) -> None:
    # Unescaped, PyYAML writes NEL (U+0085) as the line break it is in YAML 1.1: even PyYAML reads it as a space.
    assume("\x85" not in str(data) and r"\x85" not in str(data))
    raw = yaml.safe_dump(data, allow_unicode=True).encode()
    try:
        read = parse_yaml(raw, "x").data
    except ContentError as error:
        read = error.message
    assert read == data or "control character" in str(read)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_data_or_a_content_error(raw: bytes) -> None:
    try:
        line = parse_yaml(raw, "x").line(())
    except ContentError as error:
        line = error.line
    assert line >= 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("age: 39", "age: 2", "12: identity.age: must be at least 5"),
        ("age: 39", "age: old", "12: identity.age: must be a whole number"),
        ("age: 39", "agee: 39", '12: identity.agee: unknown field "agee". Did you mean "age"?'),
        ("  age: 39\n", "", '10: identity: missing field "age"'),
        ("trust: 2.5,", "trst: 2.5,", '63: facts[0].gate.trst: unknown field "trst". Did you mean "trust"?'),
        ("trust: 2.5,", "trust: 4.5,", "63: facts[0].gate.trust: must be at most 4"),
        ("trust: 2.5,", "trust: .nan,", "63: facts[0].gate.trust: must be a number"),
        ("trust: 2.5,", "trust: nan,", "63: facts[0].gate.trust: must be "),
        ("version: 1.0.0", "version: 1.0", "4: version: must be text. Put it in quotes."),
        ("version: 1.0.0", "version: one", "4: version: must be three numbers such as 1.0.0"),
        (
            "id: ada-moss",
            "id: Ada Moss",
            "3: id: must be lower-case letters and digits joined by - or _, such as first-talk",
        ),
        ("content_notes: [loss of a job]", "content_notes: []", "6: content_notes: must have at least 1 item(s)"),
        (
            "content_notes: [loss of a job]",
            "content_notes: none",
            "6: content_notes: must be a list (each item on a line",
        ),
        (
            "status: published",
            "status: publishd",
            '5: status: must be one of draft, published. Did you mean "published"?',
        ),
        ("{act: closing,", "{act: closin,", 'Did you mean "closing"?'),
        ("{act: closing,", "{act: closin,", "lines[1].act: must be one of opening, simple_reply, "),
        ("deep: true", "deep: perhaps", "facts[0].deep: must be true or false"),
        ("name: Ada Moss", 'name: ""', "11: identity.name: must not be empty"),
        ("name: Ada Moss", "name: {Ada: Moss}", "must be text. Text with a colon in it must be put in quotes."),
        ("severity: 2", "severity: 2.5", "presentation.symptoms[0].severity: must be a whole number"),
        ("identity:\n", "identity: 5\nother:\n", "10: identity: must be a block of fields (name: value)"),
        ("belief: I cannot do this alone", f"belief: {'x' * 2001}", "must be at most 2000 characters long"),
        ('say: ["Bye."]', "say: [No]", None),
    ],
)
def test_mistakes_are_said_in_plain_words(edit, old: str, new: str, expected: str | None) -> None:
    path = edit("personas/ada-moss.yaml", old, new)
    messages = [str(problem).removeprefix(f"{path}:") for problem in load_file(path, KINDS["persona"]).problems]
    if expected is None:
        assert messages == []
    else:
        assert any(expected in message for message in messages), messages
        assert not any("pydantic" in message or "Input should" in message for message in messages)


def test_one_mistake_gives_one_error(edit) -> None:
    path = edit("personas/ada-moss.yaml", 'say: ["Bye."]', "say: [5]")
    assert [p.field for p in load_file(path, KINDS["persona"]).problems] == ["lines[1].say[0]"]


def test_a_file_of_nothing_but_mistakes_gives_a_bounded_number(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("id: p\nlines:\n" + "- {act: x}\n" * 5000)
    assert len(load_file(path, KINDS["persona"]).problems) == 100


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _truncated(text: str, random: Random) -> str:
    return text[: random.randrange(len(text))]


def _indented(text: str, random: Random) -> str:
    lines = _lines(text)
    at = random.randrange(len(lines))
    lines[at] = " " * random.randrange(1, 7) + lines[at] if random.random() < 0.5 else lines[at].lstrip()
    return "\n".join(lines)


def _swapped_type(text: str, random: Random) -> str:
    lines = _lines(text)
    at = random.choice([n for n, line in enumerate(lines) if ": " in line])
    head, _, _ = lines[at].partition(": ")
    junk = [
        "5",
        "-1",
        "[]",
        "{}",
        "true",
        "null",
        ".nan",
        "1e999",
        "[[[1]]]",
        "{a: {b: c}}",
        "9" * 400,
        '"',
        "- x",
        "|",
        "2026-01-01",
    ]
    lines[at] = f"{head}: {random.choice(junk)}"
    return "\n".join(lines)


def _deleted(text: str, random: Random) -> str:
    lines = _lines(text)
    at = random.randrange(len(lines))
    del lines[at : at + random.choice([1, 1, 2, 5, 20])]
    return "\n".join(lines)


def _with_noise(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    noise = [
        "\x00",
        "\x07",
        "\x1b[31m",
        "\ufeff",
        "\u2028",
        "\x85",
        "\t",
        "\ufffe",
        "\u202e",
        "%",
        "@",
        "`",
        "'",
        '"',
        "{",
        "]",
        ": ",
        "\n---\n",
        "\n...\n",
    ]
    return text[:at] + random.choice(noise) * random.choice([1, 1, 3]) + text[at:]


def _deep(text: str, random: Random) -> str:
    depth = random.choice([10, 59, 61, 500, 20_000])
    piece = random.choice(["[", "{a: ", "- ", "? ", "[{a: "]) * depth
    return text.replace("wary\n", piece + "\n", 1) if random.random() < 0.5 else text + "\nextra: " + piece


def _huge(text: str, random: Random) -> str:
    size = random.choice([3000, 30_000, 300_000])
    return text.replace("Cornish", random.choice(["x" * size, "x " * size, f"[{'x, ' * (size // 20)}]"]), 1)


def _tagged(text: str, random: Random) -> str:
    tags = ["!!python/object:os.system ", "!!binary ", "!x ", "! ", "!!set ", "!!float ", "!!str "]
    return _after_colon(text, random, random.choice(tags))


def _aliased(text: str, random: Random) -> str:
    return _after_colon(text, random, random.choice(["&a ", "*a", "*a ", "&a *a ", "<<: *a "]))


def _after_colon(text: str, random: Random, piece: str) -> str:
    places = [n for n in range(len(text) - 1) if text[n : n + 2] == ": "]
    at = random.choice(places) + 2
    return text[:at] + piece + text[at:]


def _bytes_broken(text: str, random: Random) -> bytes:
    raw = bytearray(text.encode())
    for _ in range(random.choice([1, 3, 30])):
        raw[random.randrange(len(raw))] = random.randrange(256)
    return bytes(raw)


def _repeated_key(text: str, random: Random) -> str:
    lines = _lines(text)
    at = random.randrange(len(lines))
    return "\n".join([*lines[: at + 1], *lines[at : at + random.choice([1, 4])], *lines[at + 1 :]])


MUTATIONS = [
    _truncated, _indented, _swapped_type, _deleted, _with_noise, _deep, _huge, _tagged, _aliased, _bytes_broken, _repeated_key,
]  # fmt: skip


def test_two_thousand_malformed_files(tmp_path: Path) -> None:
    random, path = Random(20), tmp_path / "p.yaml"
    text = PERSONA.read_text(encoding="utf-8")
    refused: dict[str, int] = {}
    for number in range(MALFORMED):
        mutate = MUTATIONS[number % len(MUTATIONS)]
        broken = mutate(text, random)
        raw = broken if isinstance(broken, bytes) else broken.encode()
        path.write_bytes(raw)
        loaded, last_line = load_file(path, KINDS["persona"]), raw.count(b"\n") + 2
        assert isinstance(loaded.value, Persona) != bool(loaded.problems)
        for problem in loaded.problems:
            assert problem.file == str(path)
            assert 0 < problem.line <= last_line
            assert len(str(problem)) < 2000
            assert "Traceback" not in str(problem)
        refused[mutate.__name__] = refused.get(mutate.__name__, 0) + bool(loaded.problems)
    # Each kind of damage does damage; where it does not, the mutation tests nothing.
    assert all(count > 20 for count in refused.values()), refused


def test_the_unbroken_file_loads() -> None:
    assert load_content(PERSONA, Persona).identity.name == "Ada Moss"
