"""The case list as a partner agency reads it: who is discussed and what they need, and never where anybody sleeps.
Pure but
for reading the people it redacts."""

import msgspec

from server.access import Access
from server.queries.cases import case_actions
from server.queries.cases.case_list import CaseListRow, CaseListView
from server.queries.people import people, subjects
from server.queries.people.person_page import Event
from shared.model.codes import CaseState
from shared.model.value import Id
from shared.policy import Act
from shared.policy.redaction import Relationship, redact_person
from shared.rules.finding import Search, read_sought
from shared.rules.verification import without_place

DISCUSSED = (CaseState.LISTED, CaseState.OPEN)


def is_partner(access: Access, district_id: Id) -> bool:
    """Does this reader come as a partner: to the list, and not to the places?"""
    return not access.allows(Act.SEE_PLACE, subjects.of_district(district_id))


def narrow_view(view: CaseListView) -> CaseListView:
    """Returns the same view of the cases that a conference discusses; who is only put forward is not theirs to see
    yet."""
    asked = view.states or DISCUSSED
    return msgspec.structs.replace(view, states=tuple(state for state in asked if state in DISCUSSED) or DISCUSSED)


def narrow_rows(access: Access, rows: list[CaseListRow], words: str = "") -> list[CaseListRow]:
    """Returns the rows without places and descriptions. A search finds nobody by words that the reader may not see, and whoever
    it finds by the same rule as everybody's: in any spelling, by how a name sounds, or by a date of birth."""
    search = Search(read_sought(words, access.today)) if words.strip() else None
    known = {person.id: person for person in people.list_people(access.session, [row.person_id for row in rows])}
    narrowed = []
    for row in rows:
        person = redact_person(known[row.person_id], Relationship.CONFERENCE_PARTNER)
        if search is None or search.fits((person.name, person.alias), "", person.date_of_birth):
            reason = "verified" if row.verified else "not verified"
            narrowed.append(
                msgspec.structs.replace(row, known_as=person.known_as, reason=reason, case_reason="", last_seen_at=None)
            )
    return narrowed


def without_places(events: list[Event]) -> list[Event]:
    """Returns a person's timeline for somebody who may know the person and not where they sleep."""
    return [_without_place(event) for event in events]


def _without_place(event: Event) -> Event:
    """No place of a contact, no site by which a case came onto a list, and not the words of whoever reported where they are."""
    if event.kind == "contact":
        return msgspec.structs.replace(event, place="")
    if event.kind == "case":
        return msgspec.structs.replace(event, text=without_place(event.text))
    return msgspec.structs.replace(event, place="", text="") if event.kind == "referral" else event


def count_red_flags(access: Access, district_id: Id) -> dict[Id, int]:
    """Returns how many missed and unexplained actions each case has: red for every partner."""
    return case_actions.count_missed(access.session, district_id, access.today)
