"""Deleting from a debrief: names everything that goes, offers one attempt or the whole session, leads to the bin.

Must not know how anything is deleted.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from PySide6.QtWidgets import QWidget

from simpatient.domain.session.bin import DeletionExtent
from simpatient.gui.base.context import Context
from simpatient.gui.base.tokens import SPACE_2, SPACE_4, SPACE_5
from simpatient.gui.widgets.controls import Button
from simpatient.gui.widgets.dialogs import Dialog
from simpatient.gui.widgets.layout import card, column, row
from simpatient.gui.widgets.text import label
from simpatient.presentation.words.deletion import what_goes, what_stays
from simpatient.presentation.words.numbers import plural
from simpatient.services.privacy.bin import BinService
from simpatient.services.review.review import ReviewService


class DeletionServices(Protocol):
    """What deleting asks."""

    bin: BinService
    review: ReviewService


class DeletionDialog(Dialog):
    """Says what would go, once for each thing that can be deleted; keeping it all has the focus.

    Args:
        parent: The page.
        extents: What can be deleted: the session, or one attempt and then the session.
        days: How long it can be restored.
        on_delete: Given what was chosen.
    """

    def __init__(
        self,
        parent: QWidget,
        extents: Sequence[DeletionExtent],
        days: int,
        on_delete: Callable[[DeletionExtent], object],
    ) -> None:
        title = "Delete this session?" if len(extents) == 1 else "Delete this attempt, or the whole session?"
        super().__init__(parent, title)
        self.setModal(True)
        box = column(self, SPACE_4, SPACE_5)
        box.addWidget(label(title, "h2"))
        self.choices: list[Button] = []
        for extent in extents:
            words = _button_words(extent)
            button = Button(words, "danger", on_click=partial(self._choose, extent, on_delete))
            self.choices.append(button)
            box.addWidget(_choice(extent, button))
        words = f"It waits in the bin for {plural(days, 'day')} and can be restored there until then."
        note = label(words, "soft")
        note.setMinimumWidth(440)
        box.addWidget(note)
        self.no = Button("Keep it", on_click=self.reject)
        box.addLayout(row(None, self.no))
        self.no.setFocus()

    def _choose(self, extent: DeletionExtent, on_delete: Callable[[DeletionExtent], object]) -> None:
        self.accept()
        on_delete(extent)


def ask_deletion(
    services: DeletionServices, context: Context, parent: QWidget, session_id: str, leaf: int | None
) -> None:
    """Ask what is to be deleted of the session that is looked back at, and delete it."""
    actor = context.actor

    def fetch() -> tuple[tuple[DeletionExtent, ...], int]:
        session = services.bin.extent(actor, session_id)
        if session.attempts == 1:
            return (session,), services.bin.days()
        in_use = leaf if leaf is not None else services.review.session(actor, session_id).leaf
        return (services.bin.extent(actor, session_id, in_use), session), services.bin.days()

    def on_fetched(found: tuple[tuple[DeletionExtent, ...], int]) -> None:
        DeletionDialog(parent, *found, lambda extent: _delete(services, context, extent)).open()

    context.lane.call(lambda _: fetch(), on_fetched, context.navigator.tell_trouble)


def _delete(services: DeletionServices, context: Context, extent: DeletionExtent) -> None:
    actor = context.actor

    def delete() -> None:
        if extent.leaf is None:
            services.bin.delete_session(actor, extent.session_id)
        else:
            services.bin.delete_attempt(actor, extent.session_id, extent.leaf)

    def on_deleted(_: object) -> None:
        context.navigator.go("progress")
        what = "The session" if extent.leaf is None else "The attempt"
        context.navigator.tell(f"{what} is in the bin.", "Open the bin", lambda: context.navigator.open_settings("bin"))

    context.lane.call(lambda _: delete(), on_deleted, context.navigator.tell_trouble)


def _button_words(extent: DeletionExtent) -> str:
    if extent.leaf is not None:
        return "Delete this attempt"
    if extent.attempts == 1:
        return "Delete this session"
    return "Delete both attempts" if extent.attempts == 2 else f"Delete all {extent.attempts} attempts"


def _choice(extent: DeletionExtent, button: Button) -> QWidget:
    frame, box = card("sunken", spacing=SPACE_2, margin=SPACE_4)
    only = "Only this attempt" if extent.leaf is not None else "The whole session"
    box.addWidget(label(f"{only}. With it go:", "strong"))
    for line in what_goes(extent):
        box.addWidget(label(f"• {line}", "body"))
    if stays := what_stays(extent):
        box.addWidget(label(stays, "soft"))
    box.addLayout(row(button, None))
    return frame
