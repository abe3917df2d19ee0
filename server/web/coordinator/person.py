"""One person's page: their own words first, then what is known, who works with them, who looked, and one timeline.
From here a
coordinator judges a verification and decides about the case.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from server.access import Access, Door
from server.actions.cases.cases import BASES
from server.actions.people import identity as settling
from server.actions.people.notes import find_notes_subject
from server.actions.people.plans import list_reached
from server.queries.cases.cases import list_live_cases_of
from server.queries.partnership import agencies, districts
from server.queries.people import brought_in, identity, people, person_page
from server.queries.people.identity import Likely
from server.queries.people.person_page import CaseStanding, Event
from server.web.coordinator.case_panel import make_panel
from server.web.coordinator.glance import glance_at
from server.web.coordinator.partner_view import without_places
from server.web.coordinator.priorities import GENERAL_WORDS
from server.web.coordinator.timeline import tell
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import say
from shared.model.case import Case
from shared.model.codes import CaseStep, ReviewStatus
from shared.model.person import Person
from shared.model.plan import Goal
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind
from shared.rules.careful import with_joined
from shared.rules.verification import without_place

PURPOSE = "coordination"
SAFETY_WORDS = {
    "safety_needs": "What keeps people safe",
    "safety_signs": "Signs that things are getting worse",
    "safety_helps": "What helps",
    "safety_call": "Whom to call",
    "safety_avoid": "What not to do",
}
A_MOMENT = timedelta(microseconds=1)
"""What was decided in this very moment is on the page that says so."""
JUDGEMENTS = (
    (str(ReviewStatus.CONFIRMED), "Confirm: this person is sleeping rough"),
    (str(ReviewStatus.NOT_CONFIRMED), "Do not confirm, for now"),
)


class PersonForm(Form, frozen=True, kw_only=True):
    """What the two forms of the page may send. `case` is the one that the page showed, `sure`: a closing was checked."""

    judgement: str = ""
    basis: str = ""
    reason: str = ""
    decision: str = ""
    district: str = ""
    case: str = ""
    case_reason: str = ""
    sure: str = ""
    evidence: str = ""


ENDINGS = frozenset({str(CaseStep.CLOSED), str(CaseStep.DECLINED)})


@get("/people/{person_id:str}", opt={"action": Act.SEE_PERSON}, sync_to_thread=True, include_in_schema=False)
def show_person(
    request: AnyRequest,
    door: NamedDependency[Door],
    person_id: FromPath[Id],
    before: FromQuery[datetime | None] = None,
    before_id: FromQuery[Id] = "",
) -> Response[str]:
    """The record, for a coordinator or an agency that works with the person."""
    with door.open() as access:
        person, beyond = access.open_person_with(person_id, PURPOSE, lambda: _look_beyond(access, person_id))
        return answer(request, access, person, before=before, before_id=before_id, beyond=beyond)


class Beyond(Value, frozen=True, kw_only=True):
    """What of a person is looked up without the reader's bounds: what policy asks of their notes, their records' ids, the cases
    that stand in whatever district, and the records that may be theirs, where it is the reader's to say."""

    subject: Subject
    same: list[Id]
    live: list[Case]
    likely: list[Likely]


def _look_beyond(access: Access, person_id: Id) -> Beyond:
    known, same = find_notes_subject(access, person_id)
    subject = known or Subject(kind=SubjectKind.PERSON, id=person_id)
    may_join = access.allows(Act.MERGE_PEOPLE, subject)
    return Beyond(
        subject=subject, same=same, live=list_live_cases_of(access.session, same),
        likely=identity.list_likely_of(access.session, same) if may_join else [],
    )  # fmt: skip


class LastTime(Value, frozen=True, kw_only=True):
    """How it ended before they came back, and what they had reached."""

    ended: Event
    reached: tuple[Goal, ...]


