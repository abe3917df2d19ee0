"""The two palettes and the pairs of colours that must be readable together. Pure: no Kivy."""

from typing import TypeAlias

from shared.model.value import Value

Colour: TypeAlias = str
"""#rrggbb."""


class Palette(Value, frozen=True, kw_only=True):
    """Every colour of the app by its task. `soft` is for lesser words; `edge` for lines that carry no meaning."""

    name: str
    ground: Colour
    card: Colour
    raised: Colour
    edge: Colour
    words: Colour
    soft: Colour
    accent: Colour
    on_accent: Colour
    warn: Colour
    on_warn: Colour
    good: Colour
    chosen: Colour
    on_chosen: Colour
    map_ground: Colour
    map_line: Colour
    map_cell: Colour
    map_street: Colour
    map_water: Colour
    map_site: Colour
    map_referral: Colour
    map_here: Colour


NIGHT = Palette(
    name="night",
    ground="#0B0705",
    card="#1B130D",
    raised="#2B2018",
    edge="#4D3B2C",
    words="#FFE2BF",
    soft="#E0B98A",
    accent="#FFA630",
    on_accent="#1A0D00",
    warn="#FF9B85",
    on_warn="#200500",
    good="#F0D060",
    chosen="#FFD08A",
    on_chosen="#1A0D00",
    map_ground="#0B0705",
    map_line="#8A6A4A",
    map_cell="#E0401C",
    map_street="#5E4A38",
    map_water="#2F5A73",
    map_site="#FFC46B",
    map_referral="#FF8468",
    map_here="#FFE2BF",
)

DAY = Palette(
    name="day",
    ground="#F6F1E9",
    card="#FFFFFF",
    raised="#EAE2D5",
    edge="#A89A87",
    words="#17120C",
    soft="#453B2F",
    accent="#123E63",
    on_accent="#FFFFFF",
    warn="#861804",
    on_warn="#FFFFFF",
    good="#184A22",
    chosen="#5B2C00",
    on_chosen="#FFFFFF",
    map_ground="#F6F1E9",
    map_line="#8B7B66",
    map_cell="#B2380F",
    map_street="#C9BBA6",
    map_water="#7FB2D0",
    map_site="#123E63",
    map_referral="#861804",
    map_here="#17120C",
)

PALETTES: dict[str, Palette] = {"night": NIGHT, "day": DAY}

READABLE_PAIRS: tuple[tuple[str, str], ...] = (
    ("words", "ground"),
    ("words", "card"),
    ("words", "raised"),
    ("soft", "ground"),
    ("soft", "card"),
    ("soft", "raised"),
    ("accent", "ground"),
    ("on_accent", "accent"),
    ("warn", "ground"),
    ("warn", "card"),
    ("on_warn", "warn"),
    ("good", "ground"),
    ("good", "card"),
    ("on_chosen", "chosen"),
    ("map_site", "map_ground"),
    ("map_referral", "map_ground"),
    ("map_here", "map_ground"),
)
"""Foreground and ground that meet on a screen: each at least 7:1 (WCAG 2.2, 1.4.6)."""


def channels(colour: Colour) -> tuple[float, float, float]:
    """Red, green and blue, each 0 to 1."""
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 (black) to 1 (white), as WCAG 2.2 defines it."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of two colours, 1 (none) to 21 (black on white), as WCAG 2.2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
