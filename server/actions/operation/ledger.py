"""Repeating the orders that protect people (privacy rule A9): grants, revocations, wipes, erasures, hiding and showing,
hand-overs, merges and their undoing, a no to sharing, roles and who may hold them, how workers stand and prove themselves, what
teams walk, what agencies signed and where they are written to, whoever is at a table, a guest, an analyst or let in by a key no
more, publications that were withdrawn.

After a restore from an older backup `replay` does again whatever the backup does not know, before anything is served, so that a
wiped phone stays wiped, an erased person stays erased and a hidden one hidden. Giving an order is in `orders`.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import count

import msgspec
from sqlalchemy.orm import Session

from server.actions.operation.ledger_partnership import PARTNERSHIP_ORDERS
from server.actions.operation.orders import (
    DEVICE_CONFIRMED,
    DEVICE_ENROLLED,
    DEVICE_RENEWED,
    DEVICE_STATUS,
    DOCUMENT_ERASED,
    ENTITY_PLACED,
    MARK,
    PEOPLE_MERGED,
    PERSON_ERASED,
    PERSON_HIDDEN,
    PERSON_SHOWN,
    REASON_LOST,
    SHARING_ENDED,
    TOKENS_REVOKED,
    Ledger,
    id_of,
    open_ledger,
    tell_of,
)
from server.actions.people.erasure import forget_person
from server.actions.sync.projection.batch import read_batch
from server.actions.sync.projection.descriptions import project_people
from server.actions.sync.projection.told_record import tell_anew
from server.actions.sync.projection.verification import derive_verification
from server.queries.operation import audit, devices, sessions
from server.queries.operation.audit import LedgerEntry
from server.queries.operation.devices import Enrolment, TokenRecord
from server.queries.partnership import (
    agencies,
    invitations,
)
from server.queries.people import assessments, concealment, consents, documents, merges, own_pages, people, subjects
from server.queries.people.concealment import Hiding
from server.queries.street import contacts
from server.queries.sync import store as sync
from server.security.tokens import hash_token
from shared.model.codes import DeviceStatus
from shared.model.consent import ConsentSaid
from shared.model.person import PersonMerged
from shared.model.value import Id
from sync.authoring import NewChange

__all__ = ["Ledger", "list_unknown", "open_ledger", "replay"]


def list_unknown(session: Session, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Of the orders outside those that the database does not know: it was put back to an earlier state."""
    known = {entry.id for entry in audit.list_ledger(session)}
    return [entry for entry in entries if entry.id not in known]


def replay(session: Session, entries: Sequence[LedgerEntry], now: datetime, timezone: str) -> int:
    """Do again what a restored database does not know; returns how many orders were repeated. What follows from a merge for
    the two records, and for their place on a list, follows again. Links that are good once (to somebody's own page, to set a
    password) are good no more: the backup does not know which were used, and whose person was hidden since. Nobody is signed in,
    and no page on a wall is shown: it does not know who signed out."""
    own_pages.end_every_link(session, now)
    invitations.end_every_invitation(session)
    sessions.end_every_session(session)
    missing = list_unknown(session, entries)
    superseded = _find_superseded(missing)
    now_ms = int(now.timestamp() * 1000)
    for entry in missing:
        audit.add_ledger_entry(session, entry)
        order = ORDERS.get(entry.kind)
        if order is not None and entry.id not in superseded:
            order(session, entry, now_ms)
    _derive_merged(session, missing, now, timezone)
    _follow_refusals(session, missing, now, timezone)
    return sum(1 for entry in missing if entry.kind != MARK)


def _find_superseded(entries: list[LedgerEntry]) -> set[Id]:
    """The grants of a number that was granted again: a crash had cut the first one off, and the number was still free."""
    grants = [entry for entry in entries if entry.kind in GRANTS]
    last = {entry.subject_id: entry.id for entry in grants}
    return {entry.id for entry in grants} - set(last.values())


# ------------------------------------------------------------------------------------------------------------ phones


def _enrol_again(session: Session, entry: LedgerEntry, now_ms: int) -> None:
    """A phone enrolled after the backup keeps its number, and its tokens are known again by their family."""
    enrolment = _register_again(session, entry, now_ms)
    if devices.find_enrolment(session, enrolment.number) is None:
        devices.add_enrolment(session, enrolment)
        if "family_id" in entry.detail:  # grants of versions before say none: those phones enrol anew
            devices.add_token(session, _forgotten_token(entry, enrolment))


def _forgotten_token(entry: LedgerEntry, enrolment: Enrolment) -> TokenRecord:
    """Where the family of a phone's tokens begins. It stands for no token itself: each of the family's follows it."""
    family_id, at = entry.detail["family_id"], enrolment.enrolled_at
    return TokenRecord(
        refresh_hash=hash_token(f"before refresh {family_id}"), access_hash=hash_token(f"before access {family_id}"),
        family_id=family_id, device_number=enrolment.number, generation=0, issued_at=at, access_expires_at=at,
        family_expires_at=datetime.fromisoformat(entry.detail["family_expires_at"]), rotated_at=at, first_used_at=at,
    )  # fmt: skip


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


def _confirm_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    devices.confirm_enrolment(session, int(entry.subject_id), entry.at)


def _set_status_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    sync.set_status(session, int(entry.subject_id), DeviceStatus(entry.detail["status"]))


def _revoke_tokens_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    devices.revoke_family(session, entry.subject_id, entry.at)


# ------------------------------------------------------------------------------------------------------------ people


def _erase_again(session: Session, entry: LedgerEntry, now_ms: int) -> None:
    forget_person(session, [entry.subject_id], now_ms)


def _erase_document_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    documents.delete_document(session, entry.subject_id)


