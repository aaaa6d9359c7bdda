"""Every cross-check: one planted mistake in sound content gives one problem, at its line and field."""

from pathlib import Path

# Tables read best with one case a line.
import pytest

from tests.content.conftest import files_library

PERSONA = "personas/ada-moss.yaml"
LINES = '  - {act: closing, say: ["Bye."]}\n'
CASES = [
    (PERSONA, "topic: sleep, say: [\"Badly.", "topic: slep, say: [\"Badly.", "lines[7].topic", 'no topic or intent "slep"'),
    (PERSONA, "topics: [boats, sleep]", "topics: [boats, slep]", "facts[0].topics[1]", 'Did you mean "sleep"?'),
    (PERSONA, "after: [complex_reflection]", "after: [deep]", "facts[0].gate.after[0]", 'no trainee code "deep"'),
    (PERSONA, "or_act: [affirm]", "or_act: [afirm]", "facts[0].gate.or_act[0]", 'Did you mean "affirm"?'),
    (PERSONA, "asked: [sleep]", "asked: [slep]", "facts[0].gate.asked[0]", "Did you mean"),
    (PERSONA, "reveals: [letters]", "reveals: [letters, post]", "lines[8].reveals[1]", 'no fact "post"'),
    (PERSONA, "    early_approach: discomfort\n", "    contradiction_group: post\n", "facts[0].contradiction_group", "no other"),
    (PERSONA, "    deflect: [\"It's just nights.\"]\n", "", "facts[0].deflect", "needs a deflect line"),
    (PERSONA, "  - id: boats\n", "  - id: sleep\n", "topics[0].id", "already a shared intent"),
    (PERSONA, "trust: high, reveals", "trust: high, until: low, reveals", "lines[8].until", "below"),
    (PERSONA, "act: resistance, form: minimal,", "act: resistance,", "lines[6].act", "needs its form"),
    (PERSONA, "act: reaction, to: affirm,", "act: reaction,", "lines[5].act", "what it answers"),
    (PERSONA, "to: affirm, say", "to: afirm, say", "lines[5].to", 'Did you mean "affirm"?'),
    (PERSONA, '"Hello, then.", "Right."', '"Hello,  then.", "hello, then."', "lines[0].say[1]", "already a variant"),
    (PERSONA, "praise: 1.2", "prais: 1.2", "dynamics.sensitivity.prais", 'Did you mean "praise"?'),
    (PERSONA, "code: confront, form", "code: confront, pattern: early_probe, form", "dynamics.triggers[0]", "exactly one"),
    (PERSONA, "code: confront, form", "code: confrnt, form", "dynamics.triggers[0].code", 'Did you mean "confront"?'),
    (PERSONA, LINES, "", "lines", 'no line with "act: closing"'),
    (PERSONA, "low: 2, mid: 3,", "low: 2,", "speech.sentence_ceiling", 'missing field "mid"'),
    (PERSONA, '"Badly."', '"Under the DRAWER."', "lines[7].say[0]", 'marker of the fact "letters"'),
    (PERSONA, "It's just nights.", "No letters here.", "facts[0].deflect[0]", "Reword it, or choose another marker."),
    (PERSONA, '"Badly."', '"It is trauma."', "lines[7].say[0]", "never says"),
    (PERSONA, '"Badly."', '"You should sleep."', "lines[7].say[0]", 'rule "advice"'),
    (PERSONA, '"Badly."', f'"{"so " * 61}"', "lines[7].say[0]", "more than 60 words"),
    ("cases/first.yaml", "rubrics: [plain]", "rubrics: [plan]", "rubrics[0]", 'Did you mean "plain"?'),
    ("curricula/start.yaml", "    cases: [first]\n    objectives", "    cases: [frist]\n    objectives", "units[0].cases[0]", 'no case'),
    ("curricula/start.yaml", "prerequisites: [open]", "prerequisites: [opn]", "units[1].prerequisites[0]", 'no unit "opn"'),
    ("curricula/start.yaml", "prerequisites: [open]", "prerequisites: [listen]", "units[1].prerequisites", "never open"),
    ("curricula/start.yaml", "- id: warmth", "- id: ask-open", "units", 'objective id "ask-open" is used twice'),
    ("curricula/start.yaml", "- id: listen\n", "- id: open\n", "units[1].id", "used twice"),
    ("curricula/start.yaml", "measure: open_share", "measure: open_shar", "units[0].objectives[0].targets[0].measure", "open_share"),
    ("curricula/start.yaml", "rubric: plain, measure: warmth", "rubric: plan, measure: warmth",
     "units[1].objectives[0].targets[0].rubric", 'no rubric "plan"'),
    ("rubrics/plain.yaml", "scheme: base", "scheme: bse", "scheme", "no coding scheme"),
    ("rubrics/plain.yaml", "n: open_questions +", "n: open_question +", "summaries[0].n", "open_question"),
    ("rubrics/plain.yaml", '"clamp(or_else(open_share, 0))"', "open_share(", "overall", "cannot be read as a formula"),
    ("rubrics/plain.yaml", "scale: [1, 5]", "scale: [5, 1]", "criteria[0].scale", "low to high"),
    ("rubrics/plain.yaml", "start: 3", "start: 7", "criteria[0].start", "within the scale (1 to 5)"),
    ("rubrics/plain.yaml", "value: 5, anchor", "value: 6, anchor", "criteria[0].levels[1].value", "within the scale (1 to 5); 6 is not."),
    ("rubrics/plain.yaml", "value: 0.7", "value: 0.4", "summaries[0].thresholds[1].value", "harder to reach"),
    ("rubrics/plain.yaml", 'label: good, op: ">="', 'label: good, op: "<="', "summaries[0].thresholds[1].op", "same way"),
    ("drills/saying-back.yaml", 'scheme: base', 'scheme: bse', "scheme", "no coding scheme"),
    ("drills/saying-back.yaml", 'codes: [complex_reflection]', 'codes: [complex_reflexion]', "expects[0].codes[0]", "Did you mean \"complex_reflection\"?"),
    ("drills/saying-back.yaml", 'unless: [asked]', 'unless: [askd]', "expects[0].unless[0]", "Did you mean \"asked\"?"),
    ("drills/saying-back.yaml", '- {id: asked,', '- {id: affirm,', "patterns[0].id", "already a code"),
    ("drills/saying-back.yaml", '{id: blamed, phrases', '{id: blamed, after: [grumble], phrases', "avoids[0].after[0]", "no code or earlier pattern"),
    ("drills/saying-back.yaml", '{id: blamed, phrases', '{id: blamed, since: grumble, phrases', "avoids[0].since", "no code or earlier pattern"),
    ("drills/saying-back.yaml", '{id: blamed, phrases', '{id: blamed, speaker: patient, phrases', "avoids[0].speaker", "spoken by the trainee"),
    ("drills/saying-back.yaml", '{id: blamed, phrases', '{id: blamed, in_a_row: 2, phrases', "avoids[0].in_a_row", "in a row"),
    ("drills/saying-back.yaml", 'phrases: [your fault]', 'phrases: []', "avoids[0]", "nothing to look for"),
    ("drills/saying-back.yaml", '{id: wish, min_words', '{id: blamed, min_words', "stimuli[1].expects[0].id", "earlier pattern"),
    ("drills/saying-back.yaml", 'level: 2', 'level: 3', "stimuli", "no stimulus of level 2"),
    ("drills/saying-back.yaml", '- id: door', '- id: bus', "stimuli[1].id", "used twice"),
    ("drills/saying-back.yaml", '"Left waiting, and left', f'"{"so " * 15}Left waiting, and left', "stimuli[0].better[1]", "22 words"),
    ("drills/saying-back.yaml", '"Left waiting, and left out of it."', '"You stood there and no one told you a thing."', "stimuli[0].better[1]", "appears twice"),
    ("drills/saying-back.yaml", '"Part of you wanted to go in."', '"I stood at the door and went home."', "stimuli[1].better[1]", "repeats the patient's words"),
    ("drills/saying-back.yaml", 'level: 2', 'level: 4', "stimuli[1].level", "at most 3"),
    ("debrief/guide.yaml", "drill: saying-back", "drill: saying-bck", "tips[0].drill", 'Did you mean "saying-back"?'),
    ("rubrics/plain.yaml", "codes: [closed_question]", "codes: [closed]", "counts[1].codes", '"closed"'),
    ("rubrics/plain.yaml", "saturate(open_questions, 4)", "saturate(open_questons, 4)", "criteria[0].drivers[0].formula", 'Did you mean "open_questions"?'),
    ("rubrics/plain.yaml", "codes: [affirm]", "codes: [afirm]", "criteria[0].drivers[0].codes", '"afirm"'),
    ("rubrics/plain.yaml", "weight: 1,", "weight: 0,", "criteria[0].drivers[0].weight", "moves nothing"),
    ("rubrics/plain.yaml", "weight: 1,", "weight: heavy,", "criteria[0].drivers[0].weight", "must be a number"),
    ("rubrics/plain.yaml", "value: 0.7, source: for tests", "value: 0.7", "summaries[0].thresholds[1]", 'missing field "source"'),
    ("rubrics/plain.yaml", "value: 0.7", "value: 70", "summaries[0].thresholds[1].value", "between 0 and 1"),
    ("rubrics/plain.yaml", "label: good,", "label: basic,", "summaries[0].thresholds[1].label", 'already a band called "basic"'),
    ("rubrics/plain.yaml", "unit: share", "unit: share\n    higher_is_better: false", "summaries[0].thresholds[0].op", "other way"),
    ("rubrics/plain.yaml", "{value: 5, anchor: warm}", "{value: 1, anchor: warm}", "criteria[0].levels[1].value", "lowest to the highest"),
    ("rubrics/plain.yaml", "policy: estimate", "policy: estimated", "criteria[0].policy", "estimate"),
    ("rubrics/plain.yaml", "id: closed_questions,", "id: open_questions,", "counts[1].id", "already used"),
    ("rubrics/plain.yaml", "id: closed_questions,", "id: closed-questions,", "counts[1].id", 'with "_"'),
    ("rubrics/plain.yaml", "citation: None; for tests.\n", "", "", 'missing field "citation"'),
    ("rubrics/plain.yaml", "criteria:\n", "patterns: [{id: x, after: [open_question]}]\ncriteria:\n", "patterns[0].after", "never found in what the patient says"),
    ("rubrics/plain.yaml", "criteria:\n", "patterns: [{id: x, part: [0.5, 0.2]}]\ncriteria:\n", "patterns[0].part", "share of it"),
    ("rubrics/plain.yaml", "criteria:\n", "patterns: [{id: x, since: [y]}]\ncriteria:\n", "patterns[0].since", "must be text"),
    ("intents/bank.yaml", "id: apology", "id: sleep", "intents[1].id", "used twice"),
    ("intents/bank.yaml", "Sorry about that.", "how do you sleep", "intents[1].asks[2]", 'used for "sleep"'),
    ("schemes/base.yaml", "code: closed_question", "code: open_question", "codes[1].code", "used twice"),
    ("schemes/base.yaml", "letters: CQ", "letters: OQ", "codes[1].letters", "another code"),
    ("dynamics/table.yaml", "skilled: [affirm]", "skilled: [afirm]", "skilled[0]", 'Did you mean "affirm"?'),
    ("dynamics/table.yaml", "event_phrases: {praise", "event_phrases: {prais", "event_phrases.prais", 'Did you mean "praise"?'),
    ("guard/rules.yaml", '"\\\\byou should\\\\b"', '"(you"', "rules[0].patterns[0]", "not a valid pattern"),
    ("guard/rules.yaml", '"\\\\byou should\\\\b"', '"a*"', "rules[0].patterns[0]", "every line"),
    ("guard/rules.yaml", '"\\\\byou should\\\\b"', '"\\\\w*\\\\w*\\\\w*\\\\w*\\\\w*!"', "rules[0].patterns[0]", "takes too long"),
    ("guard/rules.yaml", "otherwise: none", "otherwise: nne", "claims[0].otherwise", 'Did you mean "none"?'),
    ("guard/rules.yaml", 'said_by: [my cat]', 'said_by: ["(my cat"]', "claims[0].values[0].said_by[0]", "not a valid pattern"),
    ("guard/rules.yaml", 'known_by: ["age: (?P<n>{number})"]', 'known_by: ["age: {number}"]', "quantities[0].known_by[0]", '"(?P<n>{number})"'),
    ("guard/rules.yaml", "(?P<word>baker)", "(baker)", "mentions[0].said_by[0]", '"(?P<word>"'),
    ("guard/rules.yaml", "mentions:\n", "mentions:\n  - {id: job, said_by: [\"the (?P<word>cook)\"]}\n", "mentions[1].id", '"job" is used twice'),
    ("debrief/guide.yaml", "when: open_question > 0", "when: open_questio > 0", "tips[0]", "open_questio"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "field", "words"), CASES, ids=[f"{c[3]}-{n}" for n, c in enumerate(CASES)]
)
def test_a_planted_mistake_is_found_at_its_place(folder: Path, edit, name, old, new, field, words) -> None:
    before = (folder / name).read_text(encoding="utf-8")
    changed = before.count("\n", 0, before.index(old)) + 1
    path = edit(name, old, new)
    problems = [problem for problem in files_library(folder).problems() if problem.file == str(path)]
    found = [problem for problem in problems if problem.field == field and words in str(problem)]
    assert found, [str(problem) for problem in problems]
    if "[" in field or "." in field:
        assert min(abs(problem.line - changed) for problem in found) <= 8


