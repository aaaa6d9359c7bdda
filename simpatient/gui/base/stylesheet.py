"""The one stylesheet, made from the design tokens.

Must not know widgets beyond the ``role`` and ``tone`` properties they set.
"""

from string import Template

from simpatient.gui.base.tokens import FALLBACK_FAMILY, FONT_FAMILY, TYPE_SCALE
from simpatient.presentation.shapes.palette import Palette

_BASE = """
* { font-family: "$family", "$fallback"; font-size: ${t_body}px; color: $ink; outline: 0; }
QWidget { background: transparent; }
QDialog { background: $bg; }
QToolTip { background: $ink; color: $bg; border: 0; padding: 6px 8px; }
QScrollArea { border: 0; background: transparent; }
QScrollBar:vertical { width: 12px; background: transparent; margin: 2px; }
QScrollBar::handle:vertical { background: $line_strong; border-radius: 4px; min-height: 32px; }
QScrollBar:horizontal { height: 12px; background: transparent; margin: 2px; }
QScrollBar::handle:horizontal { background: $line_strong; border-radius: 4px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $line; }
"""

_TEXT = """
QLabel[role="caption"] { font-size: ${t_caption}px; color: $ink_soft; }
QLabel[role="small"] { font-size: ${t_small}px; color: $ink_soft; }
QLabel[role="soft"] { color: $ink_soft; }
QLabel[role="strong"] { font-weight: 600; }
QLabel[role="lead"] { font-size: ${t_lead}px; color: $ink_soft; }
QLabel[role="h1"] { font-size: ${t_h1}px; font-weight: 600; }
QLabel[role="h2"] { font-size: ${t_h2}px; font-weight: 600; }
QLabel[role="h3"] { font-size: ${t_h3}px; font-weight: 600; }
QLabel[role="recording"] { color: $line_strong; }
QLabel[role="recording"][on="yes"] { color: $danger; }
QLabel[role="overline"] { font-size: ${t_caption}px; font-weight: 600; color: $accent_ink; }
QLabel[role="quote"] { font-style: italic; }
QLabel[role="unheard"] { color: $ink_soft; text-decoration: line-through; }
QLabel[role="figure"] { font-size: ${t_h2}px; font-weight: 600; }
QLabel[tone="warm"] { color: $warm; }
QLabel[tone="danger"] { color: $danger; }
QLabel[tone="on_accent_soft"] { color: $on_accent_soft; }
QLabel[tone="on_warm_soft"] { color: $on_warm_soft; }
QLabel[tone="on_note_soft"] { color: $on_note_soft; }
QLabel[tone="on_danger_soft"] { color: $on_danger_soft; }
QLabel[chip="plain"], QLabel[chip="accent"], QLabel[chip="warm"], QLabel[chip="note"] {
  font-size: ${t_caption}px; font-weight: 500; border-radius: ${chip_radius}px; padding: 3px 10px; }
QLabel[chip="plain"] { background: $sunken; color: $ink_soft; }
QLabel[chip="accent"] { background: $accent_soft; color: $on_accent_soft; }
QLabel[chip="warm"] { background: $warm_soft; color: $on_warm_soft; }
QLabel[chip="note"] { background: $note_soft; color: $on_note_soft; }
"""

