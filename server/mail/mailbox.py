"""A mailbox that reports are sent to (IMAP4rev1, RFC 3501): its unread messages, and marking one as read.

Encrypted unless the server is on this machine. A message is fetched without being marked, and marked once it is kept.
"""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from server.settings import MailboxSettings

MAX_BYTES = 10 << 20
AT_ONCE = 100
"""So many messages in one round; the others wait for the next."""


class MailboxTrouble(Exception):
    """The mailbox cannot be read now; the message says why."""


class Mailbox:
    """An open mailbox."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    def list_unread(self) -> list[str]:
        """The numbers (UIDs) of unread messages, oldest first."""
        found = self._ask("search", None, "UNSEEN")  # type: ignore[arg-type]
        return [number.decode() for number in (found[0] or b"").split()][:AT_ONCE]

    def fetch(self, number: str) -> bytes:
        """A message as it came, unmarked; of a very large one its beginning, which says who sent it and when."""
        answer = self._ask("fetch", number, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
        return bytes(next((part[1] for part in answer if isinstance(part, tuple)), b""))

    def mark_read(self, number: str) -> None:
        """Say that a message is kept."""
        self._ask("store", number, "+FLAGS.SILENT", r"(\Seen)")

    def _ask(self, command: str, *words: str) -> list[Any]:
        try:
            status, answer = self._connection.uid(command, *words)
        except (imaplib.IMAP4.error, OSError) as error:
            raise MailboxTrouble(f"The mailbox did not answer {command}: {type(error).__name__}.") from error
        if status != "OK":
            raise MailboxTrouble(f"The mailbox refused {command}.")
        return answer


@contextmanager
def open_mailbox(settings: MailboxSettings) -> Iterator[Mailbox]:
    """Sign in and choose the folder. Raises MailboxTrouble, never with a password in its words."""
    connection = None
    try:
        connection = _connect(settings)
        password = settings.password_file.read_text(encoding="utf-8").strip() if settings.password_file else ""
        connection.login(settings.login, password)
        status, _ = connection.select(f'"{settings.folder}"')
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        if connection is not None:
            _close(connection)
        raise MailboxTrouble(f"The mailbox cannot be opened: {type(error).__name__}.") from error
    try:
        if status != "OK":
            raise MailboxTrouble(f"There is no folder {settings.folder}.")
        yield Mailbox(connection)
    finally:
        _close(connection)


def _connect(settings: MailboxSettings) -> imaplib.IMAP4:
    seconds = settings.timeout.total_seconds()
    authority = str(settings.authority_file) if settings.authority_file else None
    context = ssl.create_default_context(cafile=authority)
    if settings.security == "tls":
        return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=context, timeout=seconds)
    connection = imaplib.IMAP4(settings.host, settings.port, timeout=seconds)
    if settings.security == "starttls":
        connection.starttls(context)
    return connection


def _close(connection: imaplib.IMAP4) -> None:
    with suppress(imaplib.IMAP4.error, OSError):
        connection.logout()
