"""The world of a phone without screens: a clock that a script may set, a network that it may cut, fixes that it hands in."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx

from mobile.device.ports import RawFix


class SettableClock:
    """Runs on from whatever it was last set to."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The time it shows."""
        return self._real() + self._ahead

    def set(self, at: datetime) -> None:
        """Show this from now on."""
        self._ahead = at - self._real()


class CuttableNetwork(httpx.BaseTransport):
    """The real network, unless it is cut."""

    def __init__(self, *, is_online: bool = True) -> None:
        self.is_online = is_online
        self._real: httpx.HTTPTransport | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry a request, or be a dead network."""
        if not self.is_online:
            raise httpx.ConnectError("the network is cut")
        if self._real is None:
            self._real = httpx.HTTPTransport(trust_env=False)
        return self._real.handle_request(request)

    def close(self) -> None:
        """A client hangs up; the next one connects anew."""
        if self._real is not None:
            self._real.close()
            self._real = None


class ScriptedLocation:
    """Fixes come when a script says so."""

    def __init__(self) -> None:
        self._on_fix: Callable[[RawFix], None] | None = None

    def start(self, on_fix: Callable[[RawFix], None]) -> None:
        """Begin listening."""
        self._on_fix = on_fix

    def stop(self) -> None:
        """Stop listening."""
        self._on_fix = None

    def fix(self, fix: RawFix) -> None:
        """Hand in a fix."""
        if self._on_fix is not None:
            self._on_fix(fix)
