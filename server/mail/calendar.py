"""A conference for calendars (RFC 5545): asked to come, told that it was moved, told that it is off (RFC 5546, RFC 6047).

It says when, whom to answer and where to read on, and nothing about anybody: calendars travel. The same UID with a higher
SEQUENCE is the same conference, moved; who opens a file of their own (`PUBLISH`) is asked for no answer.
"""

from datetime import UTC, datetime, timedelta

from shared.model.conference import CaseConference
from shared.model.value import Value
from shared.rules.agenda import SCHEDULED_MINUTES

LINE_BYTES = 75
REQUEST, CANCEL, PUBLISH = "REQUEST", "CANCEL", "PUBLISH"


class Asked(Value, frozen=True, kw_only=True):
    """How it is sent: by what method, who asks and who is asked (addresses; nobody in a published one), and the page.
    `let_go`: the conference is held, without whoever is told so."""

    method: str = PUBLISH
    organizer: str = "no-reply@lantern.invalid"
    attendee: str = ""
    is_group: bool = False
    url: str = ""
    let_go: bool = False


def make_invitation(conference: CaseConference, district_name: str, now: datetime, asked: Asked | None = None) -> str:
    """Returns the text of an .ics file, lines ended and folded as the format asks."""
    asked = asked or Asked()
    ends_at = conference.starts_at + timedelta(minutes=SCHEDULED_MINUTES)
    is_off = asked.method == CANCEL or conference.called_off_at is not None
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Lantern//Case conference//EN",
        f"METHOD:{asked.method}",
        "BEGIN:VEVENT",
        f"UID:{conference.id}@lantern",
        f"SEQUENCE:{conference.sequence}",
        f"DTSTAMP:{_moment(now)}",
        f"DTSTART:{_moment(conference.starts_at)}",
        f"DTEND:{_moment(ends_at)}",
        f"SUMMARY:{_text(f'{district_name} case conference')}",
        f"LOCATION:{_text(conference.place)}",
        *([f"URL:{asked.url}"] if asked.url else []),
        f"DESCRIPTION:{_text('The agenda is in Lantern. Agencies that cannot come send a written update there.')}",
        f"ORGANIZER:mailto:{asked.organizer}",
        *([] if not asked.attendee else [_attendee(asked)]),
        # Of one who is asked no longer nothing is said of the event itself: it is held, with the others (RFC 5546 3.2.5).
        *([] if asked.let_go else [f"STATUS:{'CANCELLED' if is_off else 'CONFIRMED'}"]),
        f"TRANSP:{'TRANSPARENT' if is_off else 'OPAQUE'}",
        "CLASS:PRIVATE",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded}\r\n" for line in lines for folded in _fold(line))


def _attendee(asked: Asked) -> str:
    who = "GROUP" if asked.is_group else "INDIVIDUAL"
    wants = "" if asked.method == CANCEL else ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
    return f"ATTENDEE;CUTYPE={who};ROLE=REQ-PARTICIPANT{wants}:mailto:{asked.attendee}"


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