_SURFACES = """
QFrame[role="card"], CardButton { background: $surface; border: 1px solid $line; border-radius: 14px; }
CardButton { border: 2px solid $line; }
CardButton:hover { border-color: $accent; }
CardButton:focus { border: 2px solid $accent; background: $surface; }
CardButton:disabled { background: transparent; }
QFrame[role="hero"] { background: $accent_soft; border: 0; border-radius: 14px; }
QFrame[role="hero"] QLabel { color: $on_accent_soft; }
QFrame[role="sunken"] { background: $sunken; border: 0; border-radius: 10px; }
QFrame[role="keep"] { background: $surface; border: 1px solid $line;
  border-left: 4px solid $accent;
  border-radius: 10px; border-top-left-radius: 2px; border-bottom-left-radius: 2px; }
QFrame[role="change"] { background: $surface; border: 1px solid $line;
  border-left: 4px solid $warm;
  border-radius: 10px; border-top-left-radius: 2px; border-bottom-left-radius: 2px; }
QFrame[role="better"] { background: $accent_soft; border: 0; border-radius: 10px; }
QFrame[role="better"] QLabel { color: $on_accent_soft; }
QFrame[role="quotebar"] { background: transparent; border: 0; border-left: 3px solid $line_strong; border-radius: 0; }
QFrame[role="critical"] { background: $danger_soft; border: 1px solid $danger;
  border-left: 6px solid $danger;
  border-radius: 10px; border-top-left-radius: 2px; border-bottom-left-radius: 2px; }
QFrame[role="critical"] QLabel { color: $on_danger_soft; }
QFrame[role="written"] { background: $note_soft; border: 0; border-left: 3px solid $note; border-radius: 0; }
QFrame[role="written"] QLabel { color: $on_note_soft; }
QFrame[role="notice"] { background: $note_soft; border: 0; border-radius: 10px; }
QFrame[role="notice"] QLabel { color: $on_note_soft; }
QFrame[role="banner"][tone="calm"] { background: $note_soft; border-radius: 10px; }
QFrame[role="banner"][tone="calm"] QLabel { color: $on_note_soft; }
QFrame[role="banner"][tone="trouble"] { background: $warm_soft; border-radius: 10px; }
QFrame[role="banner"][tone="trouble"] QLabel { color: $on_warm_soft; }
QFrame[role="bubble"][who="patient"] { background: $surface;
  border: 1px solid $line; border-radius: 14px; border-bottom-left-radius: 4px; }
QFrame[role="bubble"][who="trainee"] { background: $accent_soft;
  border: 1px solid $accent_soft; border-radius: 14px; border-bottom-right-radius: 4px; }
QFrame[role="bubble"][who="trainee"] QLabel[chip="plain"] { background: $surface; color: $ink_soft; }
QFrame[role="bubble"][who="trainee"] QLabel[role="caption"] { color: $on_accent_soft; }
QFrame[role="bubble"][who="trainee"] QLabel[role="spoken"] { color: $on_accent_soft; }
QLabel[role="spoken"] { font-size: ${t_speech}px; }
QFrame[role="program"] { background: $note_soft; border: 1px dashed $note; border-radius: 10px; }
QFrame[role="program"] QLabel { color: $on_note_soft; font-size: ${t_small}px; }
QProgressBar { background: $sunken; border: 0; border-radius: 4px; min-height: 8px; max-height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
QFrame[role="divider"] { background: $line; border: 0; max-height: 1px; min-height: 1px; }
QFrame[role="ghost"] { background: $sunken; border: 0; border-radius: 6px; }
QWidget[role="panel"] { background: $surface; border-right: 1px solid $line; }
QWidget[role="bar"] { background: $surface; border-bottom: 1px solid $line; }
QWidget[role="footer"] { background: $surface; border-top: 1px solid $line; }
QWidget[role="overlay"] { background: $bg; }
"""

_BUTTONS = """
QPushButton { background: $surface; color: $ink; border: 2px solid $line; border-radius: 10px;
  padding: 6px 14px; min-height: 22px; font-weight: 500; }
QPushButton[room="little"] { padding: 6px 8px; }
QPushButton:hover { border-color: $line_strong; }
QPushButton:pressed { background: $sunken; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $ink_soft; background: $sunken; border-color: $sunken; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border-color: $ink; }
QPushButton[kind="primary"]:disabled { background: $sunken; color: $ink_soft; border-color: $sunken; }
QPushButton[kind="danger"] { background: $surface; color: $danger; border-color: $danger; font-weight: 600; }
QPushButton[kind="danger"]:hover { background: $danger_soft; color: $on_danger_soft; }
QPushButton[kind="danger"]:focus { background: $danger_soft; color: $on_danger_soft; border-color: $ink; }
QPushButton[kind="quiet"] { background: transparent; border-color: transparent; color: $accent_ink;
  padding: 6px 10px; }
QPushButton[kind="quiet"]:hover { background: $sunken; }
QPushButton[kind="quiet"]:focus { border-color: $accent; }
QPushButton[kind="quiet"]:disabled { color: $ink_soft; }
QPushButton[kind="link"] { background: transparent; border-color: transparent; color: $accent_ink;
  padding: 6px 0; border-radius: 6px; }
QPushButton[kind="link"]:hover { color: $ink; }
QPushButton[kind="link"]:focus { border-color: $accent; }
QPushButton[kind="segment"] { border-radius: 8px; border-color: transparent; background: transparent;
  color: $ink_soft; padding: 5px 14px; }
QPushButton[kind="segment"]:hover { color: $ink; }
QPushButton[kind="segment"]:checked { background: $surface; color: $ink; border-color: $line; font-weight: 600; }
QPushButton[kind="segment"]:focus { border-color: $accent; }
QPushButton[kind="rating"] { min-width: 26px; min-height: 26px; padding: 5px;
  border: 1px solid $line_strong; border-radius: 10px; }
QPushButton[kind="rating"]:checked { background: $accent; color: $on_accent; border-color: $accent; }
QPushButton[kind="rating"]:focus { border: 2px solid $ink; padding: 4px; }
QPushButton[kind="toggle"]:checked { background: $accent_soft; color: $on_accent_soft; border-color: $accent; }
QFrame[role="segments"] { background: $sunken; border-radius: 10px; border: 0; }
QWidget[role="rail"] { background: $rail; }
QWidget[role="rail"] QLabel { color: $rail_ink; }
RailButton { color: $rail_ink; background: transparent; border: 2px solid transparent; border-radius: 10px;
  padding: 8px 2px 6px 2px; font-size: ${t_caption}px; font-weight: 500; }
RailButton:hover { background: $rail_active; }
RailButton:checked { background: $rail_active; color: $on_rail_active; }
RailButton:focus { border-color: $rail_ink; }
"""

