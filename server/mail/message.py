"""A mail as it travels (RFC 5322): plain text, its own lasting Message-ID, and for a conference an invitation."""

from datetime import datetime, tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from server.mail.calendar import make_invitation
from server.mail.words import write_words
from server.settings import Settings
from shared.model.conference import CaseConference
from shared.model.mail import Mail, MailKind

UNFOLDED = SMTP.clone(max_line_length=200)
"""A subject stays on one line: some readers show where a long one was folded."""


def make_message(
    mail: Mail, address: str, settings: Settings, now: datetime, zone: tzinfo, path: str = ""
) -> EmailMessage:
    """Make the message of a mail for one address.

    It has the same Message-ID whenever it is made: should a crash let it be sent twice, a mail server that has seen the
    first may drop the second.
    """
    words = write_words(mail.kind, mail.facts, settings.address, zone, path)
    message = EmailMessage(policy=UNFOLDED)
    message["From"] = settings.mail.sender
    message["To"] = address
    message["Subject"] = words.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@{host_of(settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"  # Exchange's out-of-office heeds this alone (MS-OXCMAIL 2.2.3.2.14)
    message.set_content(words.body)
    if mail.kind is MailKind.CONFERENCE_CIRCULATED and mail.facts.starts_at is not None:
        _invite(message, mail, settings, now)
    return message


def host_of(settings: Settings) -> str:
    """The name by which this server is known to others."""
    return urlsplit(settings.address).hostname or "localhost"


def _invite(message: EmailMessage, mail: Mail, settings: Settings, now: datetime) -> None:
    """When, and a link to where: the place was typed by somebody, so it is told behind the sign-in."""
    facts = mail.facts
    conference = CaseConference(
        id=facts.conference_id, district_id="", starts_at=facts.starts_at or now, place=f"{settings.address}/agendas"
    )
    invitation = make_invitation(conference, facts.district, now)
    message.add_attachment(invitation, subtype="calendar", filename="conference.ics", params={"method": "PUBLISH"})
