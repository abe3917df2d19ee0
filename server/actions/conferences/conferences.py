"""Preparing and circulating a case conference. What happens while it is held is in `server.actions.conferences.discussion`."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec

from server.access import Access
from server.actions.cases.priorities import rank_district
from server.actions.conferences.telling import tell_agenda_changed, tell_called_off, tell_let_go, tell_moved
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, Invalid, InvalidFields, NotFound
from server.queries.cases import case_actions, cases
from server.queries.conferences import conferences, guests, seats
from server.queries.conferences.conferences import LeftOut, Note, subject_of
from server.queries.conferences.places import find_newcomer_places
from server.queries.people import concealment
from shared.model.case import CaseReview
from shared.model.codes import CaseStep
from shared.model.conference import AgendaItem, CaseConference
from shared.model.value import Id
from shared.policy import Act, Subject
from shared.rules.agenda import (
    Agenda,
    Chosen,
    NotChosen,
    add_by_hand,
    build_agenda,
    swap,
    take_off_by_hand,
    why_not_on,
    why_not_run_by,
)
from shared.rules.case import can_take

PURPOSE = "case conference"
LONGEST_PLACE = 2_000
"""The link of a video meeting is longer than any room's name."""


def open_conference(access: Access, conference_id: Id, action: Act) -> CaseConference:
    """The conference, for somebody who may do this to it. Raises NotFound or Forbidden."""
    found = conferences.find_conference(access.session, conference_id)
    access.require(action, None if found is None else _subject_for(access, found), purpose=PURPOSE)
    if found is None:
        raise NotFound
    return found


def _subject_for(access: Access, conference: CaseConference) -> Subject:
    """A conference as policy sees it: an agency of elsewhere that was asked to its table or invited to a case works with it."""
    subject, own = subject_of(conference), access.actor.agency_id
    if conference.district_id in access.actor.district_ids or not guests.find_invited(
        access.session, conference.id, own
    ):
        return subject
    return msgspec.structs.replace(subject, working_agency_ids=frozenset({own}))


def schedule_conference(
    access: Access, district_id: Id, starts_at: datetime, place: str, chair_id: Id | None, minute_taker_id: Id | None
) -> CaseConference:
    """Call a conference and choose its cases by rule. Raises InvalidFields for a day that cannot be, a place that is too
    long, and when chair and minute-taker are not two people."""
    access.require_district(Act.PREPARE_CONFERENCE, district_id, purpose=PURPOSE)
    lock_records(access.session, [f"conferences of {district_id}"])  # two presses at once do not call it twice
    _refuse_fields(
        day=why_not_on(starts_at, access.today, _list_taken(access, district_id)), place=_why_not_at(place),
        chair=_why_not_of_table(access, district_id, chair_id),
        minute_taker=why_not_run_by(chair_id, minute_taker_id) or _why_not_of_table(access, district_id, minute_taker_id),
    )  # fmt: skip
    conference = CaseConference(
        id=access.new_id(),
        district_id=district_id,
        starts_at=starts_at,
        place=place.strip(),
        chair_id=chair_id,
        minute_taker_id=minute_taker_id,
    )
    conferences.add_conference(access.session, conference)
    _choose_cases(access, conference)
    return conference


def change_conference(
    access: Access, conference_id: Id, starts_at: datetime, place: str, chair_id: Id | None, minute_taker_id: Id | None
) -> CaseConference:
    """Change when, where and by whom. Raises InvalidFields as for a new one, Failure when it has ended."""
    conference = open_unfinished(access, conference_id)
    taken = _list_taken(access, conference.district_id)
    _refuse_fields(
        day=why_not_on(starts_at, access.today, taken) if starts_at != conference.starts_at else None,
        place=_why_not_at(place),
        chair=_why_not_of_table(access, conference.district_id, chair_id, now=conference.chair_id),
        minute_taker=why_not_run_by(chair_id, minute_taker_id)
        or _why_not_of_table(access, conference.district_id, minute_taker_id, now=conference.minute_taker_id),
    )  # fmt: skip
    is_moved = (starts_at, place.strip()) != (conference.starts_at, conference.place)
    values = {
        "starts_at": starts_at, "place": place.strip(), "chair_id": chair_id, "minute_taker_id": minute_taker_id,
        "sequence": conference.sequence + is_moved,
    }  # fmt: skip
    conferences.set_conference(access.session, conference_id, **values)
    changed = msgspec.structs.replace(conference, **values)
    if is_moved:
        tell_moved(access, conference, changed)
    return changed


