"""Reports and notices that came into the mailbox: kept, each as one, and then marked read. Whatever happens between the two,
none is lost: it is fetched again, and known by its Message-ID."""

from server.http.services import Services
from server.importers.accounting import Importing
from server.importers.email.parse import read_letter, read_messages
from server.importers.files import Refusal, UnusableFile
from server.importers.notices import read_lines, receive_mail
from server.importers.referrals import import_referrals
from server.importers.report import Reading, Report
from server.jobs.runner import Moment
from server.mail.mailbox import MAX_BYTES, open_mailbox

SHOWN_BYTES = 2_000


def fetch_reports(services: Services, moment: Moment) -> int:
    """Bring in what is unread; returns how many messages that were. Without a mailbox there are none."""
    settings = services.settings
    if not settings.mailbox.host:
        return 0
    with open_mailbox(settings.mailbox) as mailbox:
        numbers = mailbox.list_unread()
        for number in numbers:
            moment.heartbeat()
            data = mailbox.fetch(number)
            if not _take_notice(services, data, moment):
                run = Importing(
                    "referrals", "email", "Mailbox", data, moment.now, services.new_id, settings.timezone,
                    tray=services.tray,
                )  # fmt: skip
                rows = _read(data, Reading(settings.timezone, moment.now))
                import_referrals(services.database, run, rows, settings.data)
            mailbox.mark_read(number)
    return len(numbers)


def _take_notice(services: Services, data: bytes, moment: Moment) -> bool:
    """Keep a mail that is a notice for a district's coordinator. It names somebody, so no lead reads it among the reports."""
    if len(data) >= MAX_BYTES:
        return False
    try:
        letter = read_letter(data)
    except UnusableFile:  # it waits among the refused rows
        return False
    lines = read_lines(letter.text)
    if not lines.is_notice:
        return False
    with services.database.writing() as session:
        return receive_mail(
            session, letter, lines, moment.now, moment.now.astimezone(moment.zone).date(), services.new_id
        )


def _read(data: bytes, reading: Reading) -> list[Report | Refusal]:
    """A message as a report, or as those that are attached to it; what is none is a refused row that somebody sees."""
    shown = data[:SHOWN_BYTES].decode("utf-8", "replace")
    if len(data) >= MAX_BYTES:
        return [Refusal(1, f"The message is larger than {MAX_BYTES >> 20} MB: read it in the mailbox itself.", shown)]
    try:
        return read_messages(data, reading)
    except UnusableFile as error:
        return [Refusal(1, str(error), shown)]
