"""Repeating the orders about who works with whom, as what, and what lets them in."""

from collections.abc import Callable
from datetime import date

import msgspec
from sqlalchemy.orm import Session

from server.actions.operation.orders import (
    ACCOUNT_UNTIED,
    AGREEMENT,
    ANALYST_ENDED,
    GUEST_TAKEN,
    MAILBOX_MOVED,
    PROOF_REPLACED,
    PUBLICATION_WITHDRAWN,
    REASON_LOST,
    RECIPIENT,
    RECOVERY_CODE_USED,
    REPORTING_KEY_ENDED,
    SEAT_TAKEN,
    SYSTEM_ENDED,
    SYSTEM_MOVED,
    SYSTEM_SECRET,
    TEAM,
    WORKER,
    tell_of,
)
from server.queries.conferences import guests, seats
from server.queries.maps import publications
from server.queries.operation import addressees, sessions
from server.queries.operation.audit import LedgerEntry
from server.queries.partnership import agencies, analysts, districts, identities, recipients, systems, workers
from server.queries.partnership.recipients import Recipient
from server.queries.partnership.workers import Standing
from server.queries.referrals import georeport
from shared.model.value import Id


def _agree_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    line: Recipient = tell_of(entry, "recipient", Recipient)
    if agencies.find_agency(session, line.agency_id) is None:
        return
    if recipients.find_recipient(session, line.agency_id, line.role) is None:
        recipients.add_recipient(session, line)
    else:
        recipients.set_recipient(session, line)


def _stand_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    """A worker whom the backup does not know is entered anew by whoever enters workers."""
    workers.set_standing(session, entry.subject_id, tell_of(entry, "standing", Standing))


def _walk_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    """The districts of a team, as far as team and districts are known."""
    if agencies.find_team(session, entry.subject_id) is not None:
        known = {each.id for each in districts.list_districts(session)}
        walked = [each for each in tell_of(entry, "district_ids", list[Id]) if each in known]
        agencies.set_team_districts(session, entry.subject_id, walked)


def _end_system_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    systems.end_system(session, entry.subject_id, entry.at)


def _renew_secret_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    systems.set_secret(session, entry.subject_id, entry.detail["secret_hash"])


def _leave_hook_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    systems.set_hook(session, entry.subject_id, "")


def _leave_mailbox_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    """The agency's members are written to until its mailbox is said anew."""
    addressees.set_shared_address(session, entry.subject_id, None)


def _end_agreement_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    """One that ended before the day on which the backup has it signed is gone."""
    last_day = entry.detail["last_day"]
    signed = agencies.find_agreement(session, entry.subject_id)
    if signed is None:
        return
    if last_day and (day := date.fromisoformat(last_day)) >= signed.signed_on:
        agencies.change_agreement(session, msgspec.structs.replace(signed, expires_on=day))
    else:
        agencies.delete_agreement(session, signed.id)


def _replace_proof_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    """What they prove themselves by now the backup does not know; what it knows may be in other hands. They are invited anew."""
    sessions.delete_credential(session, entry.subject_id)


def _use_code_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    sessions.use_recovery_code(session, entry.subject_id, entry.detail["code_hash"], entry.at)


def _untie_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    identities.unlink(session, entry.detail["issuer"], entry.subject_id)


def _end_key_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    georeport.end_key(session, entry.subject_id, entry.at)


def _end_analyst_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    analysts.end_analyst(session, entry.subject_id, entry.at, entry.detail["by"])


def _take_seat_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    seats.remove_seat(session, entry.subject_id, entry.detail["agency_id"])


def _take_guest_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    guests.remove_guest(session, entry.subject_id, entry.detail["case_id"], entry.detail["agency_id"])


def _withdraw_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    found = publications.find_release(session, entry.subject_id)
    if found is not None and found.withdrawn_at is None:
        gone = {"withdrawn_by": entry.detail["by"], "withdrawn_at": entry.at, "withdrawn_reason": REASON_LOST}
        publications.set_release(session, msgspec.structs.replace(found, **gone))


PARTNERSHIP_ORDERS: dict[str, Callable[[Session, LedgerEntry, int], None]] = {
    RECIPIENT: _agree_again,
    WORKER: _stand_again,
    TEAM: _walk_again,
    SYSTEM_ENDED: _end_system_again,
    SYSTEM_MOVED: _leave_hook_again,
    SYSTEM_SECRET: _renew_secret_again,
    MAILBOX_MOVED: _leave_mailbox_again,
    AGREEMENT: _end_agreement_again,
    PROOF_REPLACED: _replace_proof_again,
    RECOVERY_CODE_USED: _use_code_again,
    ACCOUNT_UNTIED: _untie_again,
    REPORTING_KEY_ENDED: _end_key_again,
    ANALYST_ENDED: _end_analyst_again,
    SEAT_TAKEN: _take_seat_again,
    GUEST_TAKEN: _take_guest_again,
    PUBLICATION_WITHDRAWN: _withdraw_again,
}
