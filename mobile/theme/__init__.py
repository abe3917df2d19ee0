"""How the app looks: colours, sizes and letter sizes as named values, and which palette is in use now.

Nothing here draws. Night keeps dark adaptation (warm light on near-black, no blue, no green); day is for rain-wet glass in sun.
"""

from mobile.theme.palette import DAY, NIGHT, PALETTES, Colour, Palette

__all__ = ["DAY", "NIGHT", "PALETTES", "Colour", "Palette", "palette", "use"]

_in_use: list[Palette] = [NIGHT]


def palette() -> Palette:
    """The palette in use. Widgets read it when they are built; the app rebuilds its screen after a change."""
    return _in_use[0]


def use(name: str) -> Palette:
    """Make the palette of that name the one in use; an unknown name means night, the safe one for eyes in the dark."""
    _in_use[0] = PALETTES.get(name, NIGHT)
    return _in_use[0]
