"""Rubrics that take writing, for tests: one that is writing alone, one that also rates the talk."""

from typing import Any

from simpatient.domain.content.rubric import Rubric
from tests.builders import SCHEME

_SHARED = {
    "version": "1.0.0", "label": "Our own estimate", "citation": "Ours.", "license_tier": 1,
    "disclaimer": "A person confirms every field.", "scheme": SCHEME,
}  # fmt: skip
_LEVELS = [{"value": 0, "anchor": "Nothing of it."}, {"value": 4, "anchor": "All of it."}]


def _field(name: str, compare: str, **more: Any) -> dict[str, Any]:
    shared = {"scale": [0, 4], "start": 0, "step": 0.5, "policy": "needs_review", "levels": _LEVELS}
    return {
        "id": name, "label": name.capitalize(), "question": f"What is the {name}?", "written": name,
        "compare": compare, **shared, **more,
    }  # fmt: skip


def sense_rubric() -> Rubric:
    """Return an exercise of three fields with one figure over them."""
    fields = [
        _field("cause", "formulation.precipitating"),
        _field("wish", "formulation.relational_pattern.wish"),
        _field("belief", "cognition.core_beliefs.belief"),
    ]
    mean = {"id": "mean", "label": "Mean", "formula": "(cause + wish) / 8", "n": "2", "unit": "share",
            "explanation": "Over two fields."}  # fmt: skip
    return Rubric.model_validate(
        {"id": "making-sense", "title": "Making sense", "criteria": fields, "summaries": [mean], "overall": "0.5",
         **_SHARED}
    )  # fmt: skip


def level_rubric() -> Rubric:
    """Return a rubric that rates the talk and asks for one choice in writing."""
    asked = {
        "id": "asked", "label": "Asking", "question": "Was it asked?", "scale": [0, 2], "start": 0,
        "policy": "estimate", "levels": _LEVELS[:1], "min_trainee_turns": 1,
        "rules": [{"value": 0, "when": "trainee_turns > 0", "against": ["open_question"]}], "critical_at": 0,
    }  # fmt: skip
    chosen = _field("level", "risk.true_level", scale=[0, 2], step=1, options=["none", "low", "moderate", "high"],
                    levels=_LEVELS[:1])  # fmt: skip
    return Rubric.model_validate(
        {"id": "asking-plainly", "title": "Asking plainly", "criteria": [asked, chosen],
         "summaries": [{"id": "named", "label": "Level", "formula": "level", "n": "1", "unit": "score",
                        "explanation": "As concluded."}], "overall": "0.5", **_SHARED}
    )  # fmt: skip
