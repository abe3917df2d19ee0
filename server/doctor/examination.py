"""Every look of the doctor, in the order in which an operator would mend what is found."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from server.condition.finding import Finding, look, well
from server.doctor.database import look_at_database
from server.doctor.files import look_at_files
from server.doctor.settings import look_at_settings
from server.mail.smtp import SmtpMailer, Unreachable
from server.settings import Settings

MAIL_PATIENCE = timedelta(seconds=10)


def examine(settings: Settings, backups: Path | None, now: datetime) -> list[Finding]:
    """Look at all of it. `backups` is the folder where `lantern backup` writes, if it is to be looked at."""
    return [
        *look_at_settings(settings),
        *look_at_files(settings, backups, now),
        *look_at_database(settings, now),
        *_look_at_mail(settings),
    ]


def _look_at_mail(settings: Settings) -> Iterator[Finding]:
    if not settings.mail.host:
        yield look("mail", "LANTERN_SMTP_HOST is not set: mails wait, and nobody is reminded of anything.")
        return
    mailer = SmtpMailer(replace(settings, mail=replace(settings.mail, timeout=MAIL_PATIENCE)))
    try:
        mailer.greet()
    except Unreachable as error:
        yield look("mail", f"{settings.mail.host} cannot be spoken to: {error}")
    else:
        yield well("mail", f"{settings.mail.host} answers, and takes the account.")
    finally:
        mailer.close()
