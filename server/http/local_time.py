"""The time of day that the answer at hand speaks: the partnership's zone, set for each request from its settings.

Pages say moments deep inside their templates, where no handler could hand a zone on.
"""

from contextvars import ContextVar
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.geo.night import DEFAULT_ZONE

_HOME: Final = ZoneInfo(DEFAULT_ZONE)
_ZONE: Final = ContextVar("zone", default=_HOME)


def speak_in(zone: ZoneInfo) -> None:
    _ZONE.set(zone)


def local_zone() -> ZoneInfo:
    return _ZONE.get()


def to_local(moment: datetime) -> datetime:
    return moment.astimezone(_ZONE.get())
