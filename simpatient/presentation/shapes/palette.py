"""The colours of both themes and of paper by the job they do, with the contrasts they must reach."""

from typing import NamedTuple


class Palette(NamedTuple):
    """Colours by the job they do, as ``#rrggbb``.

    A name ``on_x`` is text on the surface ``x``. ``line`` only decorates; ``line_strong`` is the border that
    makes a control recognisable and reaches 3:1.
    """

    bg: str
    surface: str
    sunken: str
    line: str
    line_strong: str
    ink: str
    ink_soft: str
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str
    on_accent_soft: str
    accent_ink: str
    warm: str
    warm_soft: str
    on_warm_soft: str
    note: str
    note_soft: str
    on_note_soft: str
    danger: str
    danger_soft: str
    on_danger_soft: str
    rail: str
    rail_ink: str
    rail_active: str
    on_rail_active: str
    band_1: str
    band_2: str
    band_3: str

    def as_dict(self) -> dict[str, str]:
        """Return the colours by name, as the stylesheet template wants them."""
        return self._asdict()


LIGHT = Palette(
    bg="#f7f3ec",
    surface="#fffdfa",
    sunken="#efe9df",
    line="#e2dacd",
    line_strong="#8c8375",
    ink="#26302e",
    ink_soft="#585f5b",
    accent="#1f6b5f",
    accent_hover="#18574d",
    on_accent="#ffffff",
    accent_soft="#dcebe5",
    on_accent_soft="#17483f",
    accent_ink="#1b6155",
    warm="#a4491f",
    warm_soft="#fbe8da",
    on_warm_soft="#7a3412",
    note="#5a4b81",
    note_soft="#ece8f4",
    on_note_soft="#44376b",
    danger="#a32a2a",
    danger_soft="#f9e3df",
    on_danger_soft="#7d1f1f",
    rail="#1f3b37",
    rail_ink="#c9dcd6",
    rail_active="#33574f",
    on_rail_active="#ffffff",
    band_1="#e7c9ae",
    band_2="#bcd6c3",
    band_3="#7fb5a2",
)

DARK = Palette(
    bg="#191b1a",
    surface="#232625",
    sunken="#131514",
    line="#383c3a",
    line_strong="#7f8783",
    ink="#ece9e2",
    ink_soft="#b3b5ad",
    accent="#7cc6b5",
    accent_hover="#96d6c7",
    on_accent="#0d2722",
    accent_soft="#23403a",
    on_accent_soft="#cdebe3",
    accent_ink="#8fd3c4",
    warm="#f0a87d",
    warm_soft="#44301f",
    on_warm_soft="#f6cfb4",
    note="#bfb3e6",
    note_soft="#312c44",
    on_note_soft="#ddd5f5",
    danger="#f19c94",
    danger_soft="#4a2724",
    on_danger_soft="#fbd3cd",
    rail="#101211",
    rail_ink="#b4c4be",
    rail_active="#24403a",
    on_rail_active="#ffffff",
    band_1="#6b4c34",
    band_2="#3c5b4c",
    band_3="#3d8271",
)

# On paper: the light colours on white.
PAPER = LIGHT._replace(bg="#ffffff", surface="#ffffff")

# Pairs (text, surface) that carry words; a test holds each to 4.5:1 (WCAG 2.2, 1.4.3).
TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    ("ink", "bg"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink_soft", "bg"),
    ("ink_soft", "surface"),
    ("ink_soft", "sunken"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("on_accent_soft", "accent_soft"),
    ("accent_ink", "bg"),
    ("accent_ink", "surface"),
    ("accent_ink", "sunken"),
    ("warm", "surface"),
    ("warm", "bg"),
    ("on_warm_soft", "warm_soft"),
    ("note", "bg"),
    ("on_note_soft", "note_soft"),
    ("accent_ink", "note_soft"),
    ("accent_ink", "warm_soft"),
    ("danger", "surface"),
    ("danger", "bg"),
    ("on_danger_soft", "danger_soft"),
    ("ink", "danger_soft"),
    ("accent_ink", "danger_soft"),
    ("on_danger_soft", "note_soft"),
    ("on_danger_soft", "sunken"),
    ("ink", "note_soft"),
    ("rail_ink", "rail"),
    ("on_rail_active", "rail_active"),
)

# More of them on paper, where quotes stand on the grounds of what is critical and of what was written.
PAPER_PAIRS: tuple[tuple[str, str], ...] = (
    ("on_danger_soft", "danger_soft"),
    ("on_note_soft", "note_soft"),
    ("ink_soft", "danger_soft"),
    ("ink_soft", "note_soft"),
    ("warm", "danger_soft"),
    ("warm", "note_soft"),
)

# Pairs that carry shape only: borders of controls, focus rings, plot lines (WCAG 2.2, 1.4.11).
SHAPE_PAIRS: tuple[tuple[str, str], ...] = (
    ("line_strong", "bg"),
    ("line_strong", "surface"),
    ("accent", "bg"),
    ("accent", "surface"),
    ("accent", "sunken"),
    ("warm", "surface"),
    ("note", "surface"),
    ("note", "note_soft"),
    ("danger", "surface"),
    ("danger", "danger_soft"),
)


def _channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2 definition), 0 black to 1 white."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * _channel(red) + 0.7152 * _channel(green) + 0.0722 * _channel(blue)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2 definition), 1 to 21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
