"""A point on the ground and how it came to be known. Distances and cells are computed in `shared.geo`."""

from typing import Annotated

from msgspec import Meta

from shared.model.codes import PinSource
from shared.model.value import Value

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class Position(Value, frozen=True, kw_only=True):
    """A WGS 84 point in decimal degrees.

    `accuracy_m` is the radius that the device claims, in metres; `fix_age_s` is how old the fix was when it was used.
    A pin that a worker moved keeps the guess it was moved from in `moved_from` as (latitude, longitude).
    """

    latitude: Latitude
    longitude: Longitude
    source: PinSource = PinSource.NONE
    accuracy_m: float | None = None
    fix_age_s: float | None = None
    moved_from: tuple[Latitude, Longitude] | None = None
