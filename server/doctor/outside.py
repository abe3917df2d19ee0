"""What this server is connected to: the mail server, the mailbox of reports, the organisation's sign-in, and the file of streets.

Each is spoken to for a few seconds, as the server would; nothing is sent, fetched or marked as read.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from server.condition.finding import Finding, look, well
from server.mail.mailbox import MailboxTrouble, open_mailbox
from server.mail.smtp import SmtpMailer, Unreachable
from server.places.basemap.clipping import FILE, list_packs
from server.places.basemap.serving import find_served
from server.security.openid import Provider, ProviderFailed
from server.settings import Settings

PATIENCE = timedelta(seconds=10)


def look_outside(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Mail out, reports in, sign-in, streets; of what is not set only what everybody needs."""
    yield _mail(settings)
    if settings.mailbox.host:
        yield _mailbox(settings)
    if settings.openid.issuer:
        yield _sign_in(settings, now)
    yield _streets(settings)


def _mail(settings: Settings) -> Finding:
    if not settings.mail.host:
        return look("mail", "LANTERN_SMTP_HOST is not set: mails wait, and nobody is reminded of anything.")
    mailer = SmtpMailer(replace(settings, mail=replace(settings.mail, timeout=PATIENCE)))
    try:
        mailer.greet()
    except Unreachable as error:
        return look("mail", f"{settings.mail.host} cannot be spoken to: {error}")
    finally:
        mailer.close()
    return well("mail", f"{settings.mail.host} answers, and takes the account.")


def _mailbox(settings: Settings) -> Finding:
    box = settings.mailbox
    try:
        with open_mailbox(replace(box, timeout=PATIENCE)):
            return well("mailbox", f"{box.host} answers, takes the account, and has the folder {box.folder}.")
    except MailboxTrouble as trouble:
        return look("mailbox", f"Reports that are sent to {box.host} are not read. {trouble}")


def _sign_in(settings: Settings, now: datetime) -> Finding:
    try:
        Provider(settings.openid, settings.address).metadata(now)
    except ProviderFailed as failed:
        return look("sign-in", f"Nobody can sign in with {settings.openid.name}: {failed}")
    return well("sign-in", f"{settings.openid.issuer} answers, and is who it says it is.")


def _streets(settings: Settings) -> Finding:
    if not (settings.data / FILE).exists():
        return well("streets", "There are none: maps show places without streets. `lantern basemap FILE` brings them.")
    served = find_served(settings.data)
    if served is None:
        return look("streets", f"{FILE} cannot be read: run `lantern basemap` again.")
    districts = list_packs(settings.data)
    if not districts:
        return look("streets", "Pages have streets and phones have none: run `lantern basemap` again.")
    return well(
        "streets", f"Pages have streets down to zoom {served.max_zoom}, and phones those of {len(districts)} districts."
    )
