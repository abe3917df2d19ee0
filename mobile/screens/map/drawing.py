"""Turns what the phone holds into what the map widget draws. No screen of its own: the contact's pin uses it too."""

from collections.abc import Iterable

from mobile.field.views import MapItem
from mobile.ports import MapSketch
from mobile.widgets.map_marks import Pin
from mobile.widgets.map_sketch import Ground, Name
from mobile.widgets.map_view import MapView


def fill_map(view: MapView, sketch: MapSketch, items: Iterable[MapItem]) -> None:
    """Ground, names and pins; a raster pack beneath them where there is one."""
    view.tiles.open(sketch.tiles_path)
    draw_ground(view, sketch)
    view.show_pins([pin_of(item) for item in items])


def draw_ground(view: MapView, sketch: MapSketch) -> None:
    """What lies beneath the pins, anew: outlines, streets, names and cells."""
    names = tuple(
        Name(text=place.name, latitude=place.latitude, longitude=place.longitude, rank=place.rank)
        for place in sketch.places
    )
    cells = tuple((cell.corners, cell.strength) for cell in sketch.cells)
    view.show_sketch(Ground(streets=sketch.streets, names=names, cells=cells), sketch.outlines, sketch.ways)


def pin_of(item: MapItem) -> Pin:
    """A mark to press, its key naming both kind and record."""
    return Pin(
        key=f"{item.kind}/{item.id}",
        kind=item.kind,
        latitude=item.latitude,
        longitude=item.longitude,
        title=item.title,
    )
