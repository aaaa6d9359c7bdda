"""What outweighs everything else in a debrief: its heading, and why it comes first."""

from simpatient.presentation.words.perspective import TO_TRAINEE, Perspective

HEADING = "Look at this first"


def why(perspective: Perspective) -> str:
    """Return why what is critical comes before all else."""
    supervisor = "your supervisor" if perspective is TO_TRAINEE else "a supervisor"
    return (
        "This matters more than anything below, and no good moment makes up for it. A program read it from the text "
        f"and can be wrong: check the words, and talk it over with {supervisor}."
    )
