"""The Rough Sleeper Tracker of a district: put together from the record, and read in again after somebody worked on
it offline.

Source: RS MDT toolkit, Using the Rough Sleeper Tracker. Its workbook is in `server.actions.cases.tracker_workbook`.
Reading in
takes over the General Data and closings; what it does not take it names, so that nothing is lost unseen.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo

from msgspec import structs

from server.access import Access, day_of
from server.actions.cases.cases import close_case
from server.actions.cases.priorities import change_general
from server.actions.cases.tracker_sheets import Elsewhere
from server.problems import Failure
from server.queries.cases import case_actions, priorities
from server.queries.cases.case_list import CaseListView, list_cases
from server.queries.cases.priorities import GENERAL_FIELDS, CaseGeneral, ListedCase
from server.queries.conferences import conferences
from server.queries.people import people
from shared.model.case import CaseReview
from shared.model.codes import CaseState, Gender, ReceivingSupport, SupportNeed
from shared.model.value import Id, Value
from shared.policy import Act, SubjectKind
from shared.rules.verification import without_place

ON_THE_TRACKER = (CaseState.LISTED, CaseState.OPEN, CaseState.CLOSED)
OPEN, CLOSED = "open", "closed"
LONGEST_NAME = 200
MOST_NEW = 200
"""How many new rows one reading lays beside the list: each is looked for on it, and kept for a form of its own."""
MOST_NOT_TAKEN = 2_000
MOST_ALIKE = 5
"""How many a new row is laid beside: a name that more people have is looked for on the list itself."""


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """A text as a cell can hold it: without control characters, lines ended by line feeds."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class TrackedReview(Value, frozen=True, kw_only=True):
    """What one MDT made of the case: MDT 1 is the baseline."""

    mdt_number: int
    held_on: date
    outcome: str = ""
    notes: str = ""


class TrackedAction(Value, frozen=True, kw_only=True):
    """One action."""

    mdt_number: int
    agency: str
    text: str
    due_on: date
    done: bool = False
    remark: str = ""


class TrackedCase(Value, frozen=True, kw_only=True):
    """One row of the tracker: the General Data, the reviews, the actions."""

    case_id: Id
    known_as: str
    date_of_birth: date | None
    gender: Gender
    status: str
    mdt_number: int
    verification: str
    needs: tuple[tuple[SupportNeed, ReceivingSupport], ...]
    general: CaseGeneral
    outcome: str
    reviews: tuple[TrackedReview, ...]
    actions: tuple[TrackedAction, ...]
    unread: tuple[str, ...] = ()
    """Fields whose cells could not be read: nothing is taken from them."""


class NewRow(Value, frozen=True, kw_only=True):
    """A row that names no case: somebody whom somebody typed in. `says` is whatever else stands in it, column by column;
    `could_be` are people on the list, by id and what they are called, who are called like that or were born on that day."""

    name: str
    date_of_birth: date | None = None
    says: tuple[str, ...] = ()
    could_be: tuple[tuple[Id, str], ...] = ()


