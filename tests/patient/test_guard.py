"""The guard: rules and a known life, with small parts made here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.content.guard_rules import GuardRules
from simpatient.domain.content.persona import Persona
from simpatient.patient.guard.false_claims import compiled, known_life, number_in
from simpatient.patient.guard.line_guard import make_guard
from tests.builders import small_persona, small_rules

CLAIMS = {
    "claims": [
        {
            "id": "children",
            "otherwise": "none",
            "values": [
                {"id": "some", "known_by": [r"\b(?:his|her) daughter\b"], "said_by": [r"\bmy (?:daughter|kids)\b"]},
                {"id": "none", "said_by": [r"\bi have no children\b"]},
            ],
        },
        {
            "id": "pets",
            "look_in": ["identity"],
            "values": [
                {"id": "cat", "known_by": [r"\bcat\b"], "said_by": [r"\bmy cat\b"]},
                {"id": "dog", "known_by": [r"\bdog\b"], "said_by": [r"\bmy dog\b"]},
            ],
        },
    ],
    "quantities": [
        {"id": "age", "look_in": ["identity"], "known_by": [r"\bage: (?P<n>{number})"],
         "said_by": [r"\bi'm (?P<n>{number})(?!\w)"]},
        {"id": "age_of", "look_in": ["identity"], "known_by": [r"(?P<of>(?-i:[A-Z])\w+), (?P<n>{number})"],
         "said_by": [r"(?P<of>(?-i:[A-Z])\w+) is (?P<n>{number})"]},
    ],
    "mentions": [
        {"id": "job", "said_by": [r"\bi'm an? (?P<word>nurse|baker)\b"]},
        {"id": "town", "known_by": [r"(?P<of>(?-i:[A-Z])\w+) in (?P<word>(?-i:[A-Z])\w+)"],
         "said_by": [r"(?P<of>(?-i:[A-Z])\w+) lives in (?P<word>(?-i:[A-Z])\w+)"]},
    ],
}  # fmt: skip


def _rules() -> GuardRules:
    return GuardRules.model_validate({**small_rules().model_dump(), **CLAIMS})


def _persona(**identity: object) -> Persona:
    persona = small_persona()
    return persona.model_copy(update={"identity": persona.identity.model_copy(update=identity)})


def _broken(text: str, persona: Persona) -> list[tuple[str, str]]:
    facts = [fact.id for fact in persona.facts]
    return [(event.rule, event.detail) for event in make_guard(persona, _rules()).check(text, facts, 60)]


def test_a_rule_names_itself_and_what_it_found() -> None:
    assert _broken("As an AI I could not say.", small_persona()) == [("stage_talk", "As an AI")]


def test_an_answer_that_is_not_the_personas_own_is_a_contradiction() -> None:
    with_daughter = _persona(relationships="Her daughter lives near.")
    assert _broken("I have no children.", with_daughter) == [("contradiction", "children: I have no children")]
    assert not _broken("My daughter rang.", with_daughter)


def test_what_the_file_does_not_say_goes_by_the_default_or_is_left_alone() -> None:
    plain = _persona(relationships="Keeps to herself.", living_situation="A flat.")
    assert _broken("My kids are loud.", plain) == [("contradiction", "children: My kids")]
    assert not _broken("I fed my dog and my cat.", plain)


def test_numbers_are_held_against_the_personas_own_in_digits_and_words() -> None:
    persona = _persona(age=58, relationships="Sister Nell, 30.")
    assert not _broken("I'm fifty-eight.", persona)
    assert not _broken("I’m 58.", persona)
    assert _broken("I'm fifty.", persona) == [("contradiction", "age: I'm fifty")]
    assert _broken("Nell is twelve.", persona) == [("contradiction", "age_of: Nell is twelve")]
    assert not _broken("Ada is twelve.", persona)


def test_a_word_must_stand_in_the_personas_file() -> None:
    persona = _persona(work="A baker on early shifts.")
    assert not _broken("I'm a baker.", persona)
    assert _broken("I'm a nurse.", persona) == [("contradiction", "job: I'm a nurse")]


def test_a_word_tied_to_somebody_else_is_wrong_and_one_tied_to_nobody_is_left_alone() -> None:
    persona = _persona(relationships="Nell in York, Ada in Leeds.")
    assert _broken("Nell lives in Leeds.", persona) == [("contradiction", "town: Nell lives in Leeds")]
    assert not _broken("Nell lives in York.", persona)
    assert not _broken("Nell lives in Hull.", persona)


def test_a_pattern_may_name_the_patient() -> None:
    data = small_rules().model_dump()
    data["rules"][0]["patterns"] = (r"(?-i:{name}) \w+s",)
    persona = small_persona()
    first = persona.identity.name.split()[0]
    guard = make_guard(persona, GuardRules.model_validate(data))
    assert guard.check(f"{first} looks away.", (), 60)
    assert not guard.check("Peter looks away.", (), 60)


def test_a_curly_apostrophe_hides_nothing() -> None:
    assert _broken("I’m a nurse.", _persona(work="A baker.")) == [("contradiction", "job: I'm a nurse")]


@given(st.integers(min_value=0, max_value=99))
def test_every_number_is_read_the_same_in_words_and_digits(number: int) -> None:
    units = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    units += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    words = units[number] if number < 20 else tens[number // 10 - 2] + (f"-{units[number % 10]}" if number % 10 else "")
    assert number_in(words) == number_in(words.title()) == number_in(str(number)) == number
    hit = compiled("(?P<n>{number})").search(f"say {words} now")
    assert hit is not None
    assert number_in(hit.group("n")) == number


def test_what_is_no_number_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        number_in("plenty")


@given(st.text(max_size=80))
def test_no_text_upsets_the_known_life(text: str) -> None:
    assert all(": " in found for found in known_life(small_persona(), _rules()).contradicted(text))
