"""What a careful eye would notice on the glass: a cut word, a target too small, a word from no catalogue, a size that creeps."""

from collections.abc import Iterator
from typing import Any

from mobile.widgets import letters
from mobile.widgets.buttons import BigButton
from mobile.widgets.field import Writing
from mobile.widgets.frame import Head
from mobile.widgets.press import Press
from mobile.widgets.words import Words

LEAST_TARGET_DP = 64


def _shown_texts(widget: Any) -> Iterator[tuple[str, str, bool, float, Any]]:
    """Each text of a widget: words, role, bold, the width it has, and what it was drawn as."""
    if isinstance(widget, BigButton):
        room = widget.width - widget._margins()
        head, lesser = widget._textures(widget.width)
        yield widget.text, widget.role, True, room, head
        yield widget.detail, "small", False, room, lesser
    elif isinstance(widget, Head):
        title, line = widget._textures(widget.width)
        yield widget.text, "title", True, widget.width - 24, title
        yield widget.line, "small", False, widget.width - 24 - widget._icon_room(), line
    elif isinstance(widget, Words):
        yield widget.text, widget.role, widget.bold, widget.width - widget._icon_room(), widget._texture(widget.width)


def cut_words(driver: Any) -> list[str]:
    """Every text that has a word, or was drawn, wider than its room, or whose lines are higher than its widget."""
    found = []
    for widget in driver.widgets():
        if isinstance(widget, Writing) and min(widget.minimum_height, 300) > widget.height + 1:
            found.append(f"what is written is higher than its field: '{widget.text}'")
        tall = 0.0
        for text, role, bold, room, texture in _shown_texts(widget):
            if text and letters.longest_word(text, role, bold) > room + 1:
                found.append(f"{type(widget).__name__}: '{text}' is wider than {room:.0f}")
            if texture is not None and texture.width > room + 1:
                found.append(f"{type(widget).__name__}: '{text}' is drawn {texture.width} wide in {room:.0f}")
            tall += texture.height if texture is not None else 0
        if tall > widget.height + 1 and not isinstance(widget, Head):
            found.append(f"{type(widget).__name__}: '{widget.text}' is {tall:.0f} high in {widget.height:.0f}")
    return found


def small_targets(driver: Any) -> list[str]:
    """Everything to press that is smaller than a gloved thumb."""
    from kivy.metrics import dp

    least = dp(LEAST_TARGET_DP) - 1
    return [
        f"{type(widget).__name__} '{widget.text}': {widget.width:.0f} x {widget.height:.0f}"
        for widget in driver.widgets()
        if isinstance(widget, Press) and (widget.width < least or widget.height < least)
    ]


def outside(driver: Any) -> list[str]:
    """Everything to press that reaches beyond the left or right edge, where no scrolling would bring it back."""
    from kivy.core.window import Window

    found = []
    for widget in driver.widgets():
        if isinstance(widget, Press):
            left, right = widget.to_window(widget.x, widget.y)[0], widget.to_window(widget.right, widget.y)[0]
            if left < -1 or right > Window.width + 1:
                found.append(f"{type(widget).__name__} '{widget.text}' from {left:.0f} to {right:.0f}")
    return found


def geometry(driver: Any) -> list[tuple[str, tuple[float, ...]]]:
    """Every widget's box."""
    return [(type(w).__name__, (*map(float, w.pos), *map(float, w.size))) for w in driver.widgets()]
