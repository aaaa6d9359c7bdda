"""Content for the window's tests: two complete personas and cases, a course, two rubrics, schemes."""

from simpatient.domain.assessment.codes import CodingScheme
from simpatient.domain.content.case import Case
from simpatient.domain.content.coaching import CoachingGuide
from simpatient.domain.content.curriculum import Curriculum
from simpatient.domain.content.persona import Persona
from simpatient.domain.content.rubric import Rubric
from simpatient.domain.learning.drill import Drill


def persona(persona_id: str, name: str, age: int, notes: list[str]) -> Persona:
    """Return a small but valid persona."""
    model = {
        "situation": "a quiet evening",
        "thought": "I let them down.",
        "emotions": ["shame"],
        "behaviour": "withdraws",
    }
    return Persona.model_validate(
        {
            "id": persona_id,
            "version": "1.0.0",
            "content_notes": notes,
            "reviewed_by": [{"role": "clinical", "status": "pending"}],
            "identity": {
                "name": name,
                "age": age,
                "gender": "man",
                "pronouns": "he/him",
                "culture": "a harbour town",
                "languages": ["English"],
                "work": "night shifts",
                "relationships": "married",
                "living_situation": "with family",
            },
            "formulation": {
                "presenting": "My wife said I should come.",
                "precipitating": ["a missed recital"],
                "predisposing": ["a strict father"],
                "perpetuating": ["long shifts"],
                "protective": ["his daughter"],
                "attachment": "wary",
                "relational_pattern": {"wish": "respect", "expects": "blame", "reaction": "goes flat"},
            },
            "cognition": {
                "history": "strict home",
                "core_beliefs": [{"family": "helpless", "belief": "I am weak."}],
                "intermediate": [{"kind": "rule", "text": "Don't complain."}],
                "coping": ["silence"],
                "models": [model, model],
            },
            "risk": {
                "true_level": "none",
                "ideation": "none",
                "plan_or_means": "none",
                "history": "none",
                "disclosure_rule": "says so when asked",
                "takes_back_when": "never",
            },
            "presentation": {"symptoms": [{"name": "poor sleep", "severity": 2}]},
            "speech": {
                "style": "reserved",
                "softens_to": "plain",
                "sentence_ceiling": {"low": 2, "mid": 3, "high": 5},
                "vocabulary": "plain",
                "dialect": "none",
            },
            "topics": [
                {
                    "id": "sleep",
                    "label": "sleep",
                    "asks": ["How do you sleep?", "What are nights like?", "Do you rest?"],
                }
            ],
            "facts": [
                {
                    "id": "recital",
                    "text": "He slept through his daughter's recital.",
                    "topics": ["sleep"],
                    "gate": {"trust": 2.5},
                    "tell": ["I slept through it.", "I missed her recital."],
                    "markers": ["recital"],
                    "hint_of": "Staying with the shame instead of reassuring.",
                }
            ],
            "dynamics": {
                "start": {
                    "trust": 1.75,
                    "arousal": 0.3,
                    "engagement": 0.4,
                    "readiness": 0.3,
                    "emotion": "guarded",
                    "resistance": {"form": "minimal", "intensity": 0.5},
                }
            },
            "lines": [{"act": "opening", "say": ["Right. So. My wife's idea, this."]}],
        }
    )


PERSONAS = (
    persona("joe-marsh", "Joe Marsh", 46, ["alcohol", "marital conflict"]),
    persona("amina-farouk-okonkwo", "Amina Farouk-Okonkwo", 23, ["anxiety", "university pressure"]),
)


def case(case_id: str, title: str, persona_id: str, difficulty: int, modality: str) -> Case:
    """Return a case."""
    return Case(
        id=case_id,
        version="1.0.0",
        title=title,
        persona=persona_id,
        setting="Community clinic, first visit",
        presenting_problem="drinking after nights",
        vignette=(
            "Referred by his GP after his wife asked for it. He works nights in a bottling plant, has not missed a "
            "shift in eleven years, and says he is here because it was this or her sister's."
        ),
        modality=modality,
        difficulty=difficulty,
        minutes=20,
        objectives=("Ask open questions that let him talk.", "Say back what he means, not only what he says."),
        rubrics=("talk-measures",),
    )


CASES = (
    case("joe-first", "Sent by his wife about the drinking", "joe-marsh", 2, "Motivational interviewing"),
    case("amina-first", "Everyone can see I'm going red", "amina-farouk-okonkwo", 3, "Cognitive behaviour therapy"),
    case(
        "long-names",
        "A case whose title is quite a bit longer than anyone would reasonably give it, to see how it wraps",
        "amina-farouk-okonkwo",
        5,
        "Acceptance and commitment therapy with a systemic perspective",
    ),
)

_OBJECTIVE = {
    "why": "It opens the talk.",
    "targets": [{"rubric": "talk-measures", "measure": "open_share", "op": ">=", "value": 0.5}],
}

