"""Recording what tells of immigration status, for whoever works with the person (privacy rule A10). No phone can."""

from datetime import date

import msgspec

from server.access import Access
from server.actions.people.notes import find_notes_subject
from server.problems import Invalid
from server.queries.people import housing_needs
from server.queries.people.housing_needs import HAS_RECOURSE, NO_RECOURSE, HousingNeeds
from shared.model.codes import ReceivingSupport
from shared.model.value import Id
from shared.policy import Act

PURPOSE = "housing needs"
RECOURSE = (NO_RECOURSE, HAS_RECOURSE, "")


def read_housing_needs(access: Access, person_id: Id) -> HousingNeeds | None:
    """What is recorded. Raises NotFound, or Forbidden for a service that does not work with the person."""
    subject, _ = find_notes_subject(access, person_id)
    access.require(Act.SEE_NOTES, subject, purpose=PURPOSE)
    return housing_needs.find_housing_needs(access.session, person_id)


def record_housing_needs(access: Access, told: HousingNeeds) -> None:
    """Keep what somebody who works with the person was told. Raises Invalid for an answer that the page does not offer."""
    subject, _ = find_notes_subject(access, told.person_id)
    access.require(Act.SEE_NOTES, subject, purpose=f"record {PURPOSE}")
    if told.recourse not in RECOURSE or told.receiving_support not in list(ReceivingSupport):
        raise Invalid("Choose one of the answers.")
    if told.left_asylum_support_on is not None and told.left_asylum_support_on > access.today:
        raise Invalid("Give a day that has been.")
    left_on = told.left_asylum_support_on if told.left_asylum_support else None
    housing_needs.set_housing_needs(access.session, msgspec.structs.replace(told, left_asylum_support_on=left_on))


def read_day(text: str) -> date | None:
    """A day as a date field sends it; nothing for an empty one. Raises Invalid."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise Invalid("Give the day as day, month and year.") from error
