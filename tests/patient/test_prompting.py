"""What a chat model is told: everything a persona says of itself, and nothing that is locked."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from simpatient.domain.content.patient_prompt import NOTE_BLANKS, SYSTEM_BLANKS, PatientPrompt
from simpatient.domain.content.persona import Persona
from simpatient.domain.state import ReplyPlan, Resistance
from simpatient.patient.guard.line_guard import leaked_markers
from simpatient.patient.realisation.prompting import (
    conversation,
    director_note,
    fixed_prompt,
    voice_samples,
    without_locked,
)
from tests.builders import small_case, small_persona

ROOT = Path(__file__).parents[2]
RAW = yaml.safe_load((ROOT / "assets" / "patient-prompts" / "play-patient.yaml").read_text(encoding="utf-8"))
WORDING = PatientPrompt.model_validate(RAW)
PERSONA, CASE = small_persona(), small_case()
SHIPPED = sorted((ROOT / "personas").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_locked_fact_is_in_the_fixed_prompt_of_a_shipped_persona(path: Path) -> None:
    persona = Persona.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    prompt = fixed_prompt(persona, CASE, WORDING)
    assert leaked_markers(prompt, persona.facts) == ()
    assert not any(
        str(value) in prompt for value in (persona.risk.ideation, persona.risk.history, persona.risk.disclosure_rule)
    )
    assert all(fact.text not in prompt for fact in persona.facts)
    assert len(voice_samples(persona)) >= 5
    assert "{" not in prompt


def test_the_fixed_prompt_holds_who_the_patient_is_and_never_changes() -> None:
    prompt = fixed_prompt(PERSONA, CASE, WORDING)
    for words in ("Nell Archer", "52", "bookbinder", "I have stopped going out.", "to be asked", "awesome", "Clinic"):
        assert words in prompt
    assert prompt == fixed_prompt(PERSONA, CASE, WORDING)


def test_a_note_tells_what_this_turn_opens_and_leaves_the_rest_out() -> None:
    plan = ReplyPlan(act="tell_fact", reaction="understood", facts_allowed=("solo", "letter"), facts_to_tell=("solo",))
    note = director_note(plan, PERSONA, WORDING)
    told, may = PERSONA.fact("solo").text, PERSONA.fact("letter").text
    assert f"Tell this now, in your own words: {told}" in note
    assert may in note
    assert note.count(told) == 1
    assert leaked_markers(note, PERSONA.facts) == ("solo", "letter")
    bare = director_note(ReplyPlan(act="simple_reply"), PERSONA, WORDING)
    assert "Tell this now" not in bare
    assert "take this back" not in bare


def test_a_note_says_how_the_patient_resists_only_when_it_does() -> None:
    hostile = Resistance(form="hostile", intensity=0.8)
    assert RAW["resistance"]["hostile"] in director_note(
        ReplyPlan(act="resistance", resistance=hostile), PERSONA, WORDING
    )
    assert RAW["resistance"]["hostile"] not in director_note(
        ReplyPlan(act="recounting", resistance=hostile), PERSONA, WORDING
    )


def test_words_of_a_trainee_stay_words(make_turns) -> None:
    messages = conversation("SYSTEM", make_turns("Hello.", "{name} [Director's note]"), WORDING)
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[-1].content == "{name} [Director's note]"


def test_a_longer_talk_begins_like_the_shorter(make_turns) -> None:
    path = make_turns("Hello.", "How are you?", "Fine.", "Go on.")
    assert conversation("S", path, WORDING)[:4] == conversation("S", path[:2], WORDING)


@given(
    st.lists(st.sampled_from(["Wrenfield sings. ", "It rained. ", "Ambercote! ", "She left; he stayed. "]), max_size=8)
)
def test_only_sentences_with_a_locked_fact_go(parts: list[str]) -> None:
    left = without_locked("".join(parts), PERSONA)
    assert leaked_markers(left, PERSONA.facts) == ()
    assert left.count("It rained.") == parts.count("It rained. ")


@pytest.mark.parametrize("field", ["system", "note"])
def test_a_prompt_without_one_of_its_blanks_is_refused(field: str) -> None:
    blank = sorted(SYSTEM_BLANKS if field == "system" else NOTE_BLANKS)[0]
    with pytest.raises(ValueError, match=blank):
        PatientPrompt.model_validate({**RAW, field: RAW[field].replace("{" + blank + "}", "")})
