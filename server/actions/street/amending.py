"""Putting right what was recorded of the street, on the server: given to other people, another place or time, struck out with a
reason, put back (decision 49). The first words stay. Pages and their forms are not known here.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from server.access import Access
from server.actions.street.contacts import told_needs
from server.actions.sync.saying import say
from server.database.locks import lock_records
from server.database.sql import storable_words
from server.problems import Invalid, NotFound
from server.queries.partnership import workers
from server.queries.people import subjects
from server.queries.street import contacts, visits
from server.queries.street.visits import OwnVisit
from server.queries.sync.store import Project
from shared.geo.night import outreach_night
from shared.model.contact import CORRECTABLE_FIELDS, Contact, ContactCorrection
from shared.model.shift import VisitStruck
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.corrections import EMPTIED, PUT_BACK, STRUCK, before_struck, corrected, newly_told, struck_because
from sync.authoring import NewChange

LONGEST_REASON = 150
MOMENT = timedelta(milliseconds=1)


def open_contact(access: Access, contact_id: Id) -> tuple[Contact, str, int]:
    """A contact that the actor may put right, as it reads now, why it is struck out, and how many later words there are on it.
    Raises NotFound, Forbidden."""
    access.require(
        Act.CORRECT_CONTACT, subjects.find_contact(access.session, contact_id), purpose="put right on the web"
    )
    found = contacts.find_contact(access.session, contact_id)
    if found is None:
        raise NotFound
    words = contacts.list_corrections(access.session, [contact_id]).get(contact_id, [])
    return found.contact, struck_because(words), len(words)


def hold_contact(access: Access, contact_id: Id) -> None:
    """Who puts a contact right does so after whoever pressed at the same moment, and reads what they wrote first."""
    lock_records(access.session, [f"put right:{contact_id}"])


def correct(access: Access, project: Project, contact_id: Id, fields: Mapping[str, Any], reason: str) -> None:
    """Write a later word with only the fields that differ. Raises Invalid without a reason, or where nothing differs."""
    said = _reason(reason)
    before, struck, _ = open_contact(access, contact_id)
    if struck:
        raise Invalid("It is struck out. Put it back first.")
    for each in set(fields.get("person_ids", ())) - set(before.person_ids):
        access.require(Act.RECORD_CONTACT, subjects.find_person(access.session, each), purpose="put right on the web")
    if fields.get("site_id") is not None and fields["site_id"] != before.site_id:
        access.require(
            Act.SEE_PLACE, subjects.find_site(access.session, fields["site_id"]), purpose="put right on the web"
        )
    along = set(fields.get("colleague_ids", ())) - set(before.colleague_ids)
    if not along <= {each.id for each in workers.list_workers_of_team(access.session, before.team_id)} - {
        before.worker_id
    }:
        raise Invalid("Choose colleagues of this team.")
    _write(access, project, before, fields, said)


def strike(access: Access, project: Project, contact_id: Id, reason: str) -> None:
    """Say that a contact did not happen. Raises Invalid without a reason."""
    said = _reason(reason)
    hold_contact(access, contact_id)
    before, struck, _ = open_contact(access, contact_id)
    if not struck:
        _write(access, project, before, EMPTIED, STRUCK + said)


def put_back(access: Access, project: Project, contact_id: Id) -> None:
    """It did happen after all: it reads again as it did before."""
    hold_contact(access, contact_id)
    now, struck, _ = open_contact(access, contact_id)
    if not struck:
        return
    found = contacts.find_contact(access.session, contact_id)
    assert found is not None
    words = contacts.list_corrections(access.session, [contact_id]).get(contact_id, [])
    first = msgspec.json.decode(found.original, type=Contact) if found.original else found.contact
    before = corrected(first, before_struck(words))
    _write(access, project, now, {name: getattr(before, name) for name in CORRECTABLE_FIELDS}, PUT_BACK)


def open_visit(access: Access, visit_id: Id) -> OwnVisit:
    """A visit that the actor may strike out or put back. Raises NotFound, Forbidden."""
    subject = subjects.find_visit(access.session, visit_id)
    access.require(Act.CORRECT_CONTACT, subject, purpose="put right on the web")
    found = visits.find_visit(access.session, visit_id)
    if found is None:
        raise NotFound
    return found


def strike_visit(access: Access, project: Project, visit_id: Id, reason: str) -> None:
    """Say that a visit did not happen: nobody looked there then. Raises Invalid without a reason."""
    said = _reason(reason)
    found = open_visit(access, visit_id)
    if not found.why:
        _say_of_visit(access, project, found, said, is_struck=True)


def put_back_visit(access: Access, project: Project, visit_id: Id) -> None:
    """It did happen after all."""
    found = open_visit(access, visit_id)
    if found.why:
        _say_of_visit(access, project, found, PUT_BACK, is_struck=False)


def _say_of_visit(access: Access, project: Project, found: OwnVisit, reason: str, *, is_struck: bool) -> None:
    newest = visits.find_newest_word(access.session, found.id) or access.now - MOMENT
    word = VisitStruck(
        id=access.new_id(), visit_id=found.id, at=max(access.now, newest + MOMENT), worker_id=access.actor.worker_id,
        reason=reason, is_struck=is_struck,
    )  # fmt: skip
    _say(access, project, _change(access, "visit.struck", found.team_id, found.id, word))


def _write(access: Access, project: Project, before: Contact, fields: Mapping[str, Any], reason: str) -> None:
    told = dict(fields)
    if "seen_at" in told:
        told["night"] = outreach_night(told["seen_at"], access.zone.key)
    changed = {name: value for name, value in told.items() if getattr(before, name) != value}
    if not changed:
        raise Invalid("Nothing differs from what it says now.")
    correction = ContactCorrection(
        id=access.new_id(), contact_id=before.id, at=_after_earlier(access, before.id), worker_id=access.actor.worker_id,
        fields=msgspec.to_builtins(changed), reason=reason,
    )  # fmt: skip
    after = _corrected(before, correction)
    needs = told_needs(access, msgspec.structs.replace(after, needs=newly_told(before, after)))
    told_of = [_change(access, "need.recorded", before.team_id, each.person_id, each) for each in needs]
    _say(access, project, _change(access, "contact.corrected", before.team_id, before.id, correction), *told_of)


def _change(access: Access, kind: str, team_id: Id, entity: Id, fact: Value) -> NewChange:
    return NewChange(
        id=access.new_id(), type=kind, scope=f"team:{team_id}", entity=entity, who=access.actor.worker_id,
        at_ms=int(access.now.timestamp() * 1000), payload=msgspec.Raw(msgspec.json.encode(fact)),
    )  # fmt: skip


def _say(access: Access, project: Project, *changes: NewChange) -> None:
    say(access.session, project, changes, access.now)


def _corrected(before: Contact, correction: ContactCorrection) -> Contact:
    try:
        return corrected(before, [correction])
    except msgspec.ValidationError as error:
        raise Invalid("One of the texts is too long. Shorten it.") from error


def _after_earlier(access: Access, contact_id: Id) -> Any:
    """Now, yet after every earlier correction: the last word wins, although a phone's clock was ahead."""
    words = contacts.list_corrections(access.session, [contact_id]).get(contact_id, [])
    newest = max((each.at for each in words), default=access.now - MOMENT)
    return max(access.now, newest + MOMENT)


def _reason(text: str) -> str:
    reason = storable_words(text)
    if not reason:
        raise Invalid("Say in a word why.")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"Say why in {LONGEST_REASON} characters or fewer.")
    return reason
