"""The Rough Sleeper Tracker of a district: put together from the record, and read in again after somebody worked on
it offline.

Source: RS MDT toolkit, Using the Rough Sleeper Tracker. Its workbook is in `server.actions.cases.tracker_workbook`.
Reading in
takes over the General Data and closings; what it does not take it names, so that nothing is lost unseen.
"""

import re
from collections.abc import Iterable
from datetime import date

from server.access import Access
from server.actions.cases.cases import close_case
from server.actions.cases.priorities import change_general
from server.problems import Failure
from server.queries.cases import case_actions, priorities
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


class Tracker(Value, frozen=True, kw_only=True):
    """The tracker of one district."""

    district: str
    cases: tuple[TrackedCase, ...]


class TakenIn(Value, frozen=True, kw_only=True):
    """What reading a tracker in did: changed + unchanged + refused = read. Each line is a sentence."""

    read: int
    changed: tuple[str, ...]
    unchanged: int
    refused: tuple[str, ...]
    not_taken: tuple[str, ...]


def compose_tracker(access: Access, district_id: Id, district_name: str) -> Tracker:
    """Put the tracker of a district together; every person on it is noted as read."""
    access.require_district(Act.SHARE_TRACKER, district_id, purpose="tracker")
    session = access.session
    listed = priorities.list_listed_cases(session, district_id, access.tonight, ON_THE_TRACKER)
    ids = [case.row.case_id for case in listed]
    access.note_seen(SubjectKind.PERSON, [case.row.person_id for case in listed], purpose="tracker")
    known = {person.id: person for person in people.list_people(session, [case.row.person_id for case in listed])}
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
                reviews=tuple(_review(review) for review in reviews.get(case.row.case_id, [])),
                actions=tuple(_action(each) for each in owned.get(case.row.case_id, [])),
            )
            for case in listed
        ),
    )


def take_in(access: Access, district_id: Id, district_name: str, tracker: Tracker) -> TakenIn:
    """Take over what a tracker says otherwise than the record: General Data, and cases closed with an outcome.

    Everything else that differs is named in `not_taken`: it is changed in Lantern itself, where its history is kept.
    """
    now = {case.case_id: case for case in compose_tracker(access, district_id, district_name).cases}
    changed, refused, not_taken, unchanged = [], [], [], 0
    for row in tracker.cases:
        stored = now.get(row.case_id)
        if stored is None:
            refused.append(f"{row.known_as or 'A row'}: this case is not on {district_name}'s list.")
            continue
        try:
            done = [*_take_general(access, stored, row), *_take_closing(access, stored, row)]
        except Failure as why:
            refused.append(f"{row.known_as}: {why.detail}")
            continue
        changed += done[:1] and [f"{stored.known_as}: {', '.join(done)}."]
        unchanged += not done
        not_taken += [
            f"{stored.known_as}: {what} is changed in Lantern itself." for what in _other_differences(stored, row)
        ]
    return TakenIn(
        read=len(tracker.cases),
        changed=tuple(changed),
        unchanged=unchanged,
        refused=tuple(refused),
        not_taken=tuple(not_taken),
    )


def _take_general(access: Access, stored: TrackedCase, row: TrackedCase) -> list[str]:
    differing = [name for name in GENERAL_FIELDS if getattr(stored.general, name) != getattr(row.general, name)]
    if differing:
        change_general(access, stored.case_id, {name: getattr(row.general, name) for name in differing})
    return [name.replace("_", " ") for name in differing]


def _take_closing(access: Access, stored: TrackedCase, row: TrackedCase) -> list[str]:
    if (stored.status, row.status) != (OPEN, CLOSED):
        return []
    close_case(access, stored.case_id, row.outcome[:200] or "Closed on the tracker")
    return ["closed"]


def _other_differences(stored: TrackedCase, row: TrackedCase) -> Iterable[str]:
    if (stored.status, row.status) == (CLOSED, OPEN):
        yield "opening a closed case again"
    for words, one, other in (
        ("the name or date of birth", (stored.known_as, stored.date_of_birth), (row.known_as, row.date_of_birth)),
        ("the needs", stored.needs, row.needs),
        ("what an MDT decided", stored.reviews, row.reviews),
        ("an action", stored.actions, row.actions),
    ):
        if one != other:
            yield words


def _last_outcome(case: ListedCase, reviews: dict[Id, list[CaseReview]]) -> str:
    said = [review.outcome for review in reviews.get(case.row.case_id, []) if review.outcome]
    return plain(said[-1]) if said else ""


def _review(review: CaseReview) -> TrackedReview:
    return TrackedReview(
        mdt_number=review.mdt_number, held_on=review.at.date(), outcome=plain(review.outcome), notes=plain(review.notes)
    )


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
