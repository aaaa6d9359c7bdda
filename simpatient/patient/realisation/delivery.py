"""How a patient's words are spoken: sentences, pauses before them, pace and loudness.

Pauses come from the plan, shades from the state; nothing is drawn, so the same turn is always spoken alike. Must
not know engines: only words, times and a voice's style.
"""

import re

from simpatient.domain.speech import DeliveredSentence, VoiceStyle
from simpatient.domain.state import Act, PatientState, ReplyPlan
from simpatient.domain.text import finished_sentences

# Between the other's end and one's own beginning people leave about 0.2 s (Levinson & Torreira 2015); the rest of the
# loop already takes longer, so a plain answer adds nothing.
_PLAIN_S = 0.0
_BETWEEN_S = 0.25  # what plain reading leaves at a full stop
_HESITATING_S = 0.7
_SILENCE_S = 2.5
_LONGEST_S = 3.0
# What is hard to say, or is not wanted to be said, comes later.
_LATER: dict[Act, float] = {
    "tell_fact": 0.6, "affective": 0.5, "insight": 0.6, "resistance": 0.4, "asked_again": 0.2, "silence": 1.2,
}  # fmt: skip
_RESERVED_S, _UNENGAGED_S, _GUARDED_S = 0.4, 0.5, 0.3
# Pace and loudness stay near the voice's own: a shade, not a performance.
_PACE_SHADE, _LOUDNESS_SHADE = 0.12, 0.1
_MIDDLE = 0.4
_SLOWEST, _FASTEST = 80, 260

_SPOKEN = (
    (re.compile(r"\([^()\n]{0,200}\)|\*[^*\n]{0,200}\*|\[[^\]\n]{0,200}\]|<[^<>\n]{0,200}>"), " "),  # gestures, marks
    (re.compile(r"£\s?(\d[\d,.]*)"), r"\1 pounds"),
    (re.compile(r"\$\s?(\d[\d,.]*)"), r"\1 dollars"),
    (re.compile(r"(\d)\s?%"), r"\1 per cent"),
    (re.compile(r"\b(\d{1,2}):(\d\d)\b"), r"\1 \2"),
    (re.compile(r"\bMr\.?(?=\s+[A-Z])"), "Mister"),
    (re.compile(r"\bMrs\.?(?=\s+[A-Z])"), "Missus"),
    (re.compile(r"\bDr\.?(?=\s+[A-Z])"), "Doctor"),
    (re.compile(r"&"), " and "),
    (re.compile(r"\.{2,}|…|\s[-–—]+\s|[–—]"), ", "),
    (re.compile(r"[^\w\s.,;:!?'’\-]"), " "),  # quotes, brackets, pictures: only the eye understands them
    (re.compile(r"_"), " "),
    (re.compile(r"\s+"), " "),
    (re.compile(r"\s+([.,;:!?])"), r"\1"),
    (re.compile(r"(?:[,;:]\s*)+(?=[,;:.!?])"), ""),
    (re.compile(r"^[\s.,;:!?'’\-]+"), ""),
    (re.compile(r"[,;:\s\-]+$"), ""),
)


class SentenceStream:
    """Turns a patient's growing text into sentences with pauses and a voice; any chunking gives the same ones.

    Args:
        voice: The persona's.
        plan: What the patient is doing; None where it is not known.
        state: The state it does it in; None where it is not known.
    """

    def __init__(self, voice: VoiceStyle, plan: ReplyPlan | None = None, state: PatientState | None = None) -> None:
        self._style = shaded(voice, state)
        self._pause_s = latency_s(plan, state)
        self._pending = ""

    def add(self, chunk: str) -> tuple[DeliveredSentence, ...]:
        """Take more text and return the sentences that are complete by now."""
        found, self._pending = finished_sentences(self._pending + chunk)
        return tuple(self._sentence(text) for text in found if text.strip())

    def finish(self) -> tuple[DeliveredSentence, ...]:
        """Return what is left as the last sentence."""
        last, self._pending = self._pending, ""
        return (self._sentence(last),) if last.strip() else ()

    def _sentence(self, raw: str) -> DeliveredSentence:
        text = raw.strip()
        aloud = read_aloud(text)
        pause = self._pause_s + (_HESITATING_S if text.startswith(("…", "...")) and aloud else 0.0)
        self._pause_s = _HESITATING_S if text.endswith(("…", "...")) else _BETWEEN_S
        if not aloud:
            pause = max(pause, _SILENCE_S)
        return DeliveredSentence(text=text, aloud=aloud, pause_s=min(pause, _LONGEST_S), style=self._style)


def latency_s(plan: ReplyPlan | None, state: PatientState | None) -> float:
    """Return how long the patient is silent before speaking, seconds, beside what the machine needs."""
    if plan is None:
        return _PLAIN_S
    pause = _PLAIN_S + _LATER.get(plan.act, 0.0)
    pause += _RESERVED_S if plan.style == "reserved" else 0.0
    pause += _GUARDED_S if plan.resistance.form != "none" else 0.0
    pause += _UNENGAGED_S * (1 - state.engagement) if state else 0.0
    return min(pause, _LONGEST_S)


def shaded(voice: VoiceStyle, state: PatientState | None) -> VoiceStyle:
    """Return the voice as it sounds in a state: stirred up a little quicker and louder, withdrawn slower and softer."""
    if state is None:
        return voice
    stirred = (state.arousal - _MIDDLE) + (state.engagement - _MIDDLE) / 2
    pace = round(voice.words_per_minute * (1 + _PACE_SHADE * stirred))
    volume = voice.volume * (1 + _LOUDNESS_SHADE * stirred)
    return voice.model_copy(
        update={"words_per_minute": max(_SLOWEST, min(pace, _FASTEST)), "volume": max(0.0, min(volume, 1.0))}
    )


def read_aloud(text: str) -> str:
    """Return a sentence as an engine should read it; empty where there is nothing to be said."""
    for pattern, spoken in _SPOKEN:
        text = pattern.sub(spoken, text)
    return text.strip() if re.search(r"\w", text) else ""
