"""The meeting room: every case of an agenda at once, who is there, who must leave first, and each field saved alone.

Whoever runs the meeting, its minute-taker too, writes down in place what is said of the people on its agenda whom their own
organisation may see (decision 84). What a field said before stays on record, and phones hear of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from server.access import Access
from server.actions.cases import caseload as leads
from server.actions.cases import priorities
from server.actions.conferences import discussion
from server.actions.conferences.discussion import mark_of, open_item, open_sitting
from server.actions.conferences.papers import PaperCase, compose_paper
from server.actions.people import facts
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases import caseload, cases
from server.queries.cases.caseload import LeadShown
from server.queries.cases.priorities import GENERAL_FIELDS, CaseGeneral, list_general
from server.queries.conferences import conferences, guests
from server.queries.conferences import room as rows
from server.queries.conferences.discussion import Sitting, Written
from server.queries.conferences.room import Present
from server.queries.partnership import agencies, workers
from server.queries.people import subjects
from server.queries.sync.store import Project
from shared.model.agency import Agency
from shared.model.codes import ReceivingSupport, SupportNeed, SupportPhase
from shared.model.conference import AgendaItem, Attendance
from shared.model.value import Id, Value
from shared.policy import Act, Subject, SubjectKind
from shared.rules.days import read_day

NEED, GENERAL = "need_", "general_"
PURPOSE = "case conference"


class RoomCase(Value, frozen=True, kw_only=True):
    """One case of the room. `case` is None where the reader's organisation may not see the person. `first`: who of those that
    must leave early is wanted for it."""

    item: AgendaItem
    case: PaperCase | None
    written: Written
    general: CaseGeneral
    lead: LeadShown | None
    first: str = ""


class Room(Value, frozen=True, kw_only=True):
    """The meeting as it stands: its cases with those first whose agencies must leave early."""

    sitting: Sitting
    cases: tuple[RoomCase, ...]
    seated: tuple[Agency, ...]
    attendance: Mapping[Id, Attendance]
    present: tuple[Present, ...]
    agenda: str


class RoomNews(Value, frozen=True, kw_only=True):
    """What a screen asks for every few seconds: the versions of each item's notes, outcome and next date, and who is there."""

    agenda: str
    finished: bool
    versions: dict[Id, tuple[int, int, int]]
    present: tuple[Present, ...]


class FieldSaved(Value, frozen=True, kw_only=True):
    """What a field says now, and its version. `stale`: somebody else had changed it, and nothing was written."""

    says: str
    version: str = ""
    stale: bool = False


def open_room(access: Access, conference_id: Id) -> Room:
    """The whole room. Raises NotFound or Forbidden."""
    sitting = open_sitting(access, conference_id)
    conference, items = sitting.conference, sitting.items
    own = _own_agency(access)
    shown = {each.case_id: each for each in compose_paper(access, conference, own, only=items).cases}
    access.note_seen(SubjectKind.PERSON, [each.person_id for each in shown.values()], purpose=PURPOSE)
    case_ids = [item.case_id for item in items]
    written = rows.list_written(access.session, conference_id, items)
    general = list_general(access.session, case_ids)
    led = caseload.list_leads(access.session, case_ids)
    attendance = conferences.list_attendance(access.session, conference_id)
    seated = guests.list_table(access.session, conference.id, conference.district_id)
    names = {each.id: each.name for each in seated}
    leaving = {
        each.agency_id: each.leaves_at for each in attendance.values() if each.attended and each.leaves_at is not None
    }
    found = [
        RoomCase(
            item=item, case=shown.get(item.case_id), written=written[item.id],
            general=general.get(item.case_id, CaseGeneral(case_id=item.case_id)), lead=led.get(item.case_id),
        )
        for item in items
    ]  # fmt: skip
    rows.note_presence(access.session, conference_id, access.actor.worker_id, "", access.now)
    return Room(
        sitting=sitting, cases=_leavers_first(found, leaving, names), seated=tuple(seated), attendance=attendance,
        present=tuple(rows.list_present(access.session, conference_id, access.now)), agenda=mark_of(items),
    )  # fmt: skip


def _leavers_first(
    found: Sequence[RoomCase], leaving: Mapping[Id, datetime], names: Mapping[Id, str]
) -> tuple[RoomCase, ...]:
    """Cases that need somebody who must leave come first, the earliest leaver's before all."""
    when: dict[Id, tuple[datetime, str]] = {}
    for each in found:
        wanted = (
            {owned.action.agency_id for owned in each.case.actions if not owned.action.done_at} if each.case else set()
        )
        wanted |= {each.lead.lead.agency_id} if each.lead else set()
        early = sorted((leaving[agency], names.get(agency, "")) for agency in wanted & leaving.keys())
        if early:
            when[each.item.id] = early[0]
    marked = [
        RoomCase(
            item=each.item, case=each.case, written=each.written, general=each.general, lead=each.lead,
            first=when[each.item.id][1] if each.item.id in when else "",
        )
        for each in found
    ]  # fmt: skip
    first = sorted(
        (each for each in marked if each.first), key=lambda each: (when[each.item.id][0], each.item.position)
    )
    return (*first, *(each for each in marked if not each.first))


def read_news(access: Access, conference_id: Id, item_id: Id) -> RoomNews:
    """What is new, for a screen that shows one case; that it shows it is noted."""
    sitting = open_sitting(access, conference_id)
    notes = conferences.list_notes(access.session, conference_id)
    rows.note_presence(access.session, conference_id, access.actor.worker_id, item_id[:36], access.now)
    return RoomNews(
        agenda=mark_of(sitting.items),
        finished=sitting.conference.finished_at is not None,
        versions={item: (note.version, note.outcome_version, note.next_version) for item, note in notes.items()},
        present=tuple(rows.list_present(access.session, conference_id, access.now)),
    )


