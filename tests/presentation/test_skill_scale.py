"""A skill over sessions is drawn on its whole scale: an axis fitted to the data would show 0.2 as a leap."""

from simpatient.domain.learning.progress import SkillCurve
from simpatient.presentation.shapes.curves import skill_scale


def curve(unit, scale=None):
    return SkillCurve(rubric="r", measure="m", label="M", unit=unit, points=(), defined=0, scale=scale)


def test_a_rating_is_drawn_on_the_raters_scale_whatever_came_out():
    drawn = skill_scale(curve("score", (1.0, 4.0)), [2.9, 3.0, 3.1])
    assert (drawn.low, drawn.high) == (1.0, 4.0)
    assert [words for _, words in drawn.ticks] == ["1", "2.5", "4"]


def test_a_share_goes_from_none_to_all():
    drawn = skill_scale(curve("share"), [0.41, 0.43])
    assert (drawn.low, drawn.high) == (0.0, 1.0)
