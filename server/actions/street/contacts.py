"""Recording a contact on the server, for a worker who does not carry a phone that can be read out to them.

It becomes the same changes that a phone would have sent, written by device 0 and projected in the same way, so that
verification, the MDT list and the team's phones follow. Pages and their forms are not known here.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.access import Access
from server.actions.people.notes import flag_own_relation
from server.actions.street.answering import steps_to
from server.actions.sync.projection.holding import hold_new
from server.actions.sync.saying import say
from server.problems import Invalid, NotFound
from server.queries.partnership import agencies, workers
from server.queries.people import subjects
from server.queries.street import contact_form
from server.queries.sync.store import Project
from shared.geo.night import outreach_night
from shared.model.agency import Team
from shared.model.codes import ContactState, ReferralState
from shared.model.contact import Contact, NeedSeen
from shared.model.person import LongText, NeedRecorded, Person, ShortText
from shared.model.position import Position
from shared.model.referral import ReferralProgress
from shared.model.site import Site
from shared.model.value import Id, Value
from shared.policy import Act
from sync.authoring import NewChange

NOBODY_MET = frozenset({ContactState.NOT_FOUND, ContactState.BEDDING_SEEN_NO_PERSON})
BYTES_MAX = 60_000
"""A change may weigh 64 KiB on the wire, its envelope included; phones keep to the same."""


class NewPerson(Value, frozen=True, kw_only=True):
    """Someone new, as they are called or would be known again."""

    alias: ShortText = ""
    description: LongText = ""


class ContactDraft(Value, frozen=True, kw_only=True):
    """What a worker tells of a contact. `form_id` makes two presses one contact; only the state is required.

    A new place is `place`, in words. `referral_id` is the report that the contact answers.
    """

    form_id: Id
    team_id: Id
    state: ContactState
    seen_at: datetime
    person_ids: tuple[Id, ...] = ()
    new_people: tuple[NewPerson, ...] = ()
    colleague_ids: tuple[Id, ...] = ()
    referral_id: Id | None = None
    unidentified_people: int = 0
    site_id: Id | None = None
    place: ShortText = ""
    position: Position | None = None
    needs: tuple[NeedSeen, ...] = ()
    offered: tuple[ShortText, ...] = ()
    given: tuple[ShortText, ...] = ()
    safety_needs: LongText = ""
    strengths: LongText = ""
    next_step: LongText = ""
    note: LongText = ""


def list_own_teams(access: Access) -> list[Team]:
    """Returns the teams in whose name the actor may record: their own, else those that walk their districts."""
    every = agencies.list_teams(access.session)
    own = [team for team in every if team.id in access.actor.team_ids]
    return own or [team for team in every if access.actor.district_ids & set(team.district_ids)]


def record_contact(access: Access, project: Project, draft: ContactDraft) -> Id:
    """Records a contact with everyone and everything new in it, once for each form; returns its id.

    Raises NotFound for a team, person or place that is not the actor's, Invalid for a text that is too long.
    """
    _check_reach(access, draft)
    contact_id = unused_id(access, draft.form_id)
    contact_form.hold_form(access.session, contact_id)
    author = contact_form.find_author(access.session, contact_id)
    if author == access.actor.worker_id:
        return contact_id
    if author is not None:
        contact_id = access.new_id()
    changes = _changes(access, draft, contact_id)
    hold_new(access.session, changes)
    team = agencies.find_team(access.session, draft.team_id)
    flag_own_relation(access, draft.person_ids, "own_contact", team.agency_id if team is not None else "")
    say(access.session, project, changes, access.now)
    return contact_id


def _check_reach(access: Access, draft: ContactDraft) -> None:
    team = subjects.find_team(access.session, draft.team_id)
    if team is None or draft.team_id not in {each.id for each in list_own_teams(access)}:
        raise NotFound
    access.require(Act.RECORD_CONTACT, team, purpose="contact on the web")
    for each in draft.person_ids:
        access.require(Act.RECORD_CONTACT, subjects.find_person(access.session, each), purpose="contact on the web")
    if draft.referral_id is not None:
        referral = subjects.find_referral(access.session, draft.referral_id)
        access.require(Act.PROGRESS_REFERRAL, referral, purpose="contact on the web")
    if not set(draft.colleague_ids) <= {
        each.id for each in workers.list_workers_of_team(access.session, draft.team_id)
    }:
        raise Invalid("Choose colleagues of this team.")
    if draft.site_id is not None:
        access.require(Act.SEE_PLACE, subjects.find_site(access.session, draft.site_id), purpose="contact on the web")


def unused_id(access: Access, form_id: Id) -> Id:
    """The form's own id if it looks like one that was handed out, else a fresh one: no browser chooses our ids."""
    try:
        return str(UUID(form_id)) if len(form_id) == 36 else access.new_id()
    except ValueError:
        return access.new_id()


