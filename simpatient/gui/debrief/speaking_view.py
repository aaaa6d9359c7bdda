"""How a talk was spoken: a few calm numbers, each with what it rests on, and the talk drawn in time.

Must not know how times are measured or counted.
"""

from collections.abc import Callable

from PySide6.QtWidgets import QHeaderView, QWidget

from simpatient.domain.assessment.speaking_times import Figure, SpeakingTimes, SpokenStretch
from simpatient.gui.base.tokens import SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.layout import CardGrid, card, column, row
from simpatient.gui.widgets.tables import PlainTable
from simpatient.gui.widgets.text import label
from simpatient.gui.widgets.timeline import Block, Kind, TalkTimes, Timeline, TimelineSpan, key
from simpatient.presentation.numbers import NONE, clock, number, plural

_HINT = "Point at a turn, or go through them with the arrow keys. Enter opens it in the transcript."
_MOST_ROWS = 8


class SpeakingView(QWidget):
    """The section of a debrief about a spoken session."""

    def __init__(self, times: SpeakingTimes, patient: str, on_show_turn: Callable[[int], None]) -> None:
        super().__init__()
        self._times, self._patient, self._on_show_turn = times, patient, on_show_turn
        self.timeline: Timeline | None = None
        frame, box = card(spacing=SPACE_4, margin=SPACE_5)
        column(self, 0).addWidget(frame)
        head = column(spacing=SPACE_1)
        head.addWidget(label("How you spoke", "h2"))
        head.addWidget(label(_rests_on(times), "small"))
        box.addLayout(head)
        if times.rows:
            box.addWidget(CardGrid(self._tiles(), least_width=236))
            box.addWidget(self._drawn())
        words = "Times only: they say nothing of how you sounded, and none of them is good or bad by itself."
        box.addWidget(label(words, "caption"))

    def _tiles(self) -> list[QWidget]:
        times = self._times
        return [
            _tile("Your share of the speaking time", _shown(times.talk_share, "share"), self._share_words()),
            self._wait_tile(),
            _tile("Silences of 3 seconds or more", str(len(times.silences)), self._silence_words()),
            self._interruption_tile(),
            _tile("Your pace", _shown(times.trainee_pace, "pace"), self._pace_words()),
            self._longest_tile(),
        ]

    def _share_words(self) -> str:
        times = self._times
        if times.talk_share.value is None:
            return times.talk_share.why
        return (
            f"{clock(times.trainee_s)} of {clock(times.trainee_s + times.patient_s)} minutes. "
            f"Of the words: {number(times.word_share.value, 'share')}."
        )

    def _wait_tile(self) -> QWidget:
        latency = self._times.latency
        title = "Before you answered"
        if latency.median is None:
            return _tile(title, NONE, latency.why)
        words = (
            f"Middle of {plural(latency.n, 'answer')}; half lie between {number(latency.low, 'seconds')} and "
            f"{number(latency.high, 'seconds')}. The longest was {number(latency.longest, 'seconds')}."
        )
        link = None if latency.longest_turn is None else self._link(latency.longest_turn)
        return _tile(title, number(latency.median, "seconds"), words, link)

    def _silence_words(self) -> str:
        times = self._times
        if not times.silences:
            return "There was none."
        left = sum(silence.ended_by == "patient" for silence in times.silences)
        longest = max(silence.seconds for silence in times.silences)
        return (
            f"{left} of {len(times.silences)} left for {self._patient} to end; the longest lasted "
            f"{number(longest, 'seconds')}. Some of the quiet before an answer is the program's."
        )

    def _interruption_tile(self) -> QWidget:
        found, rate = self._times.interruptions, self._times.interruption_rate
        if not found:
            return _tile("Interruptions", "0", f"You let {self._patient} finish each time.")
        per = rate.why if rate.value is None else f"{rate.value:.1f} in 10 minutes."
        stopped = sum(each.stopped_patient for each in found)
        words = f"{per} {plural(stopped, 'sentence')} cut off." if stopped else per
        return _tile("Interruptions", str(len(found)), words, self._link(found[0].turn))

    def _pace_words(self) -> str:
        times = self._times
        if times.trainee_pace.value is None:
            return times.trainee_pace.why
        spoken = f"Over {plural(times.trainee_pace.n, 'turn')} of yours."
        if times.patient_pace.value is None:
            return spoken
        return f"{spoken} {self._patient}: {number(times.patient_pace.value, 'pace')}."

    def _longest_tile(self) -> QWidget:
        longest = self._times.longest
        title = "Your longest at a stretch"
        if longest is None:
            return _tile(title, NONE, "No spoken turn of yours has times.")
        return _tile(title, f"{longest.seconds:.0f} s", plural(longest.words, "word") + ".", self._link(longest.turn))

    def _link(self, turn: int) -> QWidget:
        name = f"Show turn {turn + 1} in the transcript"
        return Button(f"Turn {turn + 1}", "link", name=name, on_click=lambda: self._on_show_turn(turn))

    def _drawn(self) -> QWidget:
        outer = QWidget()
        box = column(outer, SPACE_2)
        self._toggle = Button("Show as table", "quiet", name="The talk in time: show as table", on_click=self._toggled)
        box.addLayout(row(label("The talk in time", "h3"), None, self._toggle))
        self.timeline = Timeline(_talk_times(self._times, self._patient), self._spoken_summary())
        self.table = _table(self._times, self._patient)
        self.table.hide()
        self._drawing = QWidget()
        inner = column(self._drawing, SPACE_3)
        self._detail = label(_HINT, "small")
        for each in (self.timeline, self._detail, key(_key(self._times, self._patient))):
            inner.addWidget(each)
        self.timeline.pointed.connect(lambda words: self._detail.setText(words or _HINT))
        self.timeline.chosen.connect(self._on_show_turn)
        self.table.cellActivated.connect(lambda at, _: self._on_show_turn(self._times.rows[at].turn))
        box.addWidget(self._drawing)
        box.addWidget(self.table)
        return outer

    def _toggled(self) -> None:
        to_table = self.table.isHidden()
        self._drawing.setVisible(not to_table)
        self.table.setVisible(to_table)
        words = "Show as drawing" if to_table else "Show as table"
        self._toggle.setText(words)
        self._toggle.setAccessibleName(f"The talk in time: {words.lower()}")

    def _spoken_summary(self) -> str:
        times = self._times
        return (
            f"Timeline of {plural(len(times.rows), 'spoken turn')} over {clock(times.span_s)} minutes, "
            f"{plural(len(times.silences), 'silence')}, {plural(len(times.interruptions), 'interruption')}. "
            "The same is in the table."
        )


