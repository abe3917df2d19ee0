"""Loads a screen's kv file, once, from beside its Python file."""

from functools import cache
from pathlib import Path

from kivy.lang import Builder

# The kv files name these classes; Kivy's factory learns them when they are imported.
from mobile.widgets import buttons, card, field, frame, layout, map_view, pad, rows, scroller, words

BLOCKS = (buttons, card, field, frame, layout, map_view, pad, rows, scroller, words)


@cache
def load_layout(screen_file: str) -> None:
    """Load `screen.kv` beside `screen_file`."""
    Builder.load_file(str(Path(screen_file).with_name("screen.kv")), encoding="utf-8")
