"""Building the phone's one service from this machine's hardware. Clocks are handed in by `mobile.app` and `mobile.__main__`."""

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx

from mobile.device import platform
from mobile.device.identifiers import id_maker
from mobile.device.ports import Location
from mobile.device.uptime import LinuxUptime
from mobile.field.service import FieldService, Phone
from mobile.store.rows import to_ms
from shared.version import VERSION


def build_field_service(
    data: Path,
    now: Callable[[], datetime],
    location: Location | None = None,
    label: str = "Phone",
    transport: httpx.BaseTransport | None = None,
    *,
    mends_clock: bool = True,
) -> FieldService:
    """The service of the phone whose data lies in `data`. Nothing runs until its `start` is called."""

    def now_ms() -> int:
        return to_ms(now())

    return FieldService(
        Phone(
            data=data,
            keystore=platform.keystore_for(data),
            uptime=LinuxUptime(),
            location=location or platform.location_for(now_ms),
            now=now,
            new_id=id_maker(now_ms, secrets.token_bytes),
            app_version=VERSION,
            label=label,
            battery=platform.battery(),
            integrity=platform.integrity(),
            transport=transport,
            mends_clock=mends_clock,
        )
    )