def save_field(
    access: Access, project: Project, conference_id: Id, item_id: Id, field: str, value: str, was: str
) -> FieldSaved:
    """Write one field of one case, as typed; `was` is what the screen showed, or its version.

    Raises NotFound for a case that the actor's organisation may not see, Invalid with what is wrong, Failure when the
    conference has ended.
    """
    sitting, item = open_item(access, conference_id, item_id)
    if sitting.conference.finished_at is not None:
        raise Failure(CONFLICTING, "This conference has ended: change it on the person's page.")
    if field == "next_on":
        return _save_next(access, conference_id, item_id, value, was)
    shown = compose_paper(access, sitting.conference, _own_agency(access), only=[item]).cases
    if not shown:
        raise NotFound
    case = shown[0]
    subject = _let_in(access, sitting, case, field)
    if field == "date_of_birth":
        return _save_birthday(access, project, case, subject, value, was)
    if field.startswith(NEED):
        return _save_need(access, project, case, subject, field.removeprefix(NEED), value, was)
    if field.startswith(GENERAL):
        return _save_general(access, case, field.removeprefix(GENERAL), value)
    if field == "lead":
        return _save_lead(access, case, value, was)
    raise Invalid("The meeting has no such field.")


def _let_in(access: Access, sitting: Sitting, case: PaperCase, field: str) -> Subject:
    """Running the meeting lets its hand write: asked, and written down, for this person and field."""
    subject = conferences.subject_of(sitting.conference)
    access.require(Act.RUN_CONFERENCE, subject, purpose=PURPOSE, detail=f"{case.person_id}: {field}")
    found = subjects.find_person(access.session, case.person_id)
    if found is None:
        raise NotFound
    return found


def _save_next(access: Access, conference_id: Id, item_id: Id, value: str, was: str) -> FieldSaved:
    text = value.strip()
    day = read_day(text, access.today) if text else None
    if text and day is None:
        raise Invalid("Write a day, such as 12 Dec, Fri or next week.")
    based_on = int(was) if was.isascii() and was.isdecimal() and len(was) < 9 else 0
    note, stale = discussion.save_next_date(access, conference_id, item_id, based_on=based_on, next_on=day)
    return FieldSaved(says=facts.say_fact(note.next_on), version=str(note.next_version), stale=stale)


def _save_birthday(
    access: Access, project: Project, case: PaperCase, subject: Subject, value: str, was: str
) -> FieldSaved:
    newer = facts.change_facts(
        access, project, case.person_id, {"date_of_birth": value}, {"date_of_birth": was}, let_in=subject
    )
    if newer:
        return FieldSaved(says=newer[0].says, version=newer[0].says, stale=True)
    read = facts.read_facts({"date_of_birth": value}, access.today)["date_of_birth"]
    says = facts.say_fact(facts.read_birthday(value, access.today)) if read else ""
    return FieldSaved(says=says, version=says)


def _save_need(
    access: Access, project: Project, case: PaperCase, subject: Subject, need: str, value: str, was: str
) -> FieldSaved:
    if need not in {str(each) for each in SupportNeed} or value not in {str(each) for each in ReceivingSupport}:
        raise Invalid("Choose one of the answers.")
    said = {SupportNeed(need): ReceivingSupport(value)}
    newer = facts.set_needs(access, project, case.person_id, said, {SupportNeed(need): was}, let_in=subject)
    if newer:
        return FieldSaved(says=newer[0].says, version=newer[0].says, stale=True)
    return FieldSaved(says=value, version=value)


def _save_general(access: Access, case: PaperCase, name: str, value: str) -> FieldSaved:
    """A box has two answers: whoever changed it meanwhile gave this one, or the one that is changed now."""
    if name not in GENERAL_FIELDS or value not in ("yes", ""):
        raise Invalid("Choose one of the answers.")
    priorities.change_general(access, case.case_id, {name: value == "yes"}, let_in=True)
    return FieldSaved(says=value, version=value)


def _save_lead(access: Access, case: PaperCase, value: str, was: str) -> FieldSaved:
    agency_id, _, phase = value.partition(" ")
    if not agency_id or phase not in {str(each) for each in SupportPhase}:
        raise Invalid("Choose the agency and the phase of support.")
    cases.lock_case(access.session, case.case_id)
    now = caseload.list_leads(access.session, [case.case_id]).get(case.case_id)
    said = _say_lead(now)
    if said == value:
        return FieldSaved(says=said, version=now.lead.id if now else "")
    if (now.lead.id if now else "") != was:
        return FieldSaved(says=said, version=now.lead.id if now else "", stale=True)
    lead = leads.set_lead(
        access, case.case_id, agency_id, _stays(access, now, agency_id), SupportPhase(phase),
        "Said at the case conference", let_in=True,
    )  # fmt: skip
    return FieldSaved(says=value, version=lead.id)


def _stays(access: Access, now: LeadShown | None, agency_id: Id) -> Id | None:
    """Who of an agency leads, where only the phase is another: the meeting names an agency and nobody of it."""
    if now is None or now.lead.agency_id != agency_id or now.lead.worker_id is None:
        return None
    leads_on = workers.find_worker(access.session, now.lead.worker_id)
    return leads_on.id if leads_on is not None and leads_on.active and leads_on.agency_id == agency_id else None


def _say_lead(lead: LeadShown | None) -> str:
    return f"{lead.lead.agency_id} {lead.lead.phase}" if lead else ""


def _own_agency(access: Access) -> Agency:
    own = agencies.find_agency(access.session, access.actor.agency_id)
    if own is None:
        raise NotFound
    return own
