"""When a pushed fact says that things happened: mended by the phone's skew where its clock was wrong, held where it cannot be.

No fact is about the future: whoever met somebody "next year" would stand first on every list, and be kept for ever.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw, Struct, structs

from server.actions.sync.projection.batch import to_moment
from server.actions.sync.validation import FACTS, moments_of, read_field, validate
from server.queries.sync.changes import StoredBody
from shared.geo.night import outreach_night
from shared.policy import held as words
from sync.clock import AHEAD_MAX_MS, is_suspect
from sync.server import AcceptedChange
from sync.wire import Change, encode

FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD_MAX: Final = timedelta(milliseconds=AHEAD_MAX_MS)
PROMISE_MAX: Final = timedelta(days=1)
PROMISED: Final = "next_due_at"
TAKEN_AS_TOLD: Final = frozenset({"record.read"})
"""Who looked is kept whatever the clock said; the audit bounds the time by when it was heard of."""
DAYS_OF_A_LIFE: Final = ("date_of_birth", "institution_left_on", "died_on")
LIFE_FIRST: Final = date(1900, 1, 1)
"""As on pages."""


class Timely(Struct, frozen=True):
    """The changes with their times mended, and those that are held, with the reason."""

    changes: list[AcceptedChange]
    reasons: dict[str, str]


def settle_times(accepted: Sequence[AcceptedChange], timezone: str) -> Timely:
    """Mend and judge the times of a batch. The server's own changes are taken as they are."""
    changes: list[AcceptedChange] = []
    reasons: dict[str, str] = {}
    for each in accepted:
        wrong = why_no_life(each.change, to_moment(each.received_at_ms)) if each.device > 0 else None
        if wrong is not None:
            reasons[each.change.id] = wrong
            continue
        if each.device <= 0 or each.meaning is None or each.change.t in TAKEN_AS_TOLD or each.change.t not in FACTS:
            changes.append(each)
            continue
        settled = _settle(each.meaning, to_moment(each.received_at_ms), each.skew_ms, timezone)
        if isinstance(settled, str):
            reasons[each.change.id] = settled
        else:
            changes.append(each if settled is each.meaning else structs.replace(each, meaning=settled))
    return Timely(changes, reasons)


def _settle(fact: Any, received_at: datetime, skew_ms: int, zone: str) -> Any:
    """The fact, its times mended where the phone's clock was wrong, fast or slow; or why it is held. Times that were possible and
    are not once they are mended stay as they were told: the clock was put right, or went wrong, since."""
    latest = received_at + AHEAD_MAX
    why = _why_wrong(fact, latest, zone)
    if not is_suspect(skew_ms):
        return why or fact
    try:
        mended = _mend(fact, timedelta(milliseconds=skew_ms), zone)
    except OverflowError:
        return why or fact
    wrong = _why_wrong(mended, latest, zone)
    if wrong is None:
        return mended
    return fact if why is None else wrong


def with_true_times(stored: StoredBody, zone: str) -> StoredBody:
    """A held change as it is when it is let in: its times mended as they would have been when it came."""
    change = stored.change
    if change is None or change.erased or change.t not in FACTS or not is_suspect(stored.skew_ms):
        return stored
    judged = validate(change)
    fact = None if isinstance(judged, str) else judged.meaning
    settled = _settle(fact, to_moment(stored.received_at_ms), stored.skew_ms, zone) if fact is not None else fact
    if settled is fact or isinstance(settled, str):
        return stored
    return structs.replace(stored, body=encode(structs.replace(change, p=Raw(msgspec.json.encode(settled)))))


def why_no_life(change: Change, now: datetime) -> str | None:
    """Why a day that a patch gives of somebody's life cannot be, None when it can. A day of leeway is a phone in another zone."""
    told = change.set_ if change.t == "person.patched" and change.set_ is not None else {}
    for field in DAYS_OF_A_LIFE:
        day = read_field(change.t, field, bytes(told[field][0])) if field in told else None
        if day is not None and day > (now + timedelta(days=1)).date():
            return words.DAY_AHEAD
        if day is not None and day < LIFE_FIRST:
            return words.DAY_BEFORE
    return None


def why_wrong(fact: Any, now: datetime, zone: str) -> str | None:
    """Why a fact's times cannot be, None when they can."""
    return _why_wrong(fact, now + AHEAD_MAX, zone)


def _mend(fact: Any, skew: timedelta, zone: str) -> Any:
    times: dict[str, Any] = {}
    for name in moments_of(type(fact)):
        value = getattr(fact, name)
        if value is not None:
            times[name] = value + skew
    happened = times.get("seen_at") or times.get("started_at") or times.get("at")
    if happened is not None and hasattr(fact, "night"):
        times["night"] = outreach_night(happened, zone)
    if hasattr(fact, "fields"):
        times["fields"] = _mend_correction(fact.fields, skew, zone)
    return structs.replace(fact, **times)


def _mend_correction(fields: Any, skew: timedelta, zone: str) -> Any:
    """A time that a correction gives was chosen by the same clock. Its fields are as they came: texts."""
    if "seen_at" not in fields:
        return fields
    seen_at = datetime.fromisoformat(fields["seen_at"])
    if seen_at.tzinfo is None:
        return fields
    mended = seen_at + skew
    night = {"night": outreach_night(mended, zone).isoformat()} if "night" in fields else {}
    return {**fields, "seen_at": mended.isoformat()} | night


def _why_wrong(fact: Any, latest: datetime, zone: str) -> str | None:
    happened = None
    for name in moments_of(type(fact)):
        value = getattr(fact, name)
        if value is None:
            continue
        if value < FIRST:
            return words.TIME_BEFORE
        if name == PROMISED:
            if value > latest + PROMISE_MAX:
                return words.LONG_PROMISE
        elif value > latest:
            return words.TIME_AHEAD
        happened = happened or value
    night = getattr(fact, "night", None)
    if night is not None and happened is not None:
        return _why_other_night(night, happened, latest, zone)
    return _why_wrong_correction(fact.fields, latest, zone) if hasattr(fact, "fields") else None


def _why_wrong_correction(fields: Any, latest: datetime, zone: str) -> str | None:
    """What a correction says of when it was. Its fields are as they came: texts."""
    seen_at = datetime.fromisoformat(fields["seen_at"]) if "seen_at" in fields else None
    if seen_at is not None and (seen_at.tzinfo is None or seen_at > latest):
        return words.TIME_AHEAD
    if seen_at is not None and seen_at < FIRST:
        return words.TIME_BEFORE
    night = date.fromisoformat(fields["night"]) if "night" in fields else None
    if night is None:
        return None
    return _why_no_night(night, latest, zone) if seen_at is None else _why_other_night(night, seen_at, latest, zone)


def _why_other_night(night: date, happened: datetime, latest: datetime, zone: str) -> str | None:
    """One night more or less is a phone in another zone, or noon; a night that has not come is nobody's."""
    if abs((night - outreach_night(happened, zone)).days) > 1:
        return words.OTHER_NIGHT
    return _why_no_night(night, latest, zone)


def _why_no_night(night: date, latest: datetime, zone: str) -> str | None:
    if night > latest.astimezone(ZoneInfo(zone)).date():
        return words.TIME_AHEAD
    return words.TIME_BEFORE if night < FIRST.date() else None
