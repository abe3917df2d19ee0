"""What every service of an unlocked phone stands on: its store, whose phone it is, and the clocks. Behaves not at all."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from mobile.device.location import Whereabouts
from mobile.store.database import Store
from shared.model.device import FieldConfig
from shared.model.value import Id


class Clock(Protocol):
    """The phone's clocks, injected."""

    def now(self) -> datetime:
        """Aware UTC."""

    def uptime_ms(self) -> int:
        """Milliseconds since boot."""

    def boot(self) -> str:
        """Which boot."""

    def off_ms(self) -> int:
        """How far the wall clock is ahead of `now`, which is mended by that; 0 while it is right or nobody can tell."""


class Context(Struct):
    """One unlocked phone."""

    store: Store
    config: FieldConfig
    device_number: int
    clock: Clock
    new_id: Callable[[], Id]
    whereabouts: Whereabouts

    @property
    def worker_id(self) -> Id:
        """Whose phone this is."""
        return self.config.worker.id

    @property
    def scope(self) -> str:
        """The feed that this team's work is recorded in."""
        return f"team:{self.config.team.id}"

    def name_of(self, worker_id: Id) -> str:
        """What a colleague is called on a screen: "Aisha N"; "a colleague" when nobody told this phone."""
        for worker in (self.config.worker, *self.config.colleagues):
            if worker.id == worker_id:
                return worker.short_name
        return "a colleague"
