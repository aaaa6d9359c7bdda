"""Builders of coded turns by hand: no coder, no encoder, no files."""

from simpatient.domain.assessment.codes import Label, TurnCodes, Utterance, UtteranceLabel
from simpatient.domain.session.session import CodedTurn

SCHEME = "simpatient"
Part = tuple[str, str]
CODES = [
    "open_question",
    "closed_question",
    "simple_reflection",
    "complex_reflection",
    "affirm",
    "support",
    "give_information",
    "advise_with_permission",
    "advise_without_permission",
    "seek_collaboration",
    "emphasize_autonomy",
    "confront",
    "warn",
    "direct",
    "self_disclosure",
    "challenge",
    "interpretation",
    "immediacy",
    "structure",
    "facilitate",
    "other",
]


def trainee(turn: int, *parts: Part, confidence: float = 0.9) -> CodedTurn:
    """A trainee turn from ``(words, code)`` parts, joined by a blank; code '' leaves the part uncoded."""
    utterances, at = [], 0
    for said, code in parts:
        labels = (UtteranceLabel(scheme=SCHEME, code=code, confidence=confidence),) if code else ()
        utterances.append(Utterance(start=at, end=at + len(said), text=said, codes=labels))
        at += len(said) + 1
    text = " ".join(said for said, _ in parts)
    return CodedTurn(turn=turn, speaker="trainee", text=text, codes=TurnCodes(utterances=tuple(utterances)))


def patient(turn: int, text: str, talk: str = "neutral", confidence: float = 0.7) -> CodedTurn:
    """A patient turn with its talk type."""
    return CodedTurn(
        turn=turn, speaker="patient", text=text, codes=TurnCodes(talk=Label(code=talk, confidence=confidence))
    )


def talk(*turns: tuple[Part, ...] | Part) -> list[CodedTurn]:
    """A conversation, numbered from 0: a tuple of parts is a trainee turn, ``(words, talk)`` a patient's.

    A trainee turn is written as a tuple of pairs, a patient turn as a plain pair.
    """
    built = []
    for number, given in enumerate(turns):
        if isinstance(given[0], str):
            built.append(patient(number, given[0], str(given[1])))
        else:
            built.append(trainee(number, *given))  # type: ignore[arg-type]
    return built


SKILLED = talk(
    ("Denise made the appointment. Right.", "neutral"),
    (("It sounds like coming here wasn't your idea, and you came all the same.", "complex_reflection"),),
    ("Yeah. I mean, I said I would.", "neutral"),
    (("You keep your word, even when it costs you.", "affirm"),
     ("What would you like to use the time for?", "seek_collaboration")),
    ("I don't want my daughter to remember me asleep in a chair.", "change"),
    (("You want to be awake for her.", "complex_reflection"),),
    ("She doesn't ask me to things now. I feel ashamed.", "change"),
    (("That hurts, being someone she stopped asking.", "complex_reflection"),),
    ("But it's the only hour that's mine.", "sustain"),
    (("That hour is yours, and it matters.", "simple_reflection"),
     ("What you do with it is up to you.", "emphasize_autonomy")),
    ("I was all right them five months.", "change"),
    (("How did you do it, those five months?", "open_question"),),
    ("Walked home the long way. Didn't buy any.", "change"),
    (("You found your own way past the shop.", "complex_reflection"),),
    ("Suppose I did.", "neutral"),
    (("You've done it before.", "affirm"),),
    ("I could try the walk again.", "change"),
    (("The walk is something you could see yourself doing.", "simple_reflection"),),
    ("Maybe on Fridays.", "change"),
    (("What would tell you it was worth it?", "open_question"),),
    ("She'd ask me to the next one.", "change"),
    (("Being asked again is what you are hoping for.", "complex_reflection"),),
)  # fmt: skip

MIXED = talk(
    ("Denise made the appointment. Right.", "neutral"),
    (("How much do you drink?", "closed_question"),),
    ("Four or five cans.", "neutral"),
    (("Four or five after a shift.", "simple_reflection"), ("Do you drink every night?", "closed_question")),
    ("After nights.", "neutral"),
    (("What does it do for you?", "open_question"),),
    ("It's the only hour that's mine.", "sustain"),
    (("You could go for a run instead.", "advise_without_permission"),),
    ("After twelve hours on my feet.", "sustain"),
    (("You're tired when you come home.", "simple_reflection"),),
    ("I don't want my daughter to see it. I feel ashamed.", "change"),
    (("How old is she?", "closed_question"),),
    ("Fourteen.", "neutral"),
    (("It's good that you came today.", "affirm"),),
    ("Suppose.", "neutral"),
    (("Have you tried cutting down?", "closed_question"),),
    ("Once.", "neutral"),
    (("How did that go?", "open_question"),),
    ("All right, for a bit.", "change"),
    (("You should write down what you drink.", "advise_without_permission"),),
    ("If you say so.", "neutral"),
)  # fmt: skip

HARMFUL = talk(
    ("Denise made the appointment. Right.", "neutral"),
    (("You're drinking too much and you know it.", "confront"),),
    ("There it is.", "sustain"),
    (("You need to stop today.", "direct"),),
    ("It's the only hour that's mine.", "sustain"),
    (("That's an excuse.", "confront"), ("You'll lose your family.", "warn")),
    ("Think what you like. I feel ashamed enough.", "sustain"),
    (("Why don't you just join a gym?", "advise_without_permission"),),
    ("Right. Exercise.", "sustain"),
    (("Do you want your kids to hate you?", "closed_question"),),
    ("No.", "neutral"),
    (("Then throw the cans away.", "direct"),),
    ("Fine.", "neutral"),
    (("You're in denial.", "confront"),),
    ("Am I.", "sustain"),
    (("You must tell your boss.", "direct"),),
    ("No chance.", "sustain"),
    (("Your liver will pay for this.", "warn"),),
    ("So you say.", "sustain"),
    (("You have to want it.", "advise_without_permission"),),
    ("We done?", "neutral"),
)  # fmt: skip