def _rests_on(times: SpeakingTimes) -> str:
    words = f"From the times of {plural(len(times.rows), 'spoken turn')}, {clock(times.span_s)} minutes of talk."
    if times.typed:
        words += f" {plural(times.typed, 'turn')} typed or without times: not counted here."
    if times.dropped:
        words += f" {plural(times.dropped, 'turn')} left out, because the times cannot be right."
    if times.asides:
        times_over = "once" if len(times.asides) == 1 else f"{len(times.asides)} times"
        words += f" The talk was set aside {times_over}; that is not counted either."
    return words


def _shown(figure: Figure, unit: str) -> str:
    return NONE if figure.value is None else number(figure.value, unit)


def _tile(title: str, shown: str, words: str, link: QWidget | None = None) -> QWidget:
    frame, box = card("sunken", spacing=SPACE_1, margin=SPACE_4)
    box.addWidget(label(title, "caption"))
    figure = label(shown, "figure")
    figure.setAccessibleName(f"{title}: {shown}. {words}")
    box.addWidget(figure)
    box.addWidget(label(words, "small"))
    box.addStretch(1)
    if link is not None:
        box.addLayout(row(link, None))
    return frame


def _talk_times(times: SpeakingTimes, patient: str) -> TalkTimes:
    return TalkTimes(
        lanes=("You", patient),
        blocks=tuple(
            Block(each.turn, int(each.speaker == "patient"), each.start_s, each.end_s, _words(each, times, patient))
            for each in times.rows
        ),
        silences=tuple(TimelineSpan(s.start_s, s.end_s, f"{s.seconds:.0f} seconds of silence") for s in times.silences),
        marks=tuple(found.at_s for found in times.interruptions),
        breaks=tuple(aside.at_s for aside in times.asides),
        length=times.span_s,
    )


def _words(stretch: SpokenStretch, times: SpeakingTimes, patient: str) -> str:
    who = "you" if stretch.speaker == "trainee" else patient
    words = f"Turn {stretch.turn + 1}, {who}, {clock(stretch.start_s)} to {clock(stretch.end_s)}"
    happened = _happened(stretch, times, patient)
    return f"{words}: {happened}" if happened else words


def _happened(stretch: SpokenStretch, times: SpeakingTimes, patient: str) -> str:
    """Return what was particular about how a turn was spoken; '' for nothing."""
    found = []
    if times.interruption(stretch.turn) is not None:
        found.append(f"began while {patient} was speaking")
    elif stretch.waited_s is not None and stretch.waited_s >= 1.0:
        found.append(f"after {stretch.waited_s:.0f} s of quiet")
    if stretch.was_cut_off:
        found.append("was cut off")
    return ", ".join(found)


def _key(times: SpeakingTimes, patient: str) -> list[tuple[Kind, str]]:
    entries: list[tuple[Kind, str]] = [("upper", "You"), ("lower", patient)]
    if times.silences:
        entries.append(("silence", "Silence of 3 seconds or more"))
    if times.interruptions:
        entries.append(("mark", f"You began while {patient} spoke"))
    if times.asides:
        entries.append(("break", "The talk was set aside"))
    return entries


def _table(times: SpeakingTimes, patient: str) -> PlainTable:
    rows = [
        (
            str(each.turn + 1),
            "You" if each.speaker == "trainee" else patient,
            clock(each.start_s),
            f"{each.seconds:.1f} s",
            NONE if each.pace is None else f"{each.pace:.0f}",
            _happened(each, times, patient) or NONE,
        )
        for each in times.rows
    ]
    head = ("Turn", "Speaker", "Began", "Lasted", "Words a minute", "What happened")
    table = PlainTable(head, rows, "The talk in time as a table")
    columns = table.horizontalHeader()
    for at in range(len(head) - 1):
        columns.setSectionResizeMode(at, QHeaderView.ResizeMode.ResizeToContents)
    table.setFixedHeight(table.height_of(_MOST_ROWS))
    return table