def answer(
    request: AnyRequest,
    access: Access,
    person: Person,
    *,
    before: datetime | None = None,
    before_id: Id = "",
    form: PersonForm | None = None,
    errors: Errors | None = None,
    beyond: Beyond | None = None,
) -> Response[str]:
    """The page of a record that the door has opened, with what is wrong with a form where something is."""
    session, now = access.session, access.now
    beyond = beyond or _look_beyond(access, person.id)
    subject, same = beyond.subject, beyond.same
    case = _case_shown(access, person_page.list_cases_of(session, person.id))
    district = _district_shown(access, subject, case)
    standing = person_page.find_standing(session, person.id)
    works_with = person_page.list_who_works_with(session, same, now)
    events = person_page.list_events(session, same, before or now + A_MOMENT, before_id)
    knows_places = access.allows(Act.SEE_PLACE, subject)
    reason = standing.reason if standing else "not verified: nobody has seen them bedded down yet"
    reads_notes = _note_what_is_shown(access, subject, knows_places)
    has_notes = bool(subject.ask_agency) or any(event.kind == "contact" and event.text for event in events)
    return page(
        request, "coordinator/person.html", title=person.known_as, section="/cases", worker=access.worker, now=now,
        today=access.today, status=422 if errors else 200, person=person, errors=errors or {}, form=form or PersonForm(),
        caption=district.name if district else "", district=district, case=case.case if case else None,
        status_words=_sentence(reason if knows_places else without_place(reason)),
        may_review=access.allows(Act.JUDGE_VERIFICATION, subject), judgement_options=JUDGEMENTS,
        basis_options=[(str(basis), say(basis)) for basis in BASES],
        review_open=bool(errors and errors.keys() & {"judgement", "basis", "reason"}),
        panel=make_panel(access, same, subject, case, beyond.live),
        brought_in=brought_in.list_facts(session, same)
        if knows_places and (reads_notes or access.allows(Act.CHANGE_CASE, subject))
        else (),
        needs=person_page.list_needs(session, same), works_with=works_with,
        last_time=_find_last_time(access, person.id, events),
        glance=glance_at(
            person, person_page.count_nights(session, same, access.tonight), access.today,
            whole=access.allows(Act.EDIT_PERSON, subject),
        ),
        general_words=GENERAL_WORDS,
        looks=_looks(access, subject, same),
        timeline=[tell(event, reads_notes) for event in (events if knows_places else without_places(events))],
        ask=_ask(subject, works_with) if has_notes and not reads_notes else "",
        may_see_looks=access.allows(Act.SEE_OWN_RECORD, subject),
        may_see_housing=access.allows(Act.SEE_NOTES, subject),
        safety=_safety(access, person, same),
        may_see_consent=access.allows(Act.SEE_CONSENT, subject),
        may_record_door=access.allows(Act.RECORD_AT_DOOR, subject),
        may_record_equality=access.allows(Act.RECORD_EQUALITY, subject),
        may_see_health=access.allows(Act.SEE_HEALTH, subject),
        may_see_documents=access.allows(Act.SEE_DOCUMENT, subject),
        may_edit=access.allows(Act.EDIT_PERSON, subject),
        same_count=len(settling.list_open(access, beyond.likely)) if beyond.likely else 0,
        known_to=_known_to(access, subject), may_hide=access.allows(Act.HIDE_PERSON, subject),
        older_path=_older(person.id, events) if len(events) == person_page.TIMELINE_LIMIT else "",
    )  # fmt: skip


def _safety(access: Access, person: Person, same: list[Id]) -> list[tuple[str, str]]:
    """What to know before meeting them, whichever of their records says it."""
    others = [each for each in same if each != person.id]
    warned = with_joined(person, people.list_people(access.session, others) if others else [])
    return [(words, getattr(warned, name)) for name, words in SAFETY_WORDS.items() if getattr(warned, name)]


def _find_last_time(access: Access, person_id: Id, events: Sequence[Event]) -> LastTime | None:
    """Of somebody who came back and whose case stands: the ending before, told by the newest events."""
    told = [each for each in events if each.kind == "case"]
    ended = next((each for each in told if each.code in ENDINGS), None)
    came = next((each for each in told if each.code == CaseStep.RETURNED), None)
    if ended is None or came is None or ended.at > came.at:
        return None
    return LastTime(ended=ended, reached=list_reached(access, person_id))


def _note_what_is_shown(access: Access, subject: Subject, knows_places: bool) -> bool:
    """Write a line for each part of the record that this page shows (privacy rule A6); returns whether notes are one."""
    if knows_places:
        access.note_seen(SubjectKind.PERSON, [subject.id], action=Act.SEE_PLACE, purpose=PURPOSE)
    if not access.allows(Act.SEE_NOTES, subject):
        return False
    access.require(Act.SEE_NOTES, subject, purpose=PURPOSE)
    return True


def _looks(access: Access, subject: Subject, same: list[Id]) -> tuple[list[person_page.RecordAccess], bool] | None:
    """Who looked, this look among them; None for somebody who may not see that."""
    if not access.allows(Act.SEE_WHO_LOOKED, subject):
        return None
    access.write_lines()
    return person_page.list_record_accesses(access.session, same, zone=access.zone.key)


def _known_to(access: Access, subject: Subject) -> list[str]:
    """For whoever may know of a hidden person: who else may. Empty where the person is not hidden."""
    if not subject.hidden:
        return []
    return [each.name for each in agencies.list_agencies(access.session) if each.id in subject.known_to_agency_ids]


def _case_shown(access: Access, cases: list[CaseStanding]) -> CaseStanding | None:
    """The live or newest case of a district that the reader acts for; else the first there is."""
    theirs = [each for each in cases if each.case.district_id in access.actor.district_ids]
    return next(iter(theirs or cases), None)


class ShownDistrict(msgspec.Struct, frozen=True):
    """The district that the page speaks of."""

    id: Id
    name: str


def _district_shown(access: Access, subject: Subject, case: CaseStanding | None) -> ShownDistrict | None:
    if case is not None:
        return ShownDistrict(case.case.district_id, case.district_name)
    shared = sorted(subject.district_ids & access.actor.district_ids) or sorted(subject.district_ids)
    found = districts.find_district(access.session, shared[0]) if shared else None
    return ShownDistrict(found.id, found.name) if found else None


def _ask(subject: Subject, works_with: list[person_page.WorksWith]) -> str:
    """Privacy rule A3: others hear that there are notes and whom to ask, once; not how many, by whom or from when."""
    names = subject.ask_agency or " or ".join(sorted({each.agency_name for each in works_with}))
    return f"Notes exist. Ask {names or 'the service that works with this person'}."


def _older(person_id: Id, events: list[person_page.Event]) -> str:
    last = events[-1]
    return f"/people/{person_id}?before={last.at.isoformat().replace('+00:00', 'Z')}&before_id={last.id}#timeline"


def _sentence(text: str) -> str:
    said = text[:1].upper() + text[1:]
    return said if said.endswith((".", "?", "!")) else f"{said}."