COURSE = Curriculum.model_validate(
    {
        "id": "first-talks",
        "version": "1.0.0",
        "title": "Motivational interviewing: first conversations",
        "summary": "Four units from listening to the patient's own reasons.",
        "units": [
            {
                "id": f"unit-{i}",
                "title": title,
                "summary": summary,
                "reading": ["Listen before you steer."],
                "cases": ["joe-first"],
                "objectives": [{"id": f"o{i}-{j}", "text": text, **_OBJECTIVE} for j, text in enumerate(texts)],
            }
            for i, (title, summary, texts) in enumerate(
                (
                    (
                        "Opening the door",
                        "Open questions and room to talk.",
                        ["Ask more open than closed questions.", "Let the patient speak most of the time."],
                    ),
                    (
                        "Saying back what was meant",
                        "Reflections that go a step further.",
                        ["Give at least one reflection for every question.", "Make half of your reflections complex."],
                    ),
                    (
                        "Hearing the wish to change",
                        "Change talk and what to do with it.",
                        ["Answer change talk with a reflection or an open question."],
                    ),
                )
            )
        ],
    }
)

_SOURCE = "benchmark of the manual, expert opinion"

RUBRICS = (
    Rubric.model_validate(
        {
            "id": "talk-measures",
            "version": "1.0.0",
            "title": "Dialogue metrics",
            "label": "estimate",
            "citation": "Own measures.",
            "license_tier": 1,
            "disclaimer": "Counted by a program that mishears at times.",
            "scheme": "talk",
            "overall": "0.5",
            "counts": [
                {"id": "open_question", "label": "Open questions", "codes": ["open_question"]},
                {"id": "closed_question", "label": "Closed questions", "codes": ["closed_question"]},
                {"id": "complex_reflection", "label": "Complex reflections", "codes": ["complex_reflection"]},
            ],
            "criteria": [
                {
                    "id": "empathy",
                    "label": "Understanding",
                    "question": "How far did the trainee grasp the patient's view?",
                    "scale": [1, 5],
                    "start": 3,
                    "levels": [],
                    "policy": "estimate",
                },
                {
                    "id": "partnership",
                    "label": "Partnership",
                    "question": "How far were choices shared?",
                    "scale": [1, 5],
                    "start": 3,
                    "levels": [],
                    "policy": "needs_review",
                },
                {
                    "id": "asked_plainly",
                    "label": "Asking directly",
                    "question": "Was suicide, or wishing to be dead, asked about in plain words?",
                    "scale": [0, 2],
                    "start": 0,
                    "levels": [{"value": 0, "anchor": "The question was not asked, hint or no hint."}],
                    "policy": "needs_review",
                    "critical_at": 0,
                },
            ],
            "summaries": [
                {
                    "id": "talk_share",
                    "label": "Your share of the words",
                    "formula": "0.4",
                    "n": "20",
                    "unit": "share",
                    "higher_is_better": False,
                    "explanation": "How much of all words were yours.",
                    "thresholds": [
                        {"label": "basic", "op": "<=", "value": 0.5, "source": _SOURCE},
                        {"label": "good", "op": "<=", "value": 0.4, "source": _SOURCE},
                    ],
                },
                {
                    "id": "reflection_to_question",
                    "label": "Reflections for every question",
                    "formula": "1",
                    "n": "20",
                    "unit": "ratio",
                    "explanation": "How often you said back for each question asked.",
                    "thresholds": [
                        {"label": "basic", "op": ">=", "value": 1.0, "source": _SOURCE},
                        {"label": "good", "op": ">=", "value": 2.0, "source": _SOURCE},
                    ],
                },
                {
                    "id": "percent_complex",
                    "label": "Complex reflections",
                    "formula": "1",
                    "n": "0",
                    "unit": "share",
                    "explanation": "Share of reflections that add meaning.",
                },
                {
                    "id": "open_share",
                    "label": "Open questions",
                    "formula": "1",
                    "n": "2",
                    "unit": "share",
                    "explanation": "Share of questions that are open.",
                    "min_n": 5,
                },
            ],
        }
    ),
)

_LEVELS = [
    {"value": 0, "anchor": "Nothing of it."},
    {"value": 1, "anchor": "A little of it."},
    {"value": 2, "anchor": "About half of it, or all of it in vague terms."},
    {"value": 3, "anchor": "Most of it."},
    {"value": 4, "anchor": "All of it, in the patient's own terms."},
]


def _written(name: str, text: str, question: str, compare: str, **more: object) -> dict[str, object]:
    return {
        "id": name, "label": text, "question": question, "scale": [0, 4], "start": 0, "step": 0.5, "levels": _LEVELS,
        "policy": "needs_review", "written": name, "compare": compare, **more,
    }  # fmt: skip


