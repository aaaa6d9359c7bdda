"""Judging a try: what is met, missed, avoided, doubted, parroted, copied; and which better line is shown."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simpatient.assessment.learning.drilling import SURE_FROM, better_line, judge, wanted_codes
from simpatient.domain.assessment.codes import Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.content.rubric import Pattern
from simpatient.domain.learning.drill import Drill, Feedback
from tests.builders import SCHEME, small_drill, small_scheme
from tests.fakes import FakeCoder

LABELS = {code.code: code.label for code in small_scheme().codes}


@dataclass
class SureCoder:
    """Codes sentences in order as told, each with its confidence."""

    told: tuple[tuple[str, float], ...]

    @property
    def coder_id(self) -> str:
        return "told@1"

    def code_turn(self, speaker: str, text: str, previous: str = "") -> TurnCodes:
        if speaker == "patient":
            return TurnCodes(talk=Label(code="neutral", confidence=0.9))
        found, start = [], 0
        for sentence, (code, confidence) in zip(text.split(" | "), self.told, strict=True):
            at = text.index(sentence, start)
            start = at + len(sentence)
            label = (UtteranceLabel(scheme=SCHEME, code=code, confidence=confidence),)
            found.append(Utterance(start=at, end=start, text=sentence, codes=label))
        return TurnCodes(utterances=tuple(found))

    def prepare_for(self, previous: str) -> None:
        """There is nothing to make ready."""


def said(
    text: str, *told: tuple[str, float], drill: Drill | None = None, stimulus: int = 0, shown: tuple[str, ...] = ()
) -> Feedback:
    drill = drill or small_drill()
    coder = SureCoder(told) if told else FakeCoder()
    return judge(drill, drill.stimuli[stimulus], text, coder, LABELS, shown)


def with_expects(*expects: dict, **more: object) -> Drill:
    words = {"met": "Yes.", "unmet": "No."}
    return small_drill(expects=[{**words, **each} for each in expects], **more)


def test_what_was_asked_for_is_met_with_quote_and_confidence():
    feedback = said("What did you do then?")
    (finding,) = feedback.expected
    assert (feedback.outcome, finding.verdict, finding.words) == ("done", "met", "That leaves room.")
    assert (finding.evidence.quote, finding.evidence.supports) == ("What did you do then?", True)
    assert (finding.heard, finding.confidence) == ("Open question", 0.9)
    assert [each.verdict for each in feedback.avoided] == ["met"]


def test_what_was_missed_says_what_was_heard_instead():
    feedback = said("Did you leave?")
    (finding,) = feedback.expected
    assert (feedback.outcome, finding.verdict, finding.heard) == ("not_yet", "unmet", "Closed question")
    assert (finding.evidence.quote, finding.evidence.supports) == ("Did you leave?", False)
    assert finding.words == "One word would do as an answer."


def test_pushing_stands_against_a_good_question():
    feedback = said("What did you do then? You should leave.")
    assert feedback.expected[0].verdict == "met"
    assert (feedback.avoided[0].verdict, feedback.avoided[0].words) == ("unmet", "This pushes.")
    assert feedback.avoided[0].evidence.quote == "You should leave."
    assert feedback.outcome == "not_yet"


def test_a_doubtful_match_is_left_to_a_person():
    feedback = said("Say more.", ("open_question", SURE_FROM - 0.01))
    (finding,) = feedback.expected
    assert (feedback.outcome, finding.verdict) == ("unsure", "unsure")
    assert "“Say more.” was coded as “open question”" in finding.words
    assert "person" in finding.words
    assert said("Say more.", ("open_question", SURE_FROM)).outcome == "done"


def test_a_doubt_about_what_was_missed_is_left_to_a_person_too():
    feedback = said("And then.", ("facilitate", 0.4))
    assert (feedback.outcome, feedback.expected[0].verdict) == ("unsure", "unsure")
    assert feedback.expected[0].confidence == 0.4
    assert said("And then.", ("facilitate", 0.9)).expected[0].verdict == "unmet"


def test_a_doubt_that_changes_nothing_is_no_doubt():
    feedback = said("Hm. | What happened?", ("facilitate", 0.3), ("open_question", 0.9))
    assert feedback.outcome == "done"


def test_what_was_not_heard_is_no_reproach_but_a_doubtful_push_is_told():
    quiet = said("What happened? | Hm.", ("open_question", 0.9), ("facilitate", 0.3))
    assert quiet.avoided[0].verdict == "met"
    doubtful = said("What happened? | Hm.", ("open_question", 0.9), ("confront", 0.3))
    assert (doubtful.avoided[0].verdict, doubtful.outcome) == ("unsure", "unsure")


def test_a_definite_miss_weighs_more_than_a_doubt():
    feedback = said("Hm. | You should go.", ("facilitate", 0.3), ("advise_without_permission", 0.9))
    assert [feedback.expected[0].verdict, feedback.avoided[0].verdict] == ["unsure", "unmet"]
    assert feedback.outcome == "not_yet"


def test_a_doubtful_word_in_the_way_may_not_be_in_the_way():
    drill = with_expects({"id": "calm", "unless": ["confront"]})
    assert said("Hm.", ("confront", 0.3), drill=drill).expected[0].verdict == "unsure"
    assert said("Hm.", ("confront", 0.9), drill=drill).expected[0].verdict == "unmet"
    assert said("Hm.", ("facilitate", 0.9), drill=drill).expected[0].verdict == "met"


def test_phrases_are_certain_and_need_no_coder():
    feedback = said("What is the mist like?", stimulus=4)
    assert [each.verdict for each in feedback.expected] == ["met", "met"]
    assert (feedback.expected[1].confidence, feedback.expected[1].heard) == (1.0, "")
    missed = said("What is that like?", stimulus=4)
    assert (missed.expected[1].verdict, missed.expected[1].evidence) == ("unmet", None)


def test_a_phrase_with_a_code_is_as_sure_as_the_code():
    drill = with_expects({"id": "asked_why", "codes": ["open_question"], "phrases": ["what"]})
    (finding,) = said("What happened?", ("open_question", 0.7), drill=drill).expected
    assert (finding.confidence, finding.heard) == (0.7, "Open question")
    assert said("What happened?", ("open_question", 0.3), drill=drill).expected[0].verdict == "unsure"
    assert said("What happened?", ("closed_question", 0.9), drill=drill).expected[0].verdict == "unmet"


def test_patterns_can_be_named_by_what_is_expected_and_a_doubt_reaches_through_them():
    patterns = [{"id": "asked", "codes": ["open_question", "closed_question"], "min_words": 2}]
    drill = with_expects({"id": "any_question", "codes": ["asked"]}, patterns=patterns)
    assert said("What happened?", ("closed_question", 0.9), drill=drill).outcome == "done"
    assert said("Say more.", ("facilitate", 0.3), drill=drill).outcome == "unsure"
    assert said("More.", ("facilitate", 0.3), drill=drill).outcome == "not_yet"


def test_a_phrase_that_is_enough_by_itself_is_certain_whatever_else_was_said():
    patterns = [{"id": "about_them", "phrases": ["you"]}]
    drill = with_expects({"id": "about", "codes": ["open_question", "about_them"]}, patterns=patterns)
    (finding,) = said("You stood there. | Hm.", ("facilitate", 0.9), ("open_question", 0.7), drill=drill).expected
    assert (finding.evidence.quote, finding.confidence, finding.heard) == ("You stood there.", 1.0, "")


def test_the_words_quoted_as_doubtful_are_the_doubtful_ones():
    drill = with_expects({"id": "told", "phrases": ["stood"], "unless": ["closed_question"]})
    # What stands in the way is what cannot be told; the phrase itself is certain.
    (finding,) = said("You stood there. | Hm.", ("facilitate", 0.9), ("closed_question", 0.3), drill=drill).expected
    assert (finding.verdict, finding.evidence.quote) == ("unsure", "Hm.")
    coded = with_expects({"id": "asked", "codes": ["open_question"]})
    (finding,) = said("Say. | Hm.", ("open_question", 0.4), ("facilitate", 0.2), drill=coded).expected
    assert finding.evidence.quote == "Say."


def test_the_patients_words_said_again_are_parroting():
    patient = small_drill().stimuli[0].patient
    drill = with_expects({"id": "anything", "min_words": 1})
    assert said(patient, drill=drill).is_parroted
    assert said(patient, drill=drill).outcome == "not_yet"
    assert not said("I stood.", drill=drill).is_parroted, "too short to tell"
    assert not said("You stood there while she got the solo.", drill=drill).is_parroted


def test_a_try_that_is_too_long_is_not_done():
    feedback = said("What " + "and " * 20 + "then?")
    assert (feedback.words, feedback.is_too_long, feedback.outcome) == (22, True, "not_yet")


def test_a_line_that_was_shown_is_no_try_of_ones_own():
    shown = small_drill().stimuli[0].better[0]
    assert said(shown).outcome == "done"
    assert said(shown, shown=(shown,)).outcome == "copied"
    assert said(shown.replace("?", " then?"), shown=(shown,)).outcome == "copied"
    assert said("What went through your mind?", shown=(shown,)).outcome == "done"


def test_the_better_line_is_neither_the_try_nor_one_shown_while_there_is_another():
    stimulus = small_drill().stimuli[0]
    first, second = stimulus.better
    assert better_line(stimulus, "Did you leave?") == first
    assert better_line(stimulus, first) == second
    assert better_line(stimulus, "Did you leave?", (first,)) == second
    assert better_line(stimulus, "Did you leave?", (first, second)) == first
    only = stimulus.model_copy(update={"better": (first, first)})
    assert better_line(only, first) == first


def test_the_coder_is_asked_with_the_patients_line_before():
    coder = FakeCoder()
    drill = small_drill()
    judge(drill, drill.stimuli[1], "What next?", coder, LABELS)
    assert ("trainee", "What next?", drill.stimuli[1].patient) in coder.asked


def test_wanted_codes_look_through_patterns():
    inner = Pattern(id="inner", codes=("a", "b"))
    outer = Pattern(id="outer", codes=("inner", "b", "c"))
    assert wanted_codes(outer, (inner, outer)) == ("a", "b", "c")
    assert wanted_codes(Pattern(id="none", phrases=("x",)), ()) == ()


@settings(max_examples=200)
@given(text=st.text(min_size=1, max_size=300).filter(lambda text: text.strip()))
def test_any_words_get_feedback_whose_quotes_are_verbatim(text):
    feedback = said(text)
    for finding in (*feedback.expected, *feedback.avoided):
        if finding.evidence is not None:
            assert text[finding.evidence.start : finding.evidence.end] == finding.evidence.quote
        assert finding.words or finding.verdict == "met"
    assert feedback.better in small_drill().stimuli[0].better


@pytest.mark.parametrize("text", ["What? " * 3, "What happened? You're wrong. You should go."])
def test_the_same_words_get_the_same_feedback(text):
    assert said(text) == said(text)
