"""A mail as it travels (RFC 5322): plain text, its own lasting Message-ID, and for a conference an invitation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import urlsplit

from server.mail.calendar import CANCEL, REQUEST, Asked, make_invitation
from server.mail.words import write_words
from server.settings import Settings
from shared.model.conference import CaseConference
from shared.model.mail import Mail, MailKind
from shared.policy.mail import CHOICES

METHODS: Mapping[MailKind, str] = {
    MailKind.CONFERENCE_CIRCULATED: REQUEST,
    MailKind.CONFERENCE_MOVED: REQUEST,
    MailKind.CONFERENCE_CALLED_OFF: CANCEL,
}
"""What a mail asks of its reader's calendar (RFC 5546)."""
UNFOLDED = SMTP.clone(max_line_length=200, cte_type="7bit")
"""A subject stays on one line: some readers show where a long one was folded. What is in it travels in 7 bits: nobody asks the
mail server whether it takes 8 (RFC 6152), and one that does not would garble the name of a district, or refuse the mail."""


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Whom a mail goes to, whose mailbox that is, and who reads an answer to it (an address; nobody where it is empty).
    `organizer` is the address in whose name what goes with it stands in calendars; the server's own where it is empty."""

    address: str
    is_shared: bool = False
    answer_to: str = ""
    organizer: str = ""


def make_message(
    mail: Mail,
    to: Envelope,
    settings: Settings,
    now: datetime,
    zone: tzinfo,
    path: str = "",
    enclosed: Sequence[tuple[str, bytes]] = (),
) -> EmailMessage:
    """Make the message of a mail for one address, with what goes with it, as (file name, PDF).

    It has the same Message-ID whenever it is made: should a crash let it be sent twice, a mail server that has seen the
    first may drop the second. Mails about one conference refer to one another, so that readers show them together.
    """
    may_choose = mail.worker_id is not None and mail.kind in CHOICES
    words = write_words(
        mail.kind, mail.facts, settings.address, zone, path, may_choose=may_choose, answered=bool(to.answer_to)
    )
    message = EmailMessage(policy=UNFOLDED)
    message["From"] = settings.mail.sender
    message["To"] = to.address
    message["Subject"] = words.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@{host_of(settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"  # Exchange's out-of-office heeds this alone (MS-OXCMAIL 2.2.3.2.14)
    if to.answer_to:
        message["Reply-To"] = to.answer_to
    if may_choose:
        message["List-Unsubscribe"] = f"<{settings.address}/notifications>"
    if mail.facts.conference_id:
        message["References"] = f"<conference-{mail.facts.conference_id}@{host_of(settings)}>"
    message.set_content(words.body)
    if mail.kind in METHODS and mail.facts.starts_at is not None:
        _invite(message, mail, to, settings, now)
    for name, content in enclosed:
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return message


def host_of(settings: Settings) -> str:
    """The name by which this server is known to others."""
    return urlsplit(settings.address).hostname or "localhost"


def _invite(message: EmailMessage, mail: Mail, to: Envelope, settings: Settings, now: datetime) -> None:
    """When, and a link to where: the place was typed by somebody, so it is told behind the sign-in."""
    facts = mail.facts
    url = f"{settings.address}/{'agreements' if facts.lapsed else f'agendas/{facts.conference_id}'}"
    conference = CaseConference(
        id=facts.conference_id, district_id="", starts_at=facts.starts_at or now, place=url, sequence=facts.sequence
    )
    asked = Asked(
        method=METHODS[mail.kind], organizer=to.organizer or parseaddr(settings.mail.sender)[1], attendee=to.address,
        is_group=to.is_shared, url=url, let_go=facts.let_go,
    )  # fmt: skip
    invitation = make_invitation(conference, facts.district, now, asked)
    message.add_attachment(invitation, subtype="calendar", filename="conference.ics", params={"method": asked.method})
