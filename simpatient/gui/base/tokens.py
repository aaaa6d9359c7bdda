"""Design tokens of the window: spacing, type sizes and radii; colours are in ``presentation.shapes.palette``.

Plain numbers and strings. Must not know Qt widgets, pages or services.
"""

SPACE_1, SPACE_2, SPACE_3, SPACE_4, SPACE_5, SPACE_6 = 4, 8, 12, 16, 24, 32
RADIUS_SMALL, RADIUS, RADIUS_LARGE = 6, 10, 14
TARGET = 32
CONTENT_WIDTH = 1120
READING_WIDTH = 760
MESSAGE_WIDTH = 440

FONT_FAMILY = "Inter"
FALLBACK_FAMILY = "DejaVu Sans"

# Type scale in logical pixels at text size 1.0; ratio about 1.2 around the 14 px body.
TYPE_SCALE: dict[str, int] = {
    "caption": 12,
    "small": 13,
    "body": 14,
    "lead": 16,
    "h3": 16,
    "h2": 20,
    "h1": 28,
}

TEXT_SIZES: dict[str, float] = {"small": 0.9, "normal": 1.0, "large": 1.2, "largest": 1.4}
