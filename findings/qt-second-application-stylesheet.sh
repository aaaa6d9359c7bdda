#!/usr/bin/env bash
# Replacing the application's style sheet in Qt restyles every widget once for itself and once for each ancestor.
#
# What surprises: the first QApplication.setStyleSheet() sends each widget one StyleChange. A second one, over a
# sheet that is already set, sends a widget as many as it is levels deep, as if Qt went through all the widgets it
# has styled and from each of them down through its children. A chain of 8 widgets gets 36 events instead of 8.
#
# What it costs: switching between light and dark, or changing the size of the text, takes several times as long as
# starting with that sheet, and grows with the depth of the layout; with pages in stacks in splitters in tabs,
# 10 levels are common. At each event a widget works out its geometry again and asks to be repainted.
#
# What to do: clear the sheet first (setStyleSheet("") and then the new one costs two events a widget at any depth),
# or give the sheet to the visible page only and to the others when they are next shown.
#
# Seen on 2026-11-30 with PySide6-Essentials 6.12.0, Python 3.11, offscreen (needs libEGL and libGL). Output:
#   Qt 6.12.0: StyleChange events for 8 nested widgets: first sheet 8, second sheet 36 (innermost 8), cleared first 16
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -qq PySide6-Essentials==6.12.0
QT_QPA_PLATFORM=offscreen "$work/venv/bin/python" - <<'PY'
import sys
from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, qVersion
from PySide6.QtWidgets import QApplication, QWidget

DEPTH = 8


class StyleChanges(QObject):
    """Counts the StyleChange events of each widget, by its name."""

    def __init__(self) -> None:
        super().__init__()
        self.of = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange and isinstance(watched, QWidget):
            self.of[watched.objectName()] += 1
        return False


app = QApplication([])
chain = [QWidget()]
while len(chain) < DEPTH:
    chain.append(QWidget(chain[-1]))
for level, widget in enumerate(chain, 1):
    widget.setObjectName(str(level))
chain[0].show()
changes = StyleChanges()
app.installEventFilter(changes)


def counted(step: Callable[[], object]) -> Counter:
    changes.of.clear()
    step()
    return changes.of.copy()


first = counted(lambda: app.setStyleSheet("QWidget { color: black }")).total()
second = counted(lambda: app.setStyleSheet("QWidget { color: white }"))
cleared = counted(lambda: (app.setStyleSheet(""), app.setStyleSheet("QWidget { color: black }"))).total()
innermost = second[str(DEPTH)]
print(f"Qt {qVersion()}: StyleChange events for {DEPTH} nested widgets: first sheet {first}, "
      f"second sheet {second.total()} (innermost {innermost}), cleared first {cleared}")
sys.exit(0 if (first, second.total(), innermost, cleared) == (8, 36, 8, 16) else 1)
PY
