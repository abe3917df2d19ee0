"""A case study of one case: filled from the record without a name, and checked once more before it leaves."""

from collections.abc import Mapping

from server.access import Access, day_of
from server.problems import NotFound
from server.queries.cases import case_study, cases
from server.queries.people import subjects
from shared.model.case import Case
from shared.model.codes import CaseState
from shared.model.value import Id
from shared.policy import Act
from shared.rules.case_study import SECTIONS, StudyFacts, fill_case_study, find_identifying
from shared.rules.presentations import age_band, age_on

PURPOSE = "case study"


def open_case(access: Access, case_id: Id) -> Case:
    """The case, for its coordinator. Raises NotFound or Forbidden."""
    access.require(Act.CHANGE_CASE, subjects.find_case(access.session, case_id), purpose=PURPOSE)
    found = cases.find_case(access.session, case_id)
    if found is None:
        raise NotFound
    return found


def compose_case_study(access: Access, case: Case) -> dict[str, str]:
    """The sections as the record fills them. The caller has been let through to the case; the person counts as read."""
    person = access.open_person(case.person_id, PURPOSE)
    same = subjects.list_same_person(access.session, case.person_id)
    first, last, nights = case_study.find_nights(access.session, same)
    actions = case_study.list_action_kinds(access.session, case.id)
    age = person.approximate_age_years if person.date_of_birth is None else age_on(person.date_of_birth, access.today)
    facts = StudyFacts(
        age_band=age_band(age),
        gender=person.gender,
        first_met_on=first,
        last_rough_on=last,
        rough_nights=nights,
        needs=case_study.list_studied_needs(access.session, same),
        reviews=case_study.count_reviews(access.session, case.id),
        actions_done=sum(is_done for _, is_done in actions),
        actions_agreed=len(actions),
        agencies=list(dict.fromkeys(kind for kind, _ in actions)),
        lead=case_study.find_lead_kind(access.session, case.id),
        is_closed=case.state is CaseState.CLOSED,
        closed_on=day_of(case.closed_at, access.zone) if case.closed_at else None,
    )
    return fill_case_study(facts)


def check_case_study(access: Access, case: Case, sections: Mapping[str, str]) -> dict[str, list[str]]:
    """What in each section still tells of somebody; empty when it may leave."""
    same = subjects.list_same_person(access.session, case.person_id)
    names, places = case_study.list_names(access.session, same), case_study.list_places(access.session, same)
    found = {key: find_identifying(sections.get(key, ""), names, places) for key in SECTIONS}
    return {key: told for key, told in found.items() if told}