WRITING = (
    Rubric.model_validate(
        {
            "id": "making-sense", "version": "1.0.0", "title": "Formulation exercise", "label": "Our own estimate",
            "citation": "Ours.", "license_tier": 1, "scheme": "talk", "overall": "0.5",
            "disclaimer": "Compared by a program that knows likeness of meaning, not whether a thought is wise. A "
            "person has to confirm every field.",
            "criteria": [
                _written("precipitating", "What set it off", "What happened before it began, or before it got worse?",
                         "formulation.precipitating"),
                _written("perpetuating", "What keeps it going", "What keeps the trouble going now?",
                         "formulation.perpetuating"),
                _written("wish", "What they wish for from others", "What does the patient long for from other people?",
                         "formulation.relational_pattern.wish"),
            ],
            "summaries": [
                {"id": "mean", "label": "Mean over the fields written", "unit": "share", "n": "3", "min_n": 2,
                 "formula": "(or_else(precipitating, 0) + or_else(perpetuating, 0) + or_else(wish, 0)) / 12",
                 "explanation": "Credit earned, as a share of what the fields could earn."},
            ],
        }
    ),
    Rubric.model_validate(
        {
            "id": "level-of-risk", "version": "1.0.0", "title": "Level of risk", "label": "Our own estimate",
            "citation": "Ours.", "license_tier": 1, "scheme": "talk", "overall": "0.5",
            "disclaimer": "Practice with a made-up case; never a tool for a real one.",
            "criteria": [
                _written("risk_level", "Your conclusion: level of risk", "Which level would you write down?",
                         "risk.true_level", scale=[0, 2], step=1, options=["none", "low", "moderate", "high"],
                         levels=[{"value": 0, "anchor": "Too low, or much too high."},
                                 {"value": 1, "anchor": "One step too high."},
                                 {"value": 2, "anchor": "The level in the case file."}]),
            ],
        }
    ),
)  # fmt: skip

SCHEME = CodingScheme.model_validate(
    {
        "id": "talk",
        "version": "1.0.0",
        "title": "Base scheme",
        "source": "own",
        "codes": [
            {"code": "open_question", "label": "Open question", "letters": "OQ", "meaning": "invites a story"},
            {
                "code": "closed_question",
                "label": "Closed question",
                "letters": "CQ",
                "meaning": "asks for a yes or a number",
            },
            {"code": "complex_reflection", "label": "Complex reflection", "letters": "CR", "meaning": "adds meaning"},
            {"code": "confront", "label": "Confront", "letters": "CO", "meaning": "argues"},
        ],
    }
)

GUIDE = CoachingGuide.model_validate(
    {
        "id": "guide",
        "version": "1.0.0",
        "tips": [],
        "too_short": "Too short.",
        "self_rating_questions": {
            "understanding": "How well did you understand what this was like for the patient?",
            "listening": "How much of the time were you listening rather than steering?",
            "choice": "How far did you leave the choices with the patient?",
        },
    }
)


def _drill(drill_id: str, title: str, why: str) -> Drill:
    lines = (
        ("night-shift", 1, "It's the sleep, mainly. I get in at seven, I lie there, and by ten I've given up on it."),
        ("first-grandchild", 1, "I should be over the moon. And I keep finding myself in tears in the car."),
        ("dining-hall", 2, "It's fine, honestly. I mean, I don't go to the dining hall any more. But it's fine."),
        ("hood-up", 3, "They've told you already, haven't they. So why ask me."),
    )
    return Drill.model_validate(
        {
            "id": drill_id,
            "version": "1.0.0",
            "title": title,
            "why": why,
            "how": 'Begin with "what", "how" or "tell me", ask one thing, and stop. Tie it to a word the patient used.',
            "citation": "After Miller & Rollnick 2023; practised in the way of Rousmaniere 2016.",
            "scheme": "talk",
            "max_words": 30,
            "expects": [
                {
                    "id": "open_asked",
                    "codes": ["open_question"],
                    "met": "You asked in a way that leaves room.",
                    "unmet": "This can be answered in one word. Try a question that begins with what or how.",
                }
            ],
            "avoids": [{"id": "pushed", "codes": ["confront"], "said": "This pushes before it listens."}],
            "stimuli": [
                {
                    "id": line_id,
                    "level": level,
                    "setting": "First visit. His wife made the appointment.",
                    "patient": patient,
                    "hint": "Ask for what it is like, or what it does to his days.",
                    "better": ["What is that like, there and then?", "How does the rest of the day go after that?"],
                }
                for line_id, level, patient in lines
            ],
        }
    )


DRILLS = (
    _drill(
        "open-questions",
        "Open questions",
        "An open question lets the patient choose what to tell and in which order. What comes first is often what "
        "matters most.",
    ),
    _drill("affirming", "Affirming", "A strength that is named plainly is heard; praise is often waved away."),
    _drill(
        "asking-about-suicide",
        "Asking directly about suicide, in plain words and without stepping round it",
        "Asked plainly, people answer plainly. A question that steps round the word tells them not to use it.",
    ),
)
