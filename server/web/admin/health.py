"""What a phone's numbers mean, in words that say what to do. Pure."""

from datetime import UTC, datetime, timedelta

from server.queries.sync.devices import DeviceHealth
from server.web.layout.words import count, say, say_moment
from shared.model.app_state import read_app
from shared.model.codes import DeviceStatus

LONG_UNSEEN = timedelta(days=3)
CLOCK_RIGHT_MS = 120_000


def from_ms(at_ms: int) -> datetime:
    """Returns the moment, aware UTC, of milliseconds since 1970."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def say_clock(skew_ms: int) -> str:
    """Returns how far a phone's clock is off; `skew_ms` is our time less the phone's, as everywhere (`sync.clock`)."""
    apart_ms = abs(skew_ms)
    if apart_ms <= CLOCK_RIGHT_MS:
        return "Right"
    minutes = round(apart_ms / 60_000)
    span = count(minutes, "minute") if minutes < 120 else count(round(minutes / 60), "hour") if minutes < 2880 else (
        count(round(minutes / 1440), "day")
    )  # fmt: skip
    return f"{span} {'slow' if skew_ms > 0 else 'fast'}"


def say_weaknesses(app: str) -> str:
    """Returns what a phone last said of itself (privacy rule B10): "Debugged, rooted"; empty for a sound one."""
    _, found = read_app(app)
    return ", ".join(sorted(found)).capitalize()


def say_state(health: DeviceHealth, now: datetime) -> str:
    """Returns what was ordered of a phone, and what it has answered."""
    if health.wiped_at_ms is not None:
        return f"Wiped, as it said on {say_moment(from_ms(health.wiped_at_ms), now)}"
    said = say(DeviceStatus(health.status))
    waits = health.status in {DeviceStatus.WIPE_NOW, DeviceStatus.WIPE_AFTER_PUSH}
    return f"{said}: it has not answered yet" if waits else said


def say_trouble(health: DeviceHealth, now: datetime, shut: int = 0) -> tuple[str, ...]:
    """Returns what somebody should do about this phone, the most pressing first. `shut` sealed boxes of it wait."""
    seen = None if health.seen_at_ms is None else from_ms(health.seen_at_ms)
    found = []
    if health.unsent and health.wiped_at_ms is not None:
        found.append(f"{count(health.unsent, 'record')} not sent before it was wiped: ask its carrier what they were")
    elif health.unsent and health.status != DeviceStatus.OK:
        found.append(f"{count(health.unsent, 'record')} not sent yet: it still hands them in while it is not wiped")
    if health.held:
        found.append(f"{count(health.held, 'record')} set aside: look at why, and let in what is right")
    if shut:
        found.append(f"{count(shut, 'sealed record')} that could not be opened yet: see why")
    if health.status == DeviceStatus.OK and health.unsent and seen is not None and now - seen > timedelta(hours=24):
        found.append(
            f"{count(health.unsent, 'record')} not sent for more than a day: ask for the phone to be switched on"
        )
    elif seen is not None and now - seen > LONG_UNSEEN:
        found.append("Not seen for more than three days")
    if health.is_clock_suspect:
        found.append("Its clock is wrong: set the phone’s time to automatic")
    if found_on_phone := say_weaknesses(health.app):
        found.append(f"{found_on_phone}: take it out of use, and enrol another")
    if health.forks:
        found.append("Two phones sent as this one: a copy was made, so enrol it again")
    if health.rewinds:
        found.append(
            f"Went back to an earlier state {count(health.rewinds, 'time')}: a restored backup, or an old copy"
        )
    return tuple(found)
