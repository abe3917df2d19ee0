"""The mail server: one connection over which mails are handed on, and what its answers mean for a mail.

Encrypted unless the server is on this machine. Whether and when to try again is decided elsewhere.
"""

import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Protocol

from server.mail.message import host_of
from server.settings import Settings

PERMANENT = 500
ADDRESS = re.compile(r"(?<![^\s<>()\[\]:;,\"@])[^\s<>()\[\]:;,\"@]{1,254}@[^\s<>()\[\]:;,\"@]{1,254}")
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
LONGEST_ERROR = 200


class MailRefused(Exception):
    """The mail server will not have this mail, now or ever: the address is wrong, or the mail is."""


class TryLater(Exception):
    """The mail server could not have this mail now."""


class Unreachable(Exception):
    """The mail server cannot be spoken to: no other mail would fare better."""


class Mailer(Protocol):
    """Hands mails on."""

    def send(self, message: EmailMessage, address: str) -> None:
        """Hand one mail on for one address. Raises Refused, TryLater or Unreachable."""

    def close(self) -> None:
        """Say goodbye."""


class SmtpMailer:
    """A Mailer that speaks SMTP, over a connection that it opens when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.mail
        self._own_name = host_of(settings)
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, address: str) -> None:
        """Hand one mail on. After any trouble the next one begins with a fresh connection."""
        connection = self._connect()
        try:
            connection.send_message(message, self._settings.sender, [address])
        except smtplib.SMTPRecipientsRefused as error:
            self._forget()
            _raise(*error.recipients[address])
        except smtplib.SMTPResponseException as error:
            self._forget()
            _raise(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            self._forget()
            raise TryLater(say_error(error)) from error

    def greet(self) -> None:
        """Open the connection and sign in, as for a mail, and hand nothing on. Raises Unreachable."""
        self._connect()

    def close(self) -> None:
        """Say goodbye, if anything was said."""
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
        self._forget()

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connect(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._open()
            except (smtplib.SMTPException, OSError) as error:
                raise Unreachable(say_error(error)) from error
        return self._connection

    def _open(self) -> smtplib.SMTP:
        asked = self._settings
        timeout_s = asked.timeout.total_seconds()
        trusted = ssl.create_default_context(cafile=asked.authority_file)
        if asked.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                asked.host, asked.port, self._own_name, timeout=timeout_s, context=trusted
            )
        else:
            connection = smtplib.SMTP(asked.host, asked.port, self._own_name, timeout=timeout_s)
        try:
            if asked.security == "starttls":
                connection.starttls(context=trusted)
            if asked.login:
                connection.login(asked.login, self._read_password())
        except BaseException:
            connection.close()
            raise
        return connection

    def _read_password(self) -> str:
        """Read for each connection, so that a changed password needs no restart."""
        path = self._settings.password_file
        return "" if path is None else path.read_text(encoding="utf-8").strip()


def is_address(text: str) -> bool:
    """Is this one address and nothing else? Some were typed by strangers."""
    return PLAIN_ADDRESS.fullmatch(text) is not None


def make_mailer(settings: Settings) -> SmtpMailer | None:
    """The mailer that the settings name; None where no mail server is set."""
    return SmtpMailer(settings) if settings.mail.host else None


def say_error(error: BaseException | str) -> str:
    """What went wrong, on one line, without anybody's address: mail servers like to repeat it."""
    text = " ".join(str(error).split()) or type(error).__name__
    return ADDRESS.sub("(address)", text)[:LONGEST_ERROR]


def _raise(code: int, said: bytes | str) -> None:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    error = say_error(f"{code} {text}")
    raise MailRefused(error) if code >= PERMANENT else TryLater(error)
