"""Every patient answers ordinary intake questions in any wording, and says so when it does not follow."""

from pathlib import Path

import pytest
import yaml

from simpatient.content.library import FileContentLibrary
from simpatient.domain.ports import Coder
from simpatient.services.sessions.minds import MindStore
from tests.stories.conftest import CASES

pytestmark = [pytest.mark.torch, pytest.mark.slow]
DATA = Path(__file__).parent.parent / "data"
PARAPHRASES: dict[str, list[str]] = yaml.safe_load((DATA / "paraphrases.yaml").read_text(encoding="utf-8"))
NONSENSE = (
    "What is the airspeed of a fourteen sided bicycle in Tuesday flavour?",
    "Could you recompile the kernel before the marmalade gets a mortgage?",
    "Did the umbrella invoice the moon for its third semicolon?",
)


@pytest.mark.parametrize("case", CASES)
def test_answers_at_least_forty_intake_questions_in_held_out_wordings(
    minds: MindStore, library: FileContentLibrary, coder: Coder, case: str
) -> None:
    mind = minds.of(library.case(case).persona)
    kinds = {intent.id: intent.kind for intent in library.intents().intents}
    answered, understood, asked = set(), 0, 0
    for intent, wordings in PARAPHRASES.items():
        if kinds[intent] == "move":
            continue
        for wording in wordings:
            first = mind.open(1)
            codes = coder.code_turn("trainee", wording, first.words.text)
            reply = mind.reply(first.state_spoken, wording, codes, [first.words.text], 1, 1)
            asked += 1
            understood += reply.seen.intent == intent
            if reply.seen.intent == intent and reply.plan.act != "not_understood":
                answered.add(intent)
    assert len(answered) >= 40
    # The author's own topics may rightly win over a shared intent; most must still be recognised.
    assert understood / asked >= 0.75


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("line", NONSENSE)
def test_says_so_when_it_does_not_follow(
    minds: MindStore, library: FileContentLibrary, coder: Coder, case: str, line: str
) -> None:
    mind = minds.of(library.case(case).persona)
    first = mind.open(2)
    reply = mind.reply(first.state_spoken, line, coder.code_turn("trainee", line), [first.words.text], 2, 1)
    assert reply.plan.act in {"not_understood", "request"}


@pytest.mark.parametrize("case", CASES)
def test_the_program_answers_honestly_whether_it_is_a_machine(
    minds: MindStore, library: FileContentLibrary, coder: Coder, case: str
) -> None:
    mind = minds.of(library.case(case).persona)
    first = mind.open(3)
    line = "Can I ask you sincerely, are you a real person or a computer program?"
    reply = mind.reply(first.state_spoken, line, coder.code_turn("trainee", line), [first.words.text], 3, 1)
    assert reply.asked_if_machine