_FIELDS = """
QLineEdit, QPlainTextEdit { background: $surface; color: $ink; border: 1px solid $line_strong; border-radius: 10px;
  padding: 7px 9px; placeholder-text-color: $ink_soft;
  selection-background-color: $accent; selection-color: $on_accent; }
QPlainTextEdit[role="composer"] { font-size: ${t_speech}px; }
QLineEdit:focus, QPlainTextEdit:focus { border: 2px solid $accent; padding: 6px 8px; }
QComboBox { background: $surface; color: $ink; border: 1px solid $line_strong; border-radius: 10px; padding: 6px 10px;
  min-height: 20px; }
QComboBox:focus { border: 2px solid $accent; padding: 5px 9px; }
QComboBox:disabled { background: $sunken; border-color: $line; color: $ink_soft; }
QComboBox { padding-right: 34px; }
QComboBox:hover { border-color: $accent; }
QComboBox::drop-down { border: 0; width: 32px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $surface; color: $ink; border: 1px solid $line_strong;
  selection-background-color: $accent_soft; selection-color: $on_accent_soft; }
QLineEdit:disabled, QPlainTextEdit:disabled { background: $sunken; border-color: $line; color: $ink_soft; }
QSpinBox { background: $surface; color: $ink; border: 1px solid $line_strong; border-radius: 10px;
  padding: 6px 34px 6px 10px; min-height: 24px; selection-background-color: $accent; selection-color: $on_accent; }
QSpinBox:focus { border: 2px solid $accent; padding: 5px 33px 5px 9px; }
QSpinBox:hover { border-color: $accent; }
QSpinBox QLineEdit, QSpinBox QLineEdit:focus { background: transparent; border: 0; padding: 0; }
QSpinBox::up-button, QSpinBox::down-button { subcontrol-origin: border; width: 32px; border: 0;
  background: transparent; }
QSpinBox::up-button { subcontrol-position: top right; }
QSpinBox::down-button { subcontrol-position: bottom right; }
QSpinBox::up-arrow, QSpinBox::down-arrow { image: none; }
QTableWidget { background: $surface; border: 1px solid $line; border-radius: 10px; gridline-color: transparent;
  selection-background-color: $accent_soft; selection-color: $on_accent_soft; outline: 0; }
QTableWidget:focus { border: 2px solid $accent; }
QTableWidget::item { padding: 8px 10px; border-top: 1px solid $line; }
QTableWidget::item:selected { background: $accent_soft; color: $on_accent_soft; }
QHeaderView { background: transparent; border: 0; }
QHeaderView::section { background: $surface; color: $ink_soft; border: 0;
  padding: 8px 13px; font-size: ${t_caption}px; font-weight: 600; }
QHeaderView::section:first, QHeaderView::section:only-one { border-top-left-radius: 9px; }
QHeaderView::section:last, QHeaderView::section:only-one { border-top-right-radius: 9px; }
QTableCornerButton::section { background: $surface; border: 0; }
"""

_TEMPLATE = Template(_BASE + _TEXT + _SURFACES + _BUTTONS + _FIELDS)


def render(palette: Palette, scale: float) -> str:
    """Return the stylesheet for a palette with all type sizes multiplied by ``scale``."""
    sizes = {f"t_{name}": str(round(size * scale)) for name, size in TYPE_SCALE.items()}
    sizes["t_speech"] = str(round(15 * scale))
    sizes["chip_radius"] = str(round((TYPE_SCALE["caption"] * scale * 1.25 + 6) / 2) - 1)
    return _TEMPLATE.substitute(palette.as_dict(), family=FONT_FAMILY, fallback=FALLBACK_FAMILY, **sizes)