def _changes(access: Access, draft: ContactDraft, contact_id: Id) -> list[NewChange]:
    """The new person and place first, then the contact that names them, then what it says of needs."""
    changes, person_ids, site_id = [], draft.person_ids, draft.site_id
    for each in draft.new_people:
        new_person = Person(id=access.new_id(), alias=each.alias, description=each.description)
        changes.append(_patch(access, draft, "person.patched", new_person))
        person_ids = (*person_ids, new_person.id)
    if draft.place and site_id is None:
        site = Site(id=access.new_id(), name=draft.place, position=draft.position)
        changes.append(_patch(access, draft, "site.patched", site))
        site_id = site.id
    contact = _contact(access, draft, contact_id, person_ids, site_id)
    changes.append(_fact(access, draft, "contact.recorded", contact, contact.id))
    return [
        *changes,
        *(_fact(access, draft, "need.recorded", each, each.person_id) for each in told_needs(access, contact)),
        *(_fact(access, draft, "referral.progressed", each, each.referral_id) for each in _steps(access, contact)),
    ]


def _steps(access: Access, contact: Contact) -> list[ReferralProgress]:
    """The steps by which a contact moves the referral that it answers; none where it cannot get there any more."""
    if contact.referral_id is None:
        return []
    reached = ReferralState.LOOKED_FOR if contact.state in NOBODY_MET else ReferralState.FOUND
    return steps_to(access, contact.referral_id, reached, contact_id=contact.id)


def _contact(
    access: Access, draft: ContactDraft, contact_id: Id, person_ids: tuple[Id, ...], site_id: Id | None
) -> Contact:
    night, worker_id = outreach_night(draft.seen_at, access.zone.key), access.actor.worker_id
    contact = Contact(
        id=contact_id, state=draft.state, seen_at=draft.seen_at, recorded_at=access.now, night=night,
        worker_id=worker_id, team_id=draft.team_id, colleague_ids=draft.colleague_ids, person_ids=person_ids,
        site_id=site_id, position=draft.position, referral_id=draft.referral_id,
        shift_id=contact_form.find_shift_at(access.session, worker_id, draft.team_id, night, draft.seen_at),
        unidentified_people=draft.unidentified_people, needs=draft.needs, offered=draft.offered, given=draft.given,
        safety_needs=draft.safety_needs, strengths=draft.strengths, next_step=draft.next_step, note=draft.note,
    )  # fmt: skip
    return _checked(contact)


def _checked(contact: Contact) -> Contact:
    """The contact, once it has passed its own limits and fits into one change."""
    if len(msgspec.json.encode(contact)) > BYTES_MAX:
        raise Invalid("That is more than one record can hold. Shorten it, or split it into two.")
    try:
        return msgspec.convert(msgspec.to_builtins(contact), Contact)
    except msgspec.ValidationError as error:
        raise Invalid("One of the texts is too long. Shorten it, or split it into two.") from error


def told_needs(access: Access, contact: Contact) -> list[NeedRecorded]:
    """A need told by one identified person is also theirs; with several nobody knows whose it is."""
    if len(contact.person_ids) != 1:
        return []
    return [
        NeedRecorded(
            id=access.new_id(), person_id=contact.person_ids[0], need=seen.need, at=contact.seen_at,
            receiving_support=seen.receiving_support, worker_id=access.actor.worker_id, contact_id=contact.id,
        )
        for seen in contact.needs
    ]  # fmt: skip


def _patch(access: Access, draft: ContactDraft, kind: str, entity: Person | Site) -> NewChange:
    said = msgspec.to_builtins(entity)
    said.pop("id")
    return _change(access, draft, kind, entity.id, sets=said)


def _fact(access: Access, draft: ContactDraft, kind: str, fact: Value, entity_id: Id) -> NewChange:
    return _change(access, draft, kind, entity_id, payload=msgspec.Raw(msgspec.json.encode(fact)))


def _change(access: Access, draft: ContactDraft, kind: str, entity_id: Id, **content: Any) -> NewChange:
    return NewChange(
        id=access.new_id(), type=kind, scope=f"team:{draft.team_id}", entity=entity_id, who=access.actor.worker_id,
        at_ms=int(access.now.timestamp() * 1000), **content,
    )  # fmt: skip
