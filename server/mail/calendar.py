"""A conference as an iCalendar invitation (RFC 5545). It says when and where, and nothing about anybody: calendars
travel."""

from datetime import UTC, datetime, timedelta

from shared.model.conference import CaseConference
from shared.rules.agenda import SCHEDULED_MINUTES

LINE_BYTES = 75


def make_invitation(conference: CaseConference, district_name: str, now: datetime) -> str:
    """Returns the text of an .ics file, lines ended and folded as the format asks."""
    ends_at = conference.starts_at + timedelta(minutes=SCHEDULED_MINUTES)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Lantern//Case conference//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{conference.id}@lantern",
        f"DTSTAMP:{_moment(now)}",
        f"DTSTART:{_moment(conference.starts_at)}",
        f"DTEND:{_moment(ends_at)}",
        f"SUMMARY:{_text(f'{district_name} case conference')}",
        f"LOCATION:{_text(conference.place)}",
        f"DESCRIPTION:{_text('The agenda is in Lantern. Agencies that cannot come send a written update there.')}",
        "CLASS:PRIVATE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _fold(line))


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _fold(line: str) -> list[str]:
    """No line is longer than 75 bytes; the rest goes on after a space, and no letter is cut in two."""
    folded, current = [], ""
    for letter in line:
        if len((current + letter).encode()) > LINE_BYTES:
            folded.append(current)
            current = " "
        current += letter
    return [*folded, current]
