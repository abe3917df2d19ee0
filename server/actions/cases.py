"""The MDT list of a district:

verified people come to it by themselves, others by a coordinator's decision; from candidate to listed, declined or
closed. Every step keeps its reason.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from server.access import Access
from server.problems import Invalid, NotFound
from server.queries import audit, cases, districts, subjects
from server.queries.audit import AuditLine
from server.queries.cases import CaseMark
from server.queries.verification import PersonStatus, find_status
from shared.model.case import Case
from shared.model.codes import CaseState
from shared.model.value import Id
from shared.policy import Act


def put_forward_verified(
    session: Session, statuses: Sequence[PersonStatus], now: datetime, new_id: Callable[[], Id]
) -> list[Case]:
    """A candidate, with the reason, for each verified person whom their district's list does not know yet."""
    verified = [each for each in statuses if each.verified and each.district_id]
    if not verified:
        return []
    known = cases.list_case_marks(session, [each.person_id for each in verified])
    new = [
        Case(
            id=new_id(),
            person_id=each.person_id,
            district_id=each.district_id or "",
            state=CaseState.CANDIDATE,
            since=now,
            reason=each.reason,
        )
        for each in verified
        if _is_news(each, known.get((each.person_id, each.district_id or ""), ()))
    ]
    cases.add_cases(session, new)
    audit.add_lines(session, [_line(each, now, new_id()) for each in new])
    return new


def _is_news(status: PersonStatus, theirs: Sequence[CaseMark]) -> bool:
    """Does the list need to hear of this person? Not while it has them, nor again on the evidence it has dealt with.

    A closed case comes back when outreach sees the person after it was closed; a declined one only once they were not
    verified in between, so that a coordinator's decision is not asked for anew every night.
    """
    if any(case.is_live for case in theirs):
        return False
    ended = max((case.closed_at for case in theirs if case.closed_at is not None), default=None)
    return ended is None or (status.since is not None and status.since > ended)


def put_forward(access: Access, person_id: Id, district_id: Id, reason: str) -> Case:
    """Put a person forward by a coordinator's decision, verified or not.

    Raises Invalid where the list may not take them.
    """
    access.require(Act.PUT_FORWARD_CASE, subjects.find_person(access.session, person_id), purpose="case list")
    access.require_district(Act.PUT_FORWARD_CASE, district_id)
    if cases.find_live_case(access.session, person_id, district_id) is not None:
        raise Invalid("This person is on the list already.")
    _check_verified_only(access, person_id, district_id)
    new = Case(
        id=access.new_id(),
        person_id=person_id,
        district_id=district_id,
        state=CaseState.LISTED,
        since=access.now,
        reason=_say(reason),
        put_forward_by=access.actor.worker_id,
    )
    cases.add_cases(access.session, [new])
    return new


def _check_verified_only(access: Access, person_id: Id, district_id: Id) -> None:
    district = districts.find_district(access.session, district_id)
    status = find_status(access.session, person_id)
    if district is None:
        raise NotFound
    if district.verified_only and not (status and status.verified):
        raise Invalid("This district's list takes verified people only. Confirm the verification first.")


def list_case(access: Access, case_id: Id, reason: str) -> Case:
    """Take a candidate onto the list."""
    return _move(access, case_id, {CaseState.CANDIDATE}, CaseState.LISTED, reason)


def decline_case(access: Access, case_id: Id, reason: str) -> Case:
    """Do not take a candidate on. The reason is kept, and the person can be put forward again."""
    return _move(access, case_id, {CaseState.CANDIDATE}, CaseState.DECLINED, reason)


def close_case(access: Access, case_id: Id, reason: str) -> Case:
    """Close a case that was on the list."""
    return _move(access, case_id, {CaseState.LISTED, CaseState.OPEN}, CaseState.CLOSED, reason)


def _move(access: Access, case_id: Id, before: set[CaseState], after: CaseState, reason: str) -> Case:
    access.require(Act.CHANGE_CASE, subjects.find_case(access.session, case_id), detail=str(after))
    found = cases.find_case(access.session, case_id)
    if found is None:
        raise NotFound
    if found.state not in before:
        raise Invalid("Somebody else has decided this case meanwhile. Load the page again.")
    if after in {CaseState.CLOSED, CaseState.DECLINED}:
        cases.close_case(access.session, case_id, after, _say(reason), access.now)
    else:
        cases.set_case(access.session, case_id, state=str(after.value), reason=_say(reason))
    return cases.find_case(access.session, case_id) or found


def _say(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise Invalid("Say why, in a few words: partners will read it.")
    return words


def _line(case: Case, now: datetime, line_id: Id) -> AuditLine:
    return AuditLine(
        id=line_id,
        at=now,
        action=str(Act.PUT_FORWARD_CASE),
        subject_kind="case",
        subject_id=case.id,
        purpose="verified people come to the list by themselves",
    )