def call_off(access: Access, conference_id: Id) -> CaseConference:
    """Do not hold a conference: whoever was sent its agenda hears so, no MDT number rises, and its cases come first next time.

    Raises Invalid where something was typed into it or agreed at it, Failure when it has ended.
    """
    conference = open_unfinished(access, conference_id)
    if case_actions.has_agreed_at(access.session, conference_id):
        raise Invalid("Actions were agreed at it. Finish it, so that the agencies hear of them, or take them back.")
    if conferences.has_notes(access.session, conference_id):
        raise Invalid("Something was typed into it. Finish it, so that nothing typed is lost.")
    values = {"finished_at": access.now, "called_off_at": access.now, "sequence": conference.sequence + 1}
    conferences.set_conference(access.session, conference_id, **values)
    off = msgspec.structs.replace(conference, **values)
    tell_called_off(access, off)
    return off


def choose_cases_again(access: Access, conference_id: Id) -> None:
    """Choose the cases anew by rule; swaps made before are undone."""
    conference = open_unfinished(access, conference_id)
    _choose_cases(access, conference)
    tell_agenda_changed(access, conference)


def swap_cases(access: Access, conference_id: Id, out_id: Id, in_id: Id, reason: str) -> None:
    """Put a case that was left out in the place of one that was chosen, with a reason that both keep.

    Raises Invalid.
    """
    conference = open_unfinished(access, conference_id)
    why_off = f"Taken off by the coordinator: {reason.strip()}"
    _shape(access, conference, lambda agenda: swap(agenda, out_id, in_id, reason), why_off)


def add_to_agenda(access: Access, conference_id: Id, case_id: Id, reason: str) -> None:
    """Put a case of the district's list on the agenda by hand. Raises Invalid without a reason, or where it cannot be put on."""
    conference = open_unfinished(access, conference_id)
    case = cases.find_case(access.session, case_id)
    if case is None or case.district_id != conference.district_id:
        raise NotFound
    if not can_take(case.state, CaseStep.DISCUSSED):
        raise Invalid("Only a case that is on the list can be discussed.")
    if concealment.list_hidden(access.session).get(case.person_id) is not None:
        raise Invalid("Somebody who is hidden is on no shared screen.")
    _shape(access, conference, lambda agenda: add_by_hand(agenda, case_id, reason))


def take_off_agenda(access: Access, conference_id: Id, case_id: Id, reason: str) -> None:
    """Take a case off the agenda by hand, with a reason that it keeps; what was typed about it stays with it. Raises Invalid."""
    conference = open_unfinished(access, conference_id)
    why = f"Taken off by the coordinator: {reason.strip()}"
    _shape(access, conference, lambda agenda: take_off_by_hand(agenda, case_id, reason), why)


def remove_conference(access: Access, conference_id: Id) -> None:
    """Take away a conference that was called by mistake. Raises Invalid once anybody was sent its agenda or typed into it."""
    conference = open_unfinished(access, conference_id)
    if conference.circulated_at is not None:
        raise Invalid("Its agenda was circulated. Call it off, or move it: the agencies are told.")
    if conferences.has_words(access.session, conference_id) or case_actions.has_agreed_at(
        access.session, conference_id
    ):
        raise Invalid("Something was typed into it. Finish it, so that nothing typed is lost.")
    conferences.delete_conference(access.session, conference_id)


def _shape(access: Access, conference: CaseConference, change: Callable[[Agenda], Agenda], why_off: str = "") -> None:
    items = conferences.list_items(access.session, conference.id)
    left_out = conferences.list_left_out(access.session, conference.id)
    try:
        changed = change(_as_agenda(items, left_out))
    except ValueError as why:
        raise Invalid(str(why)) from why
    _store(access, conference, changed, why_off)
    tell_agenda_changed(access, conference)


def _list_taken(access: Access, district_id: Id) -> list[datetime]:
    held = conferences.list_conferences(access.session, [district_id])
    return [each.starts_at for each in held if each.finished_at is None]


def take_off_agendas(access: Access, person_ids: Collection[Id]) -> None:
    """Take people off every agenda to come: a conference is one shared screen, and a hidden person is on none (A5).

    What has been typed about them already, also under a case that was taken off before, is kept as a review of it: whoever ends
    the conference may not know of them any more. The caller has been let through to them.
    """
    theirs = cases.list_cases_of(access.session, person_ids)
    numbers = {case.id: case.mdt_number for every in theirs.values() for case in every}
    for conference_id in conferences.list_to_come_with(access.session, list(numbers)):
        conferences.hold_conference(
            access.session, conference_id, alone=True
        )  # nobody types while what was typed is moved
        notes = conferences.list_notes(access.session, conference_id)
        on, off = (read(access.session, conference_id) for read in (conferences.list_items, conferences.list_off))
        for item in (*on, *off):
            if item.case_id in numbers and item.id in notes and notes[item.id].has_words:
                review = as_review(access, item, notes[item.id], numbers[item.case_id], reached=False)
                conferences.add_review(access.session, review)
                conferences.clear_note(access.session, item.id)
    take_case_off_agendas(access, list(numbers), "")


