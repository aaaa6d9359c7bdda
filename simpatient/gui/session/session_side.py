"""Beside the conversation: who the patient is, the referral, what to practise."""

from PySide6.QtCore import Qt

from simpatient.gui.base.page_data import CaseData
from simpatient.gui.base.theme import Theme
from simpatient.gui.base.tokens import SPACE_2, SPACE_4, SPACE_5
from simpatient.gui.widgets.drawn.painted import Portrait
from simpatient.gui.widgets.layout import ScrollPage, clear, column, row
from simpatient.gui.widgets.text import Elided, label
from simpatient.presentation.words.wording import PRACTICE_NOTICE

_WIDTH = 288


class SessionSide(ScrollPage):
    """The panel beside the conversation; larger text makes it wider."""

    def __init__(self) -> None:
        super().__init__("Referral and objectives", 400, SPACE_4)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.set_margins(20, SPACE_5)
        self._fit()
        Theme.current().changed.connect(self._fit)

    def show_case(self, case: CaseData) -> None:
        """Show a case."""
        clear(self.body)
        identity = case.persona.identity
        names = column(spacing=0)
        names.addWidget(Elided(identity.name, "strong"))
        names.addWidget(Elided(f"{identity.age} · {case.case.setting}", "small"))
        self.body.addLayout(row(Portrait(identity.name, 44), names))
        for title, texts in (("Referral", (case.case.vignette,)), ("To practise", case.objectives)):
            box = column(spacing=SPACE_2)
            box.addWidget(label(title, "overline"))
            for text in texts:
                box.addWidget(label(text, selectable=True))
            self.body.addLayout(box)
        self.body.addWidget(label(PRACTICE_NOTICE, "caption"))
        self.body.addStretch(1)

    def _fit(self) -> None:
        self.setFixedWidth(round(_WIDTH * max(1.0, Theme.current().scale)))
