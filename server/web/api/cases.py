"""The cases of people whom a system's agency works with."""

from collections.abc import Sequence
from datetime import date, datetime

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from server.access import Access, Door
from server.problems import NotFound
from server.queries.cases import cases
from server.queries.partnership.districts import list_districts
from server.queries.partnership.systems import DISCUSSED, Scope
from server.queries.people import people, subjects
from server.web.api.shape import BASE, After, Limit, Told, check_text, last_of, own, reading
from shared.model.case import Case
from shared.model.codes import CaseState
from shared.model.person import Person
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind
from shared.policy.redaction import Relationship, redact_person


class ToldPerson(Told, frozen=True, kw_only=True):
    """As much of a person as a partner needs to look them up and to keep people safe."""

    id: Id
    name: str
    alias: str
    date_of_birth: date | None
    language: str
    wants_first: str
    strengths: str
    safety_needs: str


class ToldCase(Told, frozen=True, kw_only=True):
    """A case on a district's list. `mdt_number` 1 is its first discussion."""

    id: Id
    person: ToldPerson
    district: str
    district_code: str
    state: str
    since: datetime
    mdt_number: int


class CasePage(Told, frozen=True, kw_only=True):
    """A page of them, by id; `after` begins the next."""

    cases: list[ToldCase]
    after: str | None


@get(f"{BASE}/cases", **reading(Act.SEE_CASE, Scope.CASES))
def list_cases(door: NamedDependency[Door], after: After = "", limit: Limit = 100) -> CasePage:
    """The current cases of people whom your agency works with."""
    with door.open() as access:
        access.require(Act.SEE_CASE, own(access), purpose="own cases")
        mark = check_text(after)
        known = subjects.list_worked_with(access.session, access.actor.agency_id)
        theirs = [each for each, subject in known.items() if access.allows(Act.SEE_CASE, subject)]
        live = [case for several in cases.list_cases_of(access.session, theirs).values() for case in several]
        found = sorted((each for each in live if each.state in cases.LIVE and each.id > mark), key=lambda each: each.id)
        shown = _narrow(access, found)[: limit + 1]
        told = _tell(access, shown[:limit])
        return CasePage(cases=told, after=last_of([each.id for each in shown], limit, len(shown) > limit))


@get(f"{BASE}/cases/{{case_id:str}}", **reading(Act.SEE_CASE, Scope.CASES, 404))
def show_case(door: NamedDependency[Door], case_id: FromPath[Id]) -> ToldCase:
    """One of them."""
    with door.open() as access:
        access.require(Act.SEE_CASE, own(access), purpose="one of the own cases")
        found = _narrow(access, cases.list_cases_by_id(access.session, [case_id]))
        if not found:
            raise NotFound
        return _tell(access, found)[0]


def _narrow(access: Access, found: Sequence[Case]) -> list[Case]:
    """Those of people whom the agency works with, and whom it may know of. Who is only put forward is for who may see places:
    a partner hears of a case when it is on the list."""
    about = subjects.list_cases(access.session, [each.id for each in found])
    return [each for each in found if each.id in about and _is_told(access, each, about[each.id])]


def _is_told(access: Access, case: Case, subject: Subject) -> bool:
    if access.actor.agency_id not in subject.working_agency_ids or not access.allows(Act.SEE_CASE, subject):
        return False
    is_discussed = case.state.value in DISCUSSED
    return is_discussed or (
        case.state is CaseState.CANDIDATE and access.allows(Act.SEE_PLACE, subjects.of_district(case.district_id))
    )


def _tell(access: Access, found: Sequence[Case]) -> list[ToldCase]:
    known = {each.id: each for each in people.list_people(access.session, [case.person_id for case in found])}
    districts = {each.id: each for each in list_districts(access.session)}
    access.note_seen(SubjectKind.PERSON, sorted(known), purpose="own cases")
    return [
        ToldCase(
            id=case.id, person=tell_person(known[case.person_id]), district=districts[case.district_id].name,
            district_code=districts[case.district_id].code, state=case.state.value, since=case.since,
            mdt_number=case.mdt_number,
        )
        for case in found
        if case.person_id in known
    ]  # fmt: skip


def tell_person(person: Person) -> ToldPerson:
    """A person as every partner sees them, whoever asks."""
    shown = redact_person(person, Relationship.CONFERENCE_PARTNER)
    return ToldPerson(
        id=shown.id, name=shown.name, alias=shown.alias, date_of_birth=shown.date_of_birth, language=shown.language,
        wants_first=shown.wants_first, strengths=shown.strengths, safety_needs=shown.safety_needs,
    )  # fmt: skip
