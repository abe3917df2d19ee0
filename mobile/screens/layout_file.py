"""Loads a screen's kv file, once, from beside its Python file; and tells kv where its building blocks are.

A block is imported when the first kv rule that names it is applied: the lock screen never pays for the map.
"""

from functools import cache
from pathlib import Path

from kivy.factory import Factory
from kivy.lang import Builder

BLOCKS: dict[str, str] = {
    "Actions": "frame",
    "Banner": "card",
    "BigButton": "buttons",
    "Body": "scroller",
    "Card": "card",
    "Choices": "card",
    "Dots": "pad",
    "Grid": "layout",
    "MapView": "map_view",
    "Pad": "pad",
    "RowList": "rows",
    "Stack": "layout",
    "TextField": "field",
    "TopAndRows": "frame",
    "Words": "words",
}
"""Block -> its module in `mobile.widgets`."""

for _block, _module in BLOCKS.items():
    Factory.register(_block, module=f"mobile.widgets.{_module}")


@cache
def load_layout(screen_file: str) -> None:
    """Load `screen.kv` beside `screen_file`."""
    Builder.load_file(str(Path(screen_file).with_name("screen.kv")), encoding="utf-8")
