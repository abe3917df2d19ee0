"""What an agency is shown of a conference: only what its agreements and its work with each person allow.

The coordinator sees beforehand exactly what each agency will see; the agency's own page and its PDF are made of the
same.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import msgspec

from server.access import Access
from server.actions.conferences.readers import Reader, why_withheld
from server.queries.cases import case_actions, cases, priorities
from server.queries.cases.case_actions import OwnedAction
from server.queries.conferences import conferences
from server.queries.partnership import agencies
from server.queries.people import people, subjects
from shared.model.agency import Agency
from shared.model.case import Case
from shared.model.codes import AgencyKind, Gender, ReceivingSupport, Role
from shared.model.conference import AgendaItem, CaseConference
from shared.model.contact import NeedSeen
from shared.model.person import Person
from shared.model.value import Id, Value
from shared.policy import Actor, Subject
from shared.policy.actor import agreements_valid_until
from shared.policy.redaction import Relationship, redact_person, relationship


class PaperCase(Value, frozen=True, kw_only=True):
    """One case of the agenda, as one agency sees it."""

    case_id: Id
    person_id: Id
    position: int
    known_as: str
    date_of_birth: date | None
    gender: Gender
    mdt_number: int
    carried_over: bool
    why: str
    wants_first: str
    strengths: str
    safety_needs: str
    needs: tuple[NeedSeen, ...]
    actions: tuple[OwnedAction, ...]
    works_with: bool

    @property
    def unmet(self) -> tuple[NeedSeen, ...]:
        """The needs that nobody helps with."""
        return tuple(need for need in self.needs if need.receiving_support is ReceivingSupport.NO)


class Paper(Value, frozen=True, kw_only=True):
    """What one agency is shown of one conference. `withheld` says why nothing is."""

    agency: Agency
    withheld: str
    cases: tuple[PaperCase, ...]


def compose_paper(
    access: Access, conference: CaseConference, agency: Agency, only: Sequence[AgendaItem] | None = None
) -> Paper:
    """Make the paper of one agency: all of the agenda, or `only` these items of it.

    The caller has been let through to the conference.
    """
    until = _valid_until(access, agency)
    withheld = why_withheld(agency.name, until, access.today)
    if withheld:
        return Paper(agency=agency, withheld=withheld, cases=())
    return _compose(access, conference, agency, until, _gather(access, conference, only))


def compose_papers(access: Access, conference: CaseConference, readers: Sequence[Reader]) -> dict[Id, Paper]:
    """The papers of several agencies, by agency: what the papers are made of is read once. As `compose_paper`."""
    gathered = _gather(access, conference, None)
    return {
        each.agency.id: Paper(agency=each.agency, withheld=each.withheld, cases=())
        if each.withheld
        else _compose(access, conference, each.agency, each.renew_by, _only(gathered, each.only))
        for each in readers
    }


def compose_one(access: Access, conference: CaseConference, reader: Reader) -> Paper:
    """The paper of one of them. As `compose_paper`."""
    return compose_papers(access, conference, [reader])[reader.agency.id]


class _Gathered(Value, frozen=True, kw_only=True):
    """Everything that the papers of a conference are made of, by case or person."""

    items: Sequence[AgendaItem]
    discussed: Mapping[Id, tuple[Case, Person]]
    needs: Mapping[Id, tuple[NeedSeen, ...]]
    owed: Mapping[Id, tuple[OwnedAction, ...]]
    seen: Mapping[Id, Subject]


def _gather(access: Access, conference: CaseConference, only: Sequence[AgendaItem] | None) -> _Gathered:
    items = conferences.list_items(access.session, conference.id) if only is None else only
    found = cases.list_cases_with_people(access.session, [item.case_id for item in items])
    warned = {each.id: each for each in people.with_joined_safety(access.session, [person for _, person in found])}
    discussed = {case.id: (case, warned[person.id]) for case, person in found}
    return _Gathered(
        items=items,
        discussed=discussed,
        needs=priorities.list_newest_needs(access.session, {person.id for _, person in found}),
        owed=_by_case(case_actions.list_actions(access.session, discussed)),
        seen=subjects.list_cases(access.session, discussed),
    )


def _only(gathered: _Gathered, case_ids: frozenset[Id] | None) -> _Gathered:
    if case_ids is None:
        return gathered
    return msgspec.structs.replace(gathered, items=[item for item in gathered.items if item.case_id in case_ids])


def _compose(
    access: Access, conference: CaseConference, agency: Agency, until: date | None, gathered: _Gathered
) -> Paper:
    reader = Actor(
        worker_id="",
        agency_id=agency.id,
        roles=frozenset({Role.AGENCY_MEMBER}),
        district_ids=frozenset({conference.district_id}),
        agreements_valid_until=until,
        trained_on=access.today - timedelta(days=1),
    )
    shown = []
    for item in gathered.items:
        subject = gathered.seen.get(item.case_id)
        seen_as = Relationship.NONE if subject is None else relationship(reader, subject, access.today)
        if seen_as is not Relationship.NONE and item.case_id in gathered.discussed:
            case, person = gathered.discussed[item.case_id]
            needs, owed = gathered.needs.get(person.id, ()), gathered.owed.get(case.id, ())
            shown.append(_paper_case(item, case, person, needs, owed, seen_as, agency))
    return Paper(agency=agency, withheld="", cases=tuple(shown))


def _valid_until(access: Access, agency: Agency) -> date | None:
    """The last day of the agency's agreements; of the reader's own the door has asked already."""
    if agency.id == access.actor.agency_id:
        return access.actor.agreements_valid_until
    return agreements_valid_until(agencies.list_agreements(access.session, agency.id), access.today)


def _paper_case(
    item: AgendaItem,
    case: Case,
    whole: Person,
    needs: tuple[NeedSeen, ...],
    actions: tuple[OwnedAction, ...],
    seen_as: Relationship,
    agency: Agency,
) -> PaperCase:
    person = redact_person(whole, seen_as)
    works_with = seen_as is Relationship.WORKING_WITH
    knows_places = works_with and agency.kind is AgencyKind.OUTREACH
    return PaperCase(
        case_id=case.id,
        person_id=case.person_id,
        position=item.position,
        known_as=person.known_as,
        date_of_birth=person.date_of_birth,
        gender=person.gender,
        mdt_number=case.mdt_number,
        carried_over=item.carried_over,
        why=item.reason if knows_places else _why_for_partners(item),
        wants_first=person.wants_first,
        strengths=person.strengths,
        safety_needs=person.safety_needs,
        needs=needs,
        actions=actions,
        works_with=works_with,
    )


def _why_for_partners(item: AgendaItem) -> str:
    """Why a case is discussed, without the verification's own words: those name the place where the person sleeps."""
    return "Carried over from the last conference" if item.carried_over else "New to the conference"


def _by_case(actions: list[OwnedAction]) -> Mapping[Id, tuple[OwnedAction, ...]]:
    found: dict[Id, list[OwnedAction]] = {}
    for each in actions:
        found.setdefault(each.action.case_id, []).append(each)
    return {case_id: tuple(owed) for case_id, owed in found.items()}