def test_a_published_persona_answers_every_question_and_a_draft_need_not(folder: Path, edit) -> None:
    more = (
        "  - {id: money, label: Money, kind: question, asks: [Is money tight?, How are finances?, Can you pay rent?]}\n"
    )
    (folder / "intents/bank.yaml").open("a").write(more)
    (problem,) = files_library(folder).problems()
    assert problem.message == 'nothing answers the intent "money".'
    edit(PERSONA, "status: published", "status: draft")
    assert files_library(folder).problems() == ()


def test_a_fact_or_topic_id_used_twice_is_found(folder: Path, edit) -> None:
    path = edit(PERSONA, "dynamics:\n", "dynamics:\n")
    text = path.read_text()
    block = text[text.index("  - id: letters") : text.index("dynamics:\n")]
    path.write_text(text.replace("dynamics:\n", block + "dynamics:\n"))
    assert "facts[1].id" in [problem.field for problem in files_library(folder).problems()]


def test_broken_guard_rules_do_not_stop_the_other_checks(folder: Path, edit) -> None:
    edit("guard/rules.yaml", '"\\\\byou should\\\\b"', '"(you"')
    edit("cases/first.yaml", "rubrics: [plain]", "rubrics: [plan]")
    assert {Path(problem.file).name for problem in files_library(folder).problems()} >= {"rules.yaml", "first.yaml"}
