"""What services there are, on a phone without a signal: the directory in memory, searched by the rule that the page uses.
Reads only."""

from datetime import datetime

from mobile.device.service_pack import ServiceFile, Stamp
from mobile.store.errors import NotHere
from mobile.text.moments import wall_time
from shared.model.position import Position
from shared.model.value import Id
from shared.rules.finding_services import Found, Indexed, Wanted, find_services


class Directory:
    """The services of one phone. The file is read when it is first asked for, and again when it is another one."""

    def __init__(self, file: ServiceFile) -> None:
        self._file = file
        self._stamp: Stamp | None = None
        self._indexed: list[Indexed] = []

    def find(self, wanted: Wanted, here: Position | None, now: datetime, limit: int) -> list[Found]:
        """Those that fit, the nearest to `here` first. `now` is an aware moment."""
        from_here = (here.latitude, here.longitude) if here else None
        asked = Wanted(
            words=wanted.words, offer=wanted.offer, welcomes=wanted.welcomes, open_when=wanted.open_when, here=from_here
        )
        return find_services(self._read(), asked, wall_time(now), limit)

    def get(self, service_id: Id, here: Position | None, now: datetime) -> Found:
        """One service. Raises `NotHere`."""
        one = [each for each in self._read() if each.service.id == service_id]
        from_here = (here.latitude, here.longitude) if here else None
        found = find_services(one, Wanted(here=from_here), wall_time(now), 1)
        if not found:
            raise NotHere
        return found[0]

    def _read(self) -> list[Indexed]:
        stamp = self._file.find_stamp()
        if stamp != self._stamp:
            self._indexed = self._file.read()
            self._stamp = stamp
        return self._indexed
