"""The alerts that the public sent in the demo county, as a StreetLink file: they come in through the real importer.

Most are old and closed, as such alerts are; a few wait, two say the same thing, one says too little, one is elsewhere.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from server.demo.people import Patch, scatter
from shared.model.codes import PinSource
from shared.model.position import Position

LONDON = ZoneInfo("Europe/London")
HEADING = (
    "alert_id", "alert_number", "duplication_status", "parent_alert_id", "status", "datetime_opened", "closed_date",
    "time_seen", "referrer_type", "alert_origin", "contact_consent", "region", "local_authority_name", "street", "postcode",
    "location_details", "geo_latitude", "geo_longitude", "age_group", "gender", "appearance",
    "immediate_concerns_about_client", "group_number_of_people", "outcome_summary",
)  # fmt: skip
OUTCOMES = (
    "person not found – person looked for",
    "person not looked for – person already known",
    "person found – engaging with services",
    "person not found – site could not be located",
    "person found – unwilling to engage",
)
SEEN = ("9pm", "about 22:30", "10.15 pm", "late evening", "7am", "midnight")
LOOKS = (
    "grey sleeping bag",
    "man in doorway, no coat",
    "woman with a small dog",
    "blue tent",
    "two people, cardboard",
    "red hat",
)
CONCERNS = ("", "", "no coat and it is freezing", "seemed unwell", "very young")
BARNET = Position(latitude=51.6070, longitude=-0.2800)
CLOSED, OPEN = 48, 9


def write_alerts(chance: Random, patches: Sequence[Patch], now: datetime) -> bytes:
    """The file's bytes: ninety days of alerts, the last few still open."""
    rows = [
        _draw_row(chance, patches, number, now - timedelta(days=chance.uniform(8, 90)), True)
        for number in range(1, CLOSED + 1)
    ]
    watford = [patch for patch in patches if patch.district.name == "Watford"]
    for number in range(CLOSED + 1, CLOSED + OPEN + 1):
        where = watford if number % 2 else patches
        rows.append(_draw_row(chance, where, number, now - timedelta(hours=chance.uniform(5, 150)), False))
    rows += _odd_ones(chance, watford[0], now)
    rows.sort(key=lambda row: row["alert_id"])
    return to_csv(rows)


def to_csv(rows: Sequence[dict[str, str]]) -> bytes:
    """Rows as StreetLink exports them."""
    text = io.StringIO()
    lines = csv.DictWriter(text, HEADING, restval="")
    lines.writeheader()
    lines.writerows(rows)
    return text.getvalue().encode()


def make_row(alert_id: str, opened: datetime, point: Position | None, **cells: str) -> dict[str, str]:
    """One alert."""
    return {
        "alert_id": alert_id,
        "alert_number": f"WD{alert_id.removeprefix('SL-')}",
        "status": "Open",
        "datetime_opened": f"{opened.astimezone(LONDON):%d/%m/%Y %H:%M}",
        "referrer_type": "Member of the Public",
        "alert_origin": "web",
        "contact_consent": "yes",
        "region": "East of England",
        "geo_latitude": f"{point.latitude:.5f}" if point else "",
        "geo_longitude": f"{point.longitude:.5f}" if point else "",
        "gender": "unknown",
        "age_group": "not known",
    } | cells


def _draw_row(chance: Random, patches: Sequence[Patch], number: int, opened: datetime, closed: bool) -> dict[str, str]:
    patch = chance.choices(patches, [patch.district.people for patch in patches])[0]
    site = chance.choice(patch.sites)
    row = make_row(
        f"SL-{number:05d}",
        opened,
        _pin(chance, site.position, 60),
        local_authority_name=patch.district.name,
        location_details=site.name,
        time_seen=chance.choice(SEEN),
        appearance=chance.choice(LOOKS),
        immediate_concerns_about_client=chance.choice(CONCERNS),
        contact_consent=chance.choice(("yes", "no")),
    )
    if closed:
        closed_at = opened + timedelta(days=chance.uniform(1, 7))
        row |= {
            "status": "Closed",
            "closed_date": f"{closed_at.astimezone(LONDON):%d/%m/%Y %H:%M}",
            "outcome_summary": chance.choice(OUTCOMES),
        }
    return row


def _odd_ones(chance: Random, watford: Patch, now: datetime) -> list[dict[str, str]]:
    """Two that say the same thing, one that says too little, one outside the county."""
    doorway = watford.sites[1].position
    first = now - timedelta(hours=20)
    same = {"local_authority_name": "Watford", "location_details": "library doorway", "time_seen": "9pm"}
    again = {"appearance": "grey sleeping bag in the doorway"} | same
    vague = {"local_authority_name": "Watford", "location_details": "homeless man near Tesco"}
    elsewhere = {"local_authority_name": "Barnet", "location_details": "bus station"}
    return [
        make_row("SL-00101", first, _pin(chance, doorway, 15), appearance="man, grey sleeping bag", **same),
        make_row("SL-00102", first + timedelta(minutes=35), _pin(chance, doorway, 15), **again),
        make_row("SL-00103", now - timedelta(hours=9), None, **vague),
        make_row("SL-00104", now - timedelta(hours=30), BARNET, **elsewhere),
    ]


def _pin(chance: Random, position: Position | None, metres: float) -> Position | None:
    if position is None:
        return None
    near = scatter(chance, position, metres)
    return Position(latitude=near.latitude, longitude=near.longitude, source=PinSource.REFERRAL)