class Tracker(Value, frozen=True, kw_only=True):
    """The tracker of one district."""

    district: str
    cases: tuple[TrackedCase, ...]
    not_read: tuple[str, ...] = ()
    """Cells that could not be read, each with where it stands and what may stand there."""
    new_rows: tuple[NewRow, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    """What was changed in its workbook and is not taken over."""


class TakenIn(Value, frozen=True, kw_only=True):
    """What reading a tracker in did: changed + unchanged + refused + new rows = read. Each line is a sentence."""

    read: int
    changed: tuple[str, ...]
    unchanged: int
    refused: tuple[str, ...]
    not_taken: tuple[str, ...]
    new_rows: tuple[NewRow, ...] = ()


def compose_tracker(access: Access, district_id: Id, district_name: str, *, for_file: bool = False) -> Tracker:
    """Put the tracker of a district together; every person on it is noted as read, or as taken out.

    Raises Failure (PROVE_AGAIN) where a file would be about very many.
    """
    access.require_district(Act.SHARE_TRACKER, district_id, purpose="tracker")
    session = access.session
    listed = priorities.list_listed_cases(session, district_id, access.tonight, ON_THE_TRACKER)
    ids = [case.row.case_id for case in listed]
    about = [case.row.person_id for case in listed]
    if for_file:
        access.note_taken_out(about, purpose="tracker, workbook")
    else:
        access.note_seen(SubjectKind.PERSON, about, purpose="tracker")
    known = {person.id: person for person in people.list_people(session, about)}
    reviews = conferences.list_reviews(session, ids)
    owned: dict[Id, list[case_actions.OwnedAction]] = {}
    for each in case_actions.list_actions(session, ids):
        owned.setdefault(each.action.case_id, []).append(each)
    return Tracker(
        district=district_name,
        cases=tuple(
            TrackedCase(
                case_id=case.row.case_id,
                known_as=plain(case.row.known_as),
                date_of_birth=known[case.row.person_id].date_of_birth,
                gender=known[case.row.person_id].gender,
                status=CLOSED if case.row.state is CaseState.CLOSED else OPEN,
                mdt_number=case.row.mdt_number,
                verification=plain(without_place(case.row.reason)),
                needs=tuple((need.need, need.receiving_support) for need in case.needs),
                general=case.general,
                outcome=_last_outcome(case, reviews),
                reviews=tuple(_review(review, access.zone) for review in reviews.get(case.row.case_id, [])),
                actions=tuple(_action(each) for each in owned.get(case.row.case_id, [])),
            )
            for case in listed
        ),
    )


def take_in(
    access: Access, district_id: Id, district_name: str, tracker: Tracker, base: Mapping[Id, TrackedCase] | None = None
) -> TakenIn:
    """Take over what was changed in a workbook: General Data, and cases closed with an outcome.

    `base` is what the workbook said when it was downloaded: a cell that nobody touched since changes nothing, whatever the record
    says by now. Everything else that was changed is named in `not_taken`, from what to what, and so is each cell that could not
    be read; a row without a case and a case without a row are named too.
    """
    touched = {each.case_id for each in tracker.elsewhere}
    now = {case.case_id: case for case in compose_tracker(access, district_id, district_name).cases}
    changed, refused, not_taken, unchanged = [], [], list(tracker.not_read), 0
    seen: set[Id] = set()
    for row in tracker.cases:
        stored = now.get(row.case_id)
        if stored is None or row.case_id in seen:
            why = "is in the workbook twice" if row.case_id in seen else f"this case is not on {district_name}'s list"
            refused.append(f"{row.known_as or 'A row'}: {why}.")
            continue
        seen.add(row.case_id)
        was = (base or {}).get(row.case_id, stored)
        try:
            with access.session.begin_nested():  # of a row that is refused nothing is taken
                done = [*_take_general(access, stored, was, row), *_take_closing(access, stored, was, row)]
        except Failure as why_not:
            refused.append(f"{row.known_as}: {' '.join(why_not.errors) or why_not.detail}")
            continue
        named = [f"{stored.known_as}: {what}" for what in _other_differences(stored, was, row)]
        changed += done[:1] and [f"{stored.known_as}: {', '.join(done)}."]
        unchanged += not done and not named and not row.unread and row.case_id not in touched
        not_taken += named
    gone = sorted(now[each].known_as for each in (base or {}) if each in now and each not in seen)
    not_taken += [f"{name}: the row was taken out of the workbook. The case stays as it is." for name in gone]
    not_taken += [each.said for each in tracker.elsewhere]
    new, beyond = tracker.new_rows[:MOST_NEW], tracker.new_rows[MOST_NEW:]
    refused += [
        f"{row.name or 'A row without a name'}: no more than {MOST_NEW} new rows are taken at once. Bring it with the next."
        for row in beyond
    ]
    return TakenIn(
        read=len(tracker.cases) + len(tracker.new_rows),
        changed=tuple(changed),
        unchanged=unchanged,
        refused=tuple(refused),
        not_taken=_bounded(not_taken),
        new_rows=tuple(_compare_with_list(access, district_id, row) for row in new),
    )


def _compare_with_list(access: Access, district_id: Id, row: NewRow) -> NewRow:
    """The row with whom it could be: nobody is put on a list twice for want of a look."""
    said = [row.name, row.date_of_birth.isoformat() if row.date_of_birth else ""]
    found: dict[Id, str] = {}
    for words in filter(None, said):
        view = CaseListView(states=(), words=words[:LONGEST_NAME])
        for each in list_cases(access.session, district_id, view, today=access.tonight, limit=MOST_ALIKE):
            found[each.person_id] = each.known_as
    access.note_seen(SubjectKind.PERSON, sorted(found), purpose="tracker")
    return structs.replace(row, could_be=tuple(sorted(found.items(), key=lambda each: (each[1], each[0]))))


def _bounded(lines: list[str]) -> tuple[str, ...]:
    """As many as a page can show; of those beyond is said how many."""
    beyond = len(lines) - MOST_NOT_TAKEN
    return (
        tuple(lines) if beyond <= 0 else (*lines[:MOST_NOT_TAKEN], f"{beyond:,} more cells were changed and not taken.")
    )


def _take_general(access: Access, stored: TrackedCase, was: TrackedCase, row: TrackedCase) -> list[str]:
    wanted = {
        name: getattr(row.general, name)
        for name in GENERAL_FIELDS
        if name not in row.unread
        and getattr(row.general, name) not in (getattr(was.general, name), getattr(stored.general, name))
    }
    if wanted:
        change_general(access, stored.case_id, wanted)
    return [f"{name.replace('_', ' ')} from {_yes(not value)} to {_yes(value)}" for name, value in wanted.items()]


def _take_closing(access: Access, stored: TrackedCase, was: TrackedCase, row: TrackedCase) -> list[str]:
    if "status" in row.unread or row.status == was.status or (stored.status, row.status) != (OPEN, CLOSED):
        return []
    close_case(access, stored.case_id, row.outcome or "Closed on the tracker")
    return ["closed"]


def _other_differences(stored: TrackedCase, was: TrackedCase, row: TrackedCase) -> Iterable[str]:
    """What was changed in the workbook and is changed elsewhere, from what to what and where."""
    if "status" not in row.unread and (was.status, row.status) == (CLOSED, OPEN) and stored.status == CLOSED:
        yield "opening a closed case again is done on the person's page."
    for name, (words, where) in WORDS.items():
        before, after = getattr(was, name), getattr(row, name)
        if name not in row.unread and before != after and after != getattr(stored, name):
            yield f"{words} from {_say(before)} to {_say(after)} {where}"
    if "needs" not in row.unread and was.needs != row.needs and row.needs != stored.needs:
        yield f"needs from {_say_needs(was)} to {_say_needs(row)} are changed on the person's page, “Change the needs”."
    outcome_says_why = (was.status, row.status) == (OPEN, CLOSED) and stored.status == OPEN
    if row.outcome not in (was.outcome, stored.outcome) and not outcome_says_why:
        yield f"the outcome from {_say(was.outcome)} to {_say(row.outcome)} is changed in the meeting, where its history is kept."


CHANGED_THERE = "is changed on the person's page, “Change what is known”."
WORDS = {
    "known_as": ("the name", CHANGED_THERE),
    "date_of_birth": ("the date of birth", CHANGED_THERE),
    "gender": ("the gender", CHANGED_THERE),
    "mdt_number": ("the MDT number", "is not taken: it rises with each conference that is finished."),
    "verification": ("how they were verified", "is not taken: it is decided on the person's page."),
}
"""Columns of General Data that are not taken over, and why."""


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _say(value: object) -> str:
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    text = str(getattr(value, "value", value) if value is not None else "").replace("_", " ")
    return f"“{text}”" if text else "nothing"


def _say_needs(case: TrackedCase) -> str:
    said = [f"{need.value} ({support.value})".replace("_", " ") for need, support in case.needs]
    return ", ".join(said) or "none"


def _last_outcome(case: ListedCase, reviews: dict[Id, list[CaseReview]]) -> str:
    said = [review.outcome for review in reviews.get(case.row.case_id, []) if review.outcome]
    return plain(said[-1]) if said else ""


def _review(review: CaseReview, zone: ZoneInfo) -> TrackedReview:
    return TrackedReview(
        mdt_number=review.mdt_number, held_on=day_of(review.at, zone), outcome=plain(review.outcome),
        notes=plain(review.notes),
    )  # fmt: skip


def _action(owned: case_actions.OwnedAction) -> TrackedAction:
    action = owned.action
    return TrackedAction(
        mdt_number=action.mdt_number,
        agency=plain(owned.agency_name),
        text=plain(action.text),
        due_on=action.due_on,
        done=action.done_at is not None,
        remark=plain(action.done_note or action.explained),
    )
