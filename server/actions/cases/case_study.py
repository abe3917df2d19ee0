"""A case study of one case: filled from the record without a name, and checked once more before it leaves or is kept.

Its coordinator writes it, and any service that works with the person. What is kept on the shelf says nowhere whose case it was.
"""

from collections.abc import Mapping

from server.access import Access, day_of
from server.database.locks import lock_records
from server.hotspots.periods import quarter_of
from server.problems import Invalid, NotFound
from server.queries.cases import case_study, cases
from server.queries.partnership import learning
from server.queries.partnership.learning import ShelfStudy
from server.queries.people import subjects
from shared.model.case import Case
from shared.model.codes import CaseState
from shared.model.value import Id
from shared.policy import Act, Subject
from shared.rules.case_study import SECTIONS, StudyFacts, fill_case_study, find_identifying
from shared.rules.presentations import age_band, age_on

PURPOSE = "case study"


def open_case(access: Access, case_id: Id) -> Case:
    """The case, for its coordinator and for a service that works with the person. Raises NotFound or Forbidden."""
    access.require(Act.WRITE_CASE_STUDY, subjects.find_case(access.session, case_id), purpose=PURPOSE)
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
    found = {key: find_identifying(sections.get(key, ""), names, places) for key in ("title", *SECTIONS)}
    return {key: told for key, told in found.items() if told}


def keep_case_study(access: Access, title: str, sections: Mapping[str, str]) -> ShelfStudy:
    """Put a study that was checked on this quarter's shelf; a second press puts nothing there twice. Raises Invalid without a
    title or with nothing in it."""
    if not title.strip():
        raise Invalid("Give it a title that tells what can be learned from it.")
    if not any(sections.values()):
        raise Invalid("Write at least one part of it.")
    study = ShelfStudy(
        id=access.new_id(), quarter=quarter_of(access.today).first, agency_id=access.actor.agency_id,
        kept_by=access.actor.worker_id, title=title.strip(),
        sections={key: text for key, text in sections.items() if text},
    )  # fmt: skip
    lock_records(access.session, [access.actor.worker_id])
    said = (study.quarter, study.kept_by, study.title, study.sections)
    for each in learning.list_studies(access.session):
        if (each.quarter, each.kept_by, each.title, each.sections) == said:
            return each
    learning.add_study(access.session, study)
    return study


def list_shelf(access: Access) -> list[ShelfStudy]:
    """What stands on the shelf, the latest quarter first."""
    access.require(Act.SEE_LEARNING, purpose="shelf")
    return learning.list_studies(access.session)


def open_study(access: Access, study_id: Id) -> ShelfStudy:
    """A study on the shelf. Raises NotFound."""
    access.require(Act.SEE_LEARNING, purpose="shelf", detail=study_id)
    found = learning.find_study(access.session, study_id)
    if found is None:
        raise NotFound
    return found


def may_take_down(access: Access, agency_id: Id) -> bool:
    """May the reader take down what this agency put up? A coordinator anything, others what their service put up."""
    return access.allows(Act.TAKE_DOWN, Subject(owner_agency_id=agency_id))


def take_down_study(access: Access, study_id: Id) -> None:
    """Take a study off the shelf. Raises NotFound."""
    found = learning.find_study(access.session, study_id)
    subject = None if found is None else Subject(id=study_id, owner_agency_id=found.agency_id)
    access.require(Act.TAKE_DOWN, subject, purpose="shelf", detail=study_id)
    learning.take_down_study(access.session, study_id, access.now, access.actor.worker_id)
