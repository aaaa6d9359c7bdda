"""To whom a text speaks: to the trainee ("your pace") in the window, about the trainee ("their pace") in a report."""

from dataclasses import dataclass

from simpatient.domain.assessment.codes import Speaker


@dataclass(frozen=True, slots=True)
class Perspective:
    """The words by which a text names the trainee.

    Attributes:
        name: As a label: ``You``, ``Trainee``.
        subject: In a sentence: ``you``, ``the trainee``.
        possessive: In a sentence: ``your``, ``the trainee's``.
    """

    name: str
    subject: str
    possessive: str

    def speaker(self, speaker: Speaker, patient: str) -> str:
        """Return who spoke, as a label."""
        return self.name if speaker == "trainee" else patient

    def who(self, speaker: Speaker, patient: str) -> str:
        """Return who spoke, within a sentence."""
        return self.subject if speaker == "trainee" else patient

    def start(self, words: str) -> str:
        """Return words that begin a sentence or stand as a title."""
        return words[:1].upper() + words[1:]


TO_TRAINEE = Perspective("You", "you", "your")
ABOUT_TRAINEE = Perspective("Trainee", "the trainee", "the trainee's")
