"""Check-ins that were held and wait for somebody's decision: a worker who was moved to another team today pressed all the same.

Nothing of them is in the record. Whose they are says the phone, which was enrolled, and not what it wrote.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from server.database.columns import ID_LENGTH
from server.queries.partnership.workers import list_bearers
from server.queries.sync.changes import StoredBody, list_quarantined
from server.tables.sync.sync import device
from shared.model.codes import DeviceStatus
from shared.model.shift import CheckIn
from shared.model.value import NO_JSON, Id, Value
from shared.policy import held as reasons
from shared.rules.check_ins import promise_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHECK_IN = "checkin.made"
TEAM_SCOPE = "team:"
SIGNS = (reasons.OTHER_TEAM, reasons.OTHER_SHIFT, reasons.NOT_KNOWN)
"""Held for one of these it was made all the same, by whoever carries the phone and when it says."""


class HeldCheckIn(Value, frozen=True, kw_only=True):
    """`id` is the check-in's own where a table could hold that; `team_id` what its phone says, or empty."""

    id: Id
    device: int
    worker_id: Id
    team_id: Id
    made: CheckIn
    reason: str
    received_at_ms: int
    skew_ms: int = 0

    @property
    def heard_at(self) -> datetime:
        """When the server received it."""
        return EPOCH + timedelta(milliseconds=self.received_at_ms)

    @property
    def made_at(self) -> datetime:
        """When it was made, by the server's clock."""
        return mend(self.made.at, self.skew_ms, self.received_at_ms)


class HeldSign(Value, frozen=True, kw_only=True):
    """A worker was well at `at` and promised to be heard at `due_at`, by the server's clock."""

    at: datetime
    due_at: datetime


def list_held_check_ins(session: Session) -> list[HeldCheckIn]:
    """All that can be read, the oldest first."""
    held = [(each, _read(each)) for each in list_quarantined(session, of_types=(CHECK_IN,))]
    bearers = list_bearers(session, {each.device for each, _ in held}) if held else {}
    found = []
    for each, made in held:
        if made is not None and each.change is not None and each.device in bearers:
            team_id = each.change.s.removeprefix(TEAM_SCOPE)
            found.append(HeldCheckIn(
                id=made.id if _is_id(made.id) else each.id, device=each.device, worker_id=bearers[each.device][0],
                team_id=team_id if _is_id(team_id) else "", made=made, reason=each.reason or "",
                received_at_ms=each.received_at_ms, skew_ms=each.skew_ms,
            ))  # fmt: skip
    return found


def find_held_signs(session: Session) -> dict[Id, HeldSign]:
    """The newest of each worker who made it themselves, on a phone of theirs that nobody stopped and whose clock was right."""
    held = list_held_check_ins(session)
    sound = list_sound(session, {each.device for each in held}) if held else set()
    signs: dict[Id, HeldSign] = {}
    for each in held:
        if each.device in sound and each.made.worker_id == each.worker_id and each.reason.endswith(SIGNS):
            at = each.made_at
            sign = HeldSign(at=at, due_at=promise_of(each.made.at, each.made.next_due_at, at))
            known = signs.get(each.worker_id)
            signs[each.worker_id] = sign if known is None or known.at <= at else known
    return signs


def mend(said: datetime, skew_ms: int, received_at_ms: int) -> datetime:
    """When something was done by the server's clock, of a time that a phone says: never after it was received."""
    received_at = EPOCH + timedelta(milliseconds=received_at_ms)
    try:
        return max(EPOCH, min(said + timedelta(milliseconds=skew_ms), received_at))
    except OverflowError:  # a clock from beyond the calendar
        return received_at


def list_sound(session: Session, numbers: Collection[int]) -> set[int]:
    """Those of these phones that nobody stopped."""
    asked = device.c.number.in_(sorted(numbers)), device.c.status == str(DeviceStatus.OK)
    return set(session.scalars(select(device.c.number).where(*asked)))


def _is_id(said: str) -> bool:
    """Could a table hold it? Nobody has looked at what is held."""
    return 0 < len(said) <= ID_LENGTH and said.isascii() and said.isprintable()


def _read(held: StoredBody) -> CheckIn | None:
    change = held.change
    if change is None or change.erased:
        return None
    try:
        return msgspec.json.decode(change.p, type=CheckIn)
    except NO_JSON:
        return None