def _hide_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    """Hidden as they were, from phones too. An agency that the backup does not know cannot be named, and knows nobody."""
    hiding: Hiding = tell_of(entry, "hiding", Hiding)
    same = subjects.list_same_person(session, hiding.person_id)
    known = {agency.id for agency in agencies.list_agencies(session)}
    concealment.lift_hidings(session, same, hiding.at, hiding.worker_id, "Hidden otherwise")
    named = tuple(each for each in hiding.agency_ids if each in known)
    if hiding.agency_id in known and not any(each.id == hiding.id for each in concealment.list_hidings(session, same)):
        concealment.add_hiding(session, msgspec.structs.replace(hiding, agency_ids=named))
    sync.conceal(session, _entities(session, entry, same), tell_of(entry, "known_to", list[str]))


def _show_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    same = subjects.list_same_person(session, entry.subject_id)
    concealment.lift_hidings(session, same, entry.at, entry.detail["worker_id"], REASON_LOST)
    sync.reveal(session, _entities(session, entry, same))


def _entities(session: Session, entry: LedgerEntry, same: Sequence[Id]) -> set[Id]:
    """What phones hear of a person: what the order named, and what the backup knows."""
    return {
        *tell_of(entry, "entities", list[Id]),
        *same,
        *contacts.list_contacts_of(session, same),
        *assessments.list_answer_ids(session, same),
    }


def _place_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    sync.place_entity(session, entry.subject_id, tell_of(entry, "scopes", list[str]))


def _merge_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    merges.store_merges(session, [tell_of(entry, "merge", PersonMerged)])


def _derive_merged(session: Session, repeated: Sequence[LedgerEntry], now: datetime, timezone: str) -> None:
    told = [(entry.id, tell_of(entry, "merge", PersonMerged)) for entry in repeated if entry.kind == PEOPLE_MERGED]
    if not told:
        return
    people = {person_id for _, merge in told for person_id in (merge.from_id, merge.into_id)}
    parted = {person_id for _, merge in told if merge.undone for person_id in (merge.from_id, merge.into_id)}
    numbers = count(1)
    derive_verification(session, people, (), now, lambda: id_of(f"{told[-1][0]} {next(numbers)}", ""), timezone, parted)
    _tell_merged(session, told, int(now.timestamp() * 1000))


def _tell_merged(session: Session, told: Sequence[tuple[Id, PersonMerged]], now_ms: int) -> None:
    """Phones drop what they heard of it together with the feeds' lost past: they are told once more, wherever one is heard."""
    erased = audit.find_subjects(session, PERSON_ERASED)
    words = {
        (merge.from_id, merge.into_id, merge.at, merge.undone): (entry_id, merge)
        for entry_id, merge in told
        if not erased & {merge.from_id, merge.into_id}
    }
    new = [
        NewChange(
            id=id_of(f"told again {entry_id} {now_ms}", scope), type="person.merged", scope=scope, entity=merge.from_id,
            who=merge.worker_id, at_ms=now_ms, payload=msgspec.Raw(msgspec.json.encode(merge)),
        )
        for entry_id, merge in words.values()
        for scope in sorted(sync.find_scopes(session, merge.from_id) | sync.find_scopes(session, merge.into_id))
    ]  # fmt: skip
    if new:
        sync.publish(session, new, now_ms)


def _refuse_again(session: Session, entry: LedgerEntry, _now_ms: int) -> None:
    said: ConsentSaid = tell_of(entry, "said", ConsentSaid)
    if people.find_person(session, said.person_id) is not None:
        consents.store_said(session, [said])


def _follow_refusals(session: Session, repeated: Sequence[LedgerEntry], now: datetime, timezone: str) -> None:
    """What the record says only by an answer that is shared no more goes from it, and the phones hear both again."""
    now_ms, numbers = int(now.timestamp() * 1000), count(1)
    for entry in repeated:
        if entry.kind != SHARING_ENDED or people.find_person(session, entry.subject_id) is None:
            continue
        said: ConsentSaid = tell_of(entry, "said", ConsentSaid)
        new = [
            NewChange(
                id=id_of(f"told again {entry.id} {now_ms}", scope), type="consent.said", scope=scope, entity=said.person_id,
                who=said.worker_id, at_ms=now_ms, payload=msgspec.Raw(msgspec.json.encode(said)),
            )
            for scope in sorted(sync.find_scopes(session, said.person_id))
        ]  # fmt: skip
        if new:
            sync.publish(session, new, now_ms)
        fresh = partial(_id_after, entry.id, numbers)
        told = tell_anew(session, [said.person_id], said.worker_id, now, timezone, fresh)
        if told:
            project_people(session, read_batch(told))


def _id_after(entry_id: Id, numbers: Iterator[int]) -> Id:
    return id_of(f"{entry_id} follows {next(numbers)}", "")


GRANTS = frozenset({DEVICE_ENROLLED, DEVICE_RENEWED})
ORDERS: dict[str, Callable[[Session, LedgerEntry, int], None]] = {
    DEVICE_ENROLLED: _enrol_again,
    DEVICE_RENEWED: _renew_again,
    DEVICE_CONFIRMED: _confirm_again,
    DEVICE_STATUS: _set_status_again,
    TOKENS_REVOKED: _revoke_tokens_again,
    PERSON_ERASED: _erase_again,
    DOCUMENT_ERASED: _erase_document_again,
    PERSON_HIDDEN: _hide_again,
    PERSON_SHOWN: _show_again,
    ENTITY_PLACED: _place_again,
    PEOPLE_MERGED: _merge_again,
    SHARING_ENDED: _refuse_again,
    **PARTNERSHIP_ORDERS,
}