def take_case_off_agendas(access: Access, case_ids: Collection[Id], why: str) -> None:
    """Take cases off every agenda to come. What was typed under them stays with their items; a guest of theirs alone hears that
    it is expected no longer. The caller has been let through."""
    for conference_id in conferences.list_to_come_with(access.session, case_ids):
        conference = conferences.hold_conference(access.session, conference_id, alone=True)
        if conference.finished_at is not None:
            continue  # it ended while we waited: its agenda is a record now
        items = conferences.list_items(access.session, conference_id)
        kept = [item for item in items if item.case_id not in case_ids]
        left_out = conferences.list_left_out(access.session, conference_id)
        conferences.replace_agenda(
            access.session,
            conference_id,
            [msgspec.structs.replace(item, position=position) for position, item in enumerate(kept, start=1)],
            [each for each in left_out if each.case_id not in case_ids],
            access.now,
            why,
        )
        tell_let_go(access, conference)


def as_review(access: Access, item: AgendaItem, note: Note, mdt_number: int, *, reached: bool = True) -> CaseReview:
    """What was typed under an item, as a review of its case."""
    return CaseReview(
        id=access.new_id(), case_id=item.case_id, conference_id=item.conference_id, mdt_number=mdt_number, at=access.now,
        outcome=note.outcome, outcome_code=note.outcome_code, next_on=note.next_on, notes=note.notes,
        reached=reached,
    )  # fmt: skip


def open_unfinished(access: Access, conference_id: Id) -> CaseConference:
    """The conference as it is now, for this writer alone: nobody ends it, or shapes its agenda, beside them."""
    open_conference(access, conference_id, Act.PREPARE_CONFERENCE)
    conference = conferences.hold_conference(access.session, conference_id, alone=True)
    if conference.finished_at is not None:
        raise Failure(CONFLICTING, "This conference has ended. Its agenda can no longer change.")
    return conference


def choose_by_rule(access: Access, conference: CaseConference) -> Agenda:
    """The agenda as the rule has it today. The caller has been let through to the conference."""
    ranked, _ = rank_district(access, conference.district_id, shared=True)
    carried_over = conferences.list_carried_over(access.session, conference.district_id)
    kept = find_newcomer_places(access.session, conference.district_id)
    return build_agenda(ranked, carried_over, newcomers=kept)


def _choose_cases(access: Access, conference: CaseConference) -> None:
    agenda = choose_by_rule(access, conference)
    _store(access, conference, agenda, "Not chosen when the cases were chosen again by rule")


def _store(access: Access, conference: CaseConference, agenda: Agenda, why_off: str = "") -> None:
    known = conferences.list_item_ids(access.session, conference.id)
    items = [
        AgendaItem(
            id=known.get(chosen.case_id) or access.new_id(),
            conference_id=conference.id,
            case_id=chosen.case_id,
            position=chosen.position,
            reason=chosen.reason,
            carried_over=chosen.carried_over,
        )
        for chosen in agenda.chosen
    ]
    left_out = [
        LeftOut(case_id=each.case_id, position=position, reason=each.why)
        for position, each in enumerate(agenda.not_chosen, start=1)
    ]
    conferences.replace_agenda(access.session, conference.id, items, left_out, access.now, why_off)


def _as_agenda(items: Sequence[AgendaItem], left_out: Sequence[LeftOut]) -> Agenda:
    return Agenda(
        chosen=tuple(
            Chosen(case_id=item.case_id, position=item.position, reason=item.reason, carried_over=item.carried_over)
            for item in items
        ),
        not_chosen=tuple(NotChosen(case_id=each.case_id, why=each.reason) for each in left_out),
    )


def _why_not_at(place: str) -> str | None:
    if len(place.strip()) <= LONGEST_PLACE:
        return None
    return f"Use {LONGEST_PLACE:,} characters or fewer: these are {len(place.strip()):,}."


def _why_not_of_table(access: Access, district_id: Id, worker_id: Id | None, now: Id | None = None) -> str | None:
    """Why they may not be chosen, unless they are it `now`: the agenda is opened to whoever takes the minutes."""
    if worker_id is None or worker_id == now:
        return None
    here = {each for each, _ in seats.list_people_at_the_table(access.session, district_id)}
    return None if worker_id in here else "They do not act for this district. Choose somebody of its table."


def _refuse_fields(**wrong: str | None) -> None:
    """Raises InvalidFields with what is wrong of a conference, by field."""
    found = {field: why for field, why in wrong.items() if why is not None}
    if found:
        raise InvalidFields(found)


def refuse(why_not: str | None) -> None:
    """Raises Invalid with the reason, where there is one."""
    if why_not is not None:
        raise Invalid(why_not)
