"""Whether this server can be trusted to keep what it is given: room on the disk, SQLite's log beside its database, and a database
that knows every order of the ledger. `/health` says it, and `lantern serve` asks before it serves.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from server.actions.operation.ledger import list_unknown
from server.actions.operation.orders import MARK, PEOPLE_MERGED, Ledger
from server.database.engine import Database
from server.queries.operation import audit
from server.queries.operation.audit import LedgerEntry
from server.settings import Settings

ROOM_BYTES = 64 * 1024 * 1024
DISK_FULL = "The disk is full: nothing that phones send can be kept. Make room."
LOG_GONE = (
    "SQLite's write-ahead log is gone from beside its database. What was written since may be lost at the next start: "
    "make a backup of the running server now, then restart."
)
LEDGER_AHEAD = (
    "The ledger knows {count} that this database does not ({kinds}): the database was put back to an earlier state. People who "
    "were hidden or erased since, and phones that were wiped, would be as they were before. Stop the server and run "
    "`lantern replay`, or restore a backup with `lantern restore`."
)
SENT_AGAIN = frozenset({PEOPLE_MERGED})
"""What phones send again by themselves, when their transaction was cut off."""
KINDS = {
    "person_hidden": "hiding a person",
    "person_shown": "showing a person again",
    "person_erased": "erasing a person",
    "device_enrolled": "enrolling a phone",
    "device_renewed": "a phone's new number",
    "device_status": "stopping a phone",
    "entity_placed": "a hand-over",
    "recipient": "who may see",
    "worker": "what a worker may do",
    "system_ended": "letting a partner's system in no more",
    "system_secret": "another secret for a partner's system",
    "system_moved": "where a partner's system hears of what is new",
    "mailbox_moved": "an agency's mailbox",
    "agreement": "the last day of an agreement",
    "device_confirmed": "comparing a phone's digits",
    "tokens_revoked": "taking back a phone's tokens",
    "team": "where a team walks",
    "document_erased": "erasing a document",
    "sharing_ended": "a no to sharing",
    "publication_withdrawn": "withdrawing a publication",
    "proof_replaced": "another password or authenticator",
    "recovery_code_used": "a recovery code that was used",
    "account_untied": "untying an organisation's account",
    "reporting_key_ended": "taking a key for reports away",
    "analyst_ended": "letting somebody read exact counts no more",
    "seat_taken": "letting an agency go from a table",
    "guest_taken": "inviting an agency to a case no more",
    MARK: "the hourly mark",
}


class Soundness:
    """Looks after one server's files. A ledger that it found well it reads again only when that has grown."""

    def __init__(self, settings: Settings, database: Database, ledger: Ledger) -> None:
        self._settings, self._database, self._ledger = settings, database, ledger
        self._log: int | None = None
        self._compared: tuple[int, ...] | None = None
        self._ahead = ""

    def list_trouble(self) -> list[str]:
        """What is wrong, in sentences for an operator. Raises what the database raises when it does not answer."""
        with self._database.reading() as session:
            session.connection().exec_driver_sql("SELECT 1")
        return [each for each in (self._why_no_room(), self._why_no_log(), self._why_ahead()) if each]

    def _why_no_room(self) -> str:
        folders = {self._settings.data, *([self._file.parent] if self._file else [])}
        full = [each for each in folders if each.is_dir() and shutil.disk_usage(each).free < ROOM_BYTES]
        return DISK_FULL if full else ""

    @property
    def _file(self) -> Path | None:
        name = self._database.url.database if self._database.is_sqlite else None
        return Path(name) if name and name != ":memory:" else None

    def _why_no_log(self) -> str:
        """The log is there while a connection is open, and stays the same file."""
        if self._file is None or not self._file.exists():
            return "" if self._file is None else LOG_GONE
        path = self._file.with_name(f"{self._file.name}-wal")
        number = path.stat().st_ino if path.exists() else None
        if self._log is None:
            self._log = number
        return "" if number is not None and number == self._log else LOG_GONE

    def _why_ahead(self) -> str:
        sizes = tuple(place.stat().st_size if place.exists() else 0 for place in self._ledger.places)
        if self._ahead or sizes != self._compared:
            self._compared, self._ahead = sizes, why_ahead(self._database, self._ledger)
        return self._ahead


def why_ahead(database: Database, ledger: Ledger) -> str:
    """Why this database must not be served, in words; empty where it knows all that the ledger knows.

    The other way round nothing is amiss: what another machine has ordered is written down here too.
    """
    entries = ledger.read()
    with database.reading() as session:
        unknown = [each for each in list_unknown(session, entries) if each.kind not in SENT_AGAIN]
        known = audit.list_ledger(session)
    if unknown:
        return _say(unknown)
    ledger.complete(known)
    return ""


def _say(unknown: Sequence[LedgerEntry]) -> str:
    kinds = sorted({KINDS.get(each.kind, each.kind) for each in unknown})
    count = "one order" if len(unknown) == 1 else f"{len(unknown)} orders"
    return LEDGER_AHEAD.format(count=count, kinds=", ".join(kinds))
