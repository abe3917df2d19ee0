"""When outreach met people whom a system's agency works with: never where, and never a note."""

from datetime import date, datetime

from litestar import get
from litestar.di import NamedDependency

from server.access import Access, Door
from server.problems import Invalid
from server.queries.partnership import agencies
from server.queries.partnership.systems import Scope
from server.queries.people import subjects
from server.queries.street import contacts
from server.web.api.shape import BASE, After, Limit, Told, own, reading
from shared.model.contact import Contact
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.policy.redaction import Relationship, redact_contact


class ToldNeed(Told, frozen=True, kw_only=True):
    """A need as it came up, and whether somebody helps with it already."""

    need: str
    receiving_support: str


class ToldContact(Told, frozen=True, kw_only=True):
    """One meeting, or attempt. `person_ids` are those whom your agency works with, under the id that they were met as."""

    id: Id
    state: str
    seen_at: datetime
    received_at: datetime
    night: date
    team_id: Id
    team: str
    person_ids: list[Id]
    needs: list[ToldNeed]


class ContactPage(Told, frozen=True, kw_only=True):
    """A page of them, in the order in which the server took them in. Keep `after`, and ask with it again for what is new."""

    contacts: list[ToldContact]
    after: str | None
    is_more: bool


@get(f"{BASE}/contacts", **reading(Act.SEE_PERSON, Scope.CONTACTS))
def list_contacts(door: NamedDependency[Door], after: After = "", limit: Limit = 100) -> ContactPage:
    """Contacts with people whom your agency works with, as the server took them in; new ones are there in a minute."""
    with door.open() as access:
        access.require(Act.SEE_PERSON, own(access), purpose="contacts of people worked with")
        number, contact_id = _read_mark(after)
        # After a restore numbers were given anew: told twice is better than missed.
        begun = number if contacts.goes_on_from(access.session, number, contact_id) else 0
        known = subjects.list_worked_with(access.session, access.actor.agency_id)
        theirs = {each for each, subject in known.items() if access.allows(Act.SEE_PERSON, subject)}
        found = contacts.list_met(access.session, sorted(theirs), begun, limit + 1) if theirs else []
        shown = found[:limit]
        told = _tell(access, [contact_id for _, contact_id in shown], theirs)
        last = f"{shown[-1][0]}~{shown[-1][1]}" if shown else after or None
        return ContactPage(contacts=told, after=last, is_more=len(found) > limit)


def _tell(access: Access, contact_ids: list[Id], theirs: set[Id]) -> list[ToldContact]:
    stored = contacts.list_contacts(access.session, contact_ids)
    met_all = contacts.list_all_met(access.session, contact_ids)
    teams = {each.id: each.name for each in agencies.list_teams(access.session)}
    told = []
    for each in (stored[contact_id] for contact_id in contact_ids):
        shown = redact_contact(each.contact, Relationship.CONFERENCE_PARTNER)
        is_theirs_alone = not each.contact.unidentified_people and theirs.issuperset(met_all[shown.id])
        told.append(_show(shown, each.received_at, teams.get(shown.team_id, ""), theirs, is_theirs_alone))
    met = sorted({person_id for each in told for person_id in each.person_ids})
    access.note_seen(SubjectKind.PERSON, met, action=Act.SEE_PERSON_LIST, purpose="contacts")
    return told


def _show(contact: Contact, received_at: datetime, team: str, theirs: set[Id], is_theirs_alone: bool) -> ToldContact:
    """Needs are told where everybody who was met is known to the agency: else they may be somebody else's."""
    return ToldContact(
        id=contact.id, state=str(contact.state.value), seen_at=contact.seen_at, received_at=received_at,
        night=contact.night, team_id=contact.team_id, team=team,
        person_ids=[each for each in contact.person_ids if each in theirs],
        needs=[
            ToldNeed(need=str(each.need.value), receiving_support=str(each.receiving_support.value))
            for each in (contact.needs if is_theirs_alone else ())
        ],
    )  # fmt: skip


def _read_mark(after: str) -> tuple[int, Id]:
    """Raises Invalid for a mark that is none of ours."""
    if not after:
        return 0, ""
    number, _, contact_id = after.partition("~")
    if not (number.isascii() and number.isdecimal() and len(number) < 19 and contact_id) or "\0" in contact_id:
        raise Invalid("after: it is not what an earlier page ended with.")
    return int(number), contact_id
