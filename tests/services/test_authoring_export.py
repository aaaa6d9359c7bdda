"""Authoring (nothing stored) and the JSON of a session (the same twice)."""

import json
from pathlib import Path

import pytest

from simpatient.domain.errors import ContentError, UserFacingError
from simpatient.services.sessions.session_export import export_session, fingerprint
from tests.builders import ME, small_persona

BROKEN = Path("broken.yaml")


def test_problems_are_those_of_the_files(world, draft):
    problem = ContentError("It is empty.", file="broken.yaml", line=2, field="id")
    world.tools.files = {draft: small_persona(), BROKEN: problem}
    assert world.author.check() == (problem,)
    assert world.author.check([draft]) == ()
    preview, problems = world.author.preview(BROKEN)
    assert (preview.persona, preview.counts, problems) == (None, {}, (problem,))
    with pytest.raises(ContentError):
        world.author.preview_start(BROKEN, 1)


def test_a_preview_counts_what_there_is(world, draft):
    persona = small_persona()
    world.tools.files = {draft: persona}
    preview, problems = world.author.preview(draft)
    assert problems == ()
    assert preview.persona == persona
    assert preview.counts == {
        "lines": sum(len(line.say) for line in persona.lines),
        "facts": 9,
        "topics": 4,
        "triggers": 6,
    }


def test_a_preview_talk_answers_like_the_patient_and_stores_nothing(world, draft):
    world.tools.files = {draft: small_persona()}
    talk = world.author.preview_start(draft, 5)
    session_id = world.begin()
    assert talk.opening.text == world.sessions.get(session_id).turns[0].text
    replies = [talk.say(line) for line in ("How is the choir?", "Go on.")]
    world.sessions.written.clear()
    again = world.author.preview_start(draft, 5)
    assert [again.say(line) for line in ("How is the choir?", "Go on.")] == replies
    assert replies[0].codes is not None
    assert replies[1].state.turns == 2
    assert world.sessions.written == []


def test_a_persona_without_an_opening_cannot_be_talked_to(world, draft):
    world.tools.files = {draft: small_persona(lines=())}
    with pytest.raises(UserFacingError, match="no opening line"):
        world.author.preview_start(draft)


def without_timings(data: dict) -> str:
    for turn in data["turns"]:
        turn.pop("timings_s", None)
    return json.dumps(data, ensure_ascii=False)


def test_the_same_lines_and_seed_give_the_same_export_byte_for_byte(world):
    first, second = (world.sessions.get(world.whole()) for _ in range(2))
    assert first.id != second.id
    assert without_timings(export_session(first)) == without_timings(export_session(second))
    assert fingerprint(first) == fingerprint(second)


def test_another_line_or_seed_gives_another_fingerprint(world):
    sessions = [world.whole("Go on."), world.whole("Go on now."), world.whole("Go on.", seed=6)]
    assert len({fingerprint(world.sessions.get(session_id)) for session_id in sessions}) == 3


def test_the_export_has_what_interfaces_promise(world):
    session_id = world.begin()
    world.say(session_id, "Are you a robot?")
    world.practise.mark(ME, session_id, 2, True)
    session = world.practise.end(ME, session_id)
    data = export_session(session)
    opening, trainee, patient = data["turns"]
    assert set(data) == {"manifest", "turns", "scorecards"}
    assert set(trainee) == {"turn", "parent", "speaker", "text", "codes"}
    assert {"state_before", "state_after", "plan", "facts_revealed", "guard", "timings_s"} <= set(opening)
    assert patient["marked"] is True
    assert patient["note"]
    assert data["scorecards"][0]["session_id"] == fingerprint(session)
    assert session_id not in json.dumps(data)


def test_an_uncoded_turn_is_exported_without_codes(world):
    session = world.sessions.get(world.begin())
    assert export_session(session)["turns"][0]["codes"] is None
