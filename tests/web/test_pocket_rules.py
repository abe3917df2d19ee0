"""The form in a pocket holds the phone's own rules: what may be a PIN, the lease, the night, and times as they are typed."""

import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mobile.opening.lease import Lease, counted, standing
from server.http.local_time import speak_in
from server.web.outreach.typed_times import latest_moment
from shared.geo.night import outreach_night
from shared.rules.address_hint import find_hints
from shared.rules.pins import COMMONEST, refusal_of_pin
from tests.paths import ROOT
from tests.shared.rules.test_address_hint import FIFTY

SCRIPT = ROOT / "tests" / "web" / "pocket_rules.mjs"
ZONE = "Europe/London"
HOUR_MS = 3_600_000
BOTH_CHANGES = (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 0, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Any]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not on this machine")
    asked = {
        "aheads": [told for told, _ in AHEADS],
        "pins": PINS, "commonest": sorted(COMMONEST), "leases": LEASES, "nights": NIGHTS, "clocks": CLOCKS,
        "nobody": [typed for typed, _ in NOBODY], "nowhere": [typed for typed, _ in NOWHERE], "notes": NOTES,
    }  # fmt: skip
    done = subprocess.run(
        [node, "--no-warnings", str(SCRIPT)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[Any]] = json.loads(done.stdout)
    return told


PINS = [
    "", "12345", "abcdef", "12 456", "١٢٣٤٥٦", "123456", "890123", "000000", "987654", "345678", "121212", "271828", "906142",
    "48151623", "593017", "9876543210", "210987", *sorted(COMMONEST)[:20],
]  # fmt: skip


def _leases() -> list[Any]:
    draw = Random(7)
    found = []
    for _ in range(200):
        before = {
            "elapsedMs": draw.choice([0, 10, 71, 73, 335, 337]) * HOUR_MS, "wallMs": 10**12,
            "uptimeMs": draw.randrange(0, 50 * HOUR_MS), "boot": "a", "isDoubtful": draw.random() < 0.1,
        }  # fmt: skip
        uptime = draw.randrange(0, 90 * HOUR_MS)
        same = draw.random() < 0.5 and uptime >= before["uptimeMs"]
        # Within one opening a browser may have slept: it counts what the wall clock says it missed. Phones count uptime alone.
        leap = uptime - before["uptimeMs"] if same else draw.choice([-5, 1, 3, 71, 400, 59 * 24, 61 * 24]) * HOUR_MS
        found.append([before, 10**12 + leap, uptime, "a" if same else "b"])
    return found


LEASES = _leases()
NIGHTS = [
    [int((change + timedelta(minutes=minutes)).timestamp() * 1000), zone]
    for change in BOTH_CHANGES
    for minutes in range(-24 * 60, 36 * 60, 30)
    for zone in (ZONE, "America/Los_Angeles")
]
CLOCKS = [
    [words, int((change + timedelta(minutes=minutes)).timestamp() * 1000), ZONE]
    for change in BOTH_CHANGES
    for minutes in (10, 54.5, 55, 59, 59.5, 61, 80, 119, 121, 150, 12 * 60)
    for words in ("01:30", "0:59", "2.00", "2311", "12:00", "01:00", "3:35")
] + [[words, 10**12, ZONE] for words in ("25:00", "noon", "", "1")]
CLOCKS += [
    ["23:40", int(datetime(2026, 11, 21, 23, m, tzinfo=UTC).timestamp() * 1000), ZONE] for m in (29, 30, 31, 39, 40)
]
"""A watch that is ahead."""


def _typed(state: str, alias: str = "", description: str = "", unidentified: str = "") -> dict[str, Any]:
    people = [{"alias": "", "description": ""}, {"alias": alias, "description": description}]
    return {"state": state, "people": people, "unidentified": unidentified}


NOBODY = [
    (_typed("nobody_here"), False), (_typed("nobody_here", unidentified="0"), False), (_typed("nobody_here", "Blue"), True),
    (_typed("nobody_here", description="a hat"), True), (_typed("nobody_here", unidentified="2"), True),
    (_typed("bedded_down", "Blue", unidentified="2"), False),
]  # fmt: skip


HERE = {"pin": {"latitude": 51.6, "longitude": -0.3}}
NOWHERE = [
    ({"state": "nobody_here", "place": "", "position": None}, True),
    ({"state": "nobody_here", "place": "the arch", "position": None}, False),
    ({"state": "nobody_here", "place": "", "position": HERE}, False),
    ({"state": "bedded_down", "place": "", "position": None}, False),
]


def _notes() -> list[str]:
    draw = Random(12)
    pieces = (
        *(note for note, _ in FIFTY), "14", "7b,", "Flat 3", "Queens", "Łódź", "Road", "st", "3 nights", "WD17 1AB", "wd171ab",
        "07700 900123", "+44 (0)7700 900 123", "a.b@c.org", "école@d.fr", "O’Neill", "\n", "\u00a0", "١٢", "🙂", "12 Höfer Str",
        "x9", ".", "(01923) 555 123",
    )  # fmt: skip
    made = [draw.choice(("", " ")).join(draw.choices(pieces, k=draw.randrange(2, 6))) for _ in range(3_000)]
    return [*pieces, *made]


NOTES = _notes()


def test_a_note_is_asked_about_where_a_phone_asks(answers: dict[str, list[Any]]) -> None:
    asked = [bool(find_hints(note)) for note in NOTES]
    assert [n for n, a, b in zip(NOTES, answers["notes"], asked, strict=True) if a != b] == []
    assert 500 < sum(asked) < len(asked) - 500


def test_a_stop_that_was_nowhere_is_refused(answers: dict[str, list[Any]]) -> None:
    assert answers["nowhere"] == [is_refused for _, is_refused in NOWHERE]


def test_nobody_was_here_where_somebody_is_told_of_is_refused(answers: dict[str, list[Any]]) -> None:
    """They would be a record that nobody met, or lost without a word."""
    assert answers["nobody"] == [is_refused for _, is_refused in NOBODY]


def test_a_pin_is_refused_in_the_same_words(answers: dict[str, list[Any]]) -> None:
    assert answers["pins"] == [refusal_of_pin(each) or "" for each in PINS]


def test_a_lease_is_counted_as_on_a_phone(answers: dict[str, list[Any]]) -> None:
    told = []
    for before, wall_ms, uptime_ms, boot in LEASES:
        lease = Lease(
            elapsed_ms=before["elapsedMs"], wall_ms=before["wallMs"], uptime_ms=before["uptimeMs"], boot=before["boot"],
            is_doubtful=before["isDoubtful"],
        )  # fmt: skip
        now = counted(lease, wall_ms, uptime_ms, boot)
        told.append([now.elapsed_ms, now.is_doubtful, standing(now, 72, 14).value])
    assert answers["leases"] == told
    assert {each[2] for each in told} == {"valid", "expired", "shred"}


def test_a_night_is_the_same_through_both_changes_of_the_clock(answers: dict[str, list[Any]]) -> None:
    nights = [outreach_night(datetime.fromtimestamp(ms / 1000, UTC), zone).isoformat() for ms, zone in NIGHTS]  # type: ignore[arg-type]
    assert answers["nights"] == nights


def test_a_time_is_read_the_same_through_both_changes_of_the_clock(answers: dict[str, list[Any]]) -> None:
    speak_in(ZoneInfo(ZONE))
    told = [_moment(words, ms) for words, ms, _ in CLOCKS]  # type: ignore[arg-type]
    assert answers["clocks"] == told
    assert None in told and len(set(told)) > 15


def _moment(words: str, ms: int) -> int | None:
    try:
        return int(latest_moment(words, datetime.fromtimestamp(ms / 1000, UTC)).timestamp() * 1000)
    except ValueError:
        return None


SLOW = {"ms": 600_000, "wallMs": 10_000_000, "uptimeMs": 5_000, "boot": "a"}
"""The server's clock was ten minutes ahead of the device's."""
AHEADS = [
    ((SLOW, 10_060_000, 65_000, "a"), 600_000),  # a minute later
    ((SLOW, 10_660_000, 65_000, "a"), 0),  # the device's clock was put right within that minute
    ((SLOW, 6_460_000, 65_000, "a"), 4_200_000),  # it was set back by an hour
    ((SLOW, 17_260_000, 65_000, "a"), 600_000),  # it slept for two hours: uptime may not count that
    ((SLOW, 10_060_000, 300, "b"), 600_000),  # the page was opened anew
    ((SLOW, 9_000_000, 300, "b"), 0),  # and its clock had been set back: by how much nobody knows
    ((None, 10_060_000, 65_000, "a"), 0),
    ((600_000, 10_060_000, 65_000, "a"), 0),  # as an earlier version kept it
]


def test_by_how_much_a_clock_is_wrong_is_forgotten_once_it_is_set(answers: dict[str, list[Any]]) -> None:
    """Else what is recorded after it was put right bears a time that is wrong by what it was wrong before."""
    assert answers["aheads"] == [ahead for _, ahead in AHEADS]
