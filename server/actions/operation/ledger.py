"""The ledger of grants, revocations, wipes and erasures (privacy rule A9): in the database, and outside it.

The outside copy is an append-only file of JSON lines under LANTERN_DATA. After a restore from an older backup
`replay` does again whatever the backup does not know, so that a wiped phone stays wiped and an erased person stays
erased.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from server.actions.people.erasure import forget_person
from server.queries.operation import audit, devices
from server.queries.operation.audit import LedgerEntry
from server.queries.operation.devices import Enrolment
from server.queries.sync import store as sync
from server.settings import Settings
from shared.model.codes import DeviceStatus
from shared.model.value import Id

_read = msgspec.json.Decoder(LedgerEntry).decode


@dataclass(frozen=True)
class Ledger:
    """The ledger of one server."""

    path: Path

    def write(self, session: Session, entry: LedgerEntry) -> None:
        """Keep an entry, first outside:

        an order that a crash cut off is repeated at the next restore, and does no harm.
        """
        self._append(entry)
        audit.add_ledger_entry(session, entry)

    def read(self) -> list[LedgerEntry]:
        """Every entry of the outside copy. A last line that a power cut tore is passed over."""
        if not self.path.exists():
            return []
        entries = []
        for line in self.path.read_bytes().splitlines():
            try:
                entries.append(_read(line))
            except msgspec.MsgspecError:
                continue
        return entries

    def _append(self, entry: LedgerEntry) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, msgspec.json.encode(entry) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)


def open_ledger(settings: Settings) -> Ledger:
    """The ledger of this server."""
    return Ledger(settings.data / "ledger.jsonl")


def replay(session: Session, entries: list[LedgerEntry], now: datetime) -> int:
    """Do again what a restored database does not know; returns how many orders were repeated."""
    known = {entry.id for entry in audit.list_ledger(session)}
    missing = [entry for entry in entries if entry.id not in known]
    superseded = _find_superseded(missing)
    now_ms = int(now.timestamp() * 1000)
    for entry in missing:
        order = ORDERS.get(entry.kind)
        if order is not None and entry.id not in superseded:
            order(session, entry, now_ms)
        audit.add_ledger_entry(session, entry)
    return len(missing)


def _find_superseded(entries: list[LedgerEntry]) -> set[Id]:
    """The grants of a number that was granted again: a crash had cut the first one off, and the number was still free."""
    grants = [entry for entry in entries if entry.kind in GRANTS]
    last = {entry.subject_id: entry.id for entry in grants}
    return {entry.id for entry in grants} - set(last.values())


def _enrol_again(session: Session, entry: LedgerEntry, now_ms: int) -> None:
    """A phone enrolled after the backup keeps its number; without its tokens it enrols anew, and what it holds is not lost."""
    enrolment = _register_again(session, entry, now_ms)
    if devices.find_enrolment(session, enrolment.number) is None:
        devices.add_enrolment(session, enrolment)


def _renew_again(session: Session, entry: LedgerEntry, now_ms: int) -> None:
    """A phone that took a new number after the backup keeps it, and the tokens that the backup knows follow it."""
    renewed_from = int(entry.detail["renewed_from"])
    renewed = _register_again(session, entry, now_ms, renewed_from)
    if devices.find_enrolment(session, renewed.number) is None:
        devices.renumber(session, renewed_from, renewed.number)


def _register_again(session: Session, entry: LedgerEntry, now_ms: int, renewed_from: int | None = None) -> Enrolment:
    enrolment = msgspec.convert(entry.detail, Enrolment, strict=False)
    sync.register_device(
        session,
        scopes=[f"team:{enrolment.team_id}"],
        label=enrolment.label,
        now_ms=now_ms,
        number=enrolment.number,
        renewed_from=renewed_from,
    )
    return enrolment


def _set_status_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    sync.set_status(session, int(entry.subject_id), DeviceStatus(entry.detail["status"]))


def _erase_again(session: Session, entry: LedgerEntry, now_ms: int) -> None:
    forget_person(session, [entry.subject_id], now_ms)


GRANTS = frozenset({"device_enrolled", "device_renewed"})
ORDERS: dict[str, Callable[[Session, LedgerEntry, int], None]] = {
    "device_enrolled": _enrol_again,
    "device_renewed": _renew_again,
    "device_status": _set_status_again,
    "person_erased": _erase_again,
}
