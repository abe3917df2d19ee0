"""Who comes to a district's MDT list by themselves: the people whom outreach has seen bedded down there.

A person is on one list, the district's where they bed down (`shared.rules.home_district`); any other district where they
were seen is told whose list that is. A candidate, whom nobody has decided on yet, moves by the rule; a case that is listed
or open moves by a coordinator's decision only (`server.actions.cases.moves`).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

from msgspec import structs
from sqlalchemy.orm import Session

from server.actions.cases.machine import Step, begin_cases, move_case
from server.queries.cases import case_moves, cases
from server.queries.cases.case_moves import Told
from server.queries.cases.cases import CaseMark
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine
from server.queries.partnership import districts
from server.queries.partnership.boundary_changes import list_successors
from server.queries.people import health
from server.queries.people.verification import PersonStatus
from shared.model.case import Case, CaseMove
from shared.model.codes import CaseState, CaseStep, ReviewStatus
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.case import has_returned, say_return
from shared.rules.home_district import Slept, home_district, say_whereabouts

BY_THEMSELVES = "verified people come to the list by themselves"
SAME_PERSON = "Found to be the same person as somebody on a list already"
TWO_PEOPLE = "Found not to be that person after all"


class _Arrival(Value, frozen=True, kw_only=True):
    """A verified person, with every case of theirs, and where they bed down where that was looked up.

    `live` are their cases that are neither closed nor declined; one that somebody decided on first, then the oldest.
    """

    status: PersonStatus
    theirs: Sequence[CaseMark]
    live: Sequence[CaseMark]
    slept: Sequence[Slept] = ()
    last_seen_at: datetime | None = None

    @property
    def ended(self) -> list[CaseMark]:
        """The cases whose ending this list has to reckon with: every one closed, and what this district declined."""
        return [
            mark
            for mark in self.theirs
            if mark.closed_at is not None
            and mark.outcome != SAME_PERSON
            and (mark.state == str(CaseState.CLOSED) or mark.district_id == self.home_id)
        ]

    @property
    def home_id(self) -> Id:
        """The district whose list they belong on: where a coordinator confirmed it, else where they bed down."""
        found = home_district(self.slept)
        if found is None or self.status.review_status is not ReviewStatus.UNREVIEWED:
            return self.status.district_id or ""
        return found.district_id

    @property
    def is_settled(self) -> bool:
        """Is there one case, in the district of the newest evidence? Then nothing needs to be looked up."""
        return [mark.district_id for mark in self.live] == [self.status.district_id]


def put_forward_verified(
    session: Session,
    statuses: Sequence[PersonStatus],
    groups: Mapping[Id, frozenset[Id]],
    now: datetime,
    today: date,
    new_id: Callable[[], Id],
) -> list[Case]:
    """A candidate, with the reason, for each verified person whom no list has yet; returns the new ones.

    Whom a list has already stays on it; other districts that saw them are told. `groups` are the ids of the same person, `today`
    is the day here.
    """
    arrivals = _gather(session, statuses, groups, today)
    same = {each.status.person_id: groups.get(each.status.person_id, {each.status.person_id}) for each in arrivals}
    dead = health.list_dead(session, set().union(*same.values()))
    newcomers = [each for each in arrivals if _is_news(each) and dead.isdisjoint(same[each.status.person_id])]
    new = [_candidate(each, now, new_id()) for each in newcomers]
    began = [CaseStep.RETURNED if each.ended else CaseStep.CAME for each in newcomers]
    begin_cases(session, list(zip(new, began, strict=True)), new_id)
    lines = [_line(case.id, BY_THEMSELVES, now, new_id()) for case in new]
    known = [each for each in arrivals if each.live]
    lines += [line for each in known for line in _settle(session, each, now, new_id)]
    seen = {each.live[0].id: each.slept for each in known if each.slept}
    seen |= {case.id: each.slept for case, each in zip(new, newcomers, strict=True) if len(each.slept) > 1}
    _tell(session, seen, now)
    audit.add_lines(session, lines)
    return new


def take_back_candidates(
    session: Session, groups: Collection[frozenset[Id]], now: datetime, new_id: Callable[[], Id]
) -> None:
    """A candidate that gave way to another case stands again, once its person was found to be somebody else after all. `groups`
    are the ids of each person now."""
    marks = cases.list_case_marks(session, {each for group in groups for each in group}) if groups else {}
    for group in sorted(groups, key=min):
        theirs = [mark for each in sorted(group) for mark in marks.get(each, ())]
        gave_way = [each for each in theirs if each.state == str(CaseState.DECLINED) and each.outcome == SAME_PERSON]
        if not gave_way or any(each.is_live for each in theirs):
            continue
        last = max(gave_way, key=lambda mark: (mark.closed_at or mark.since, mark.id))
        move_case(
            session, last.id, Step(step=CaseStep.APART, at=now, reason=TWO_PEOPLE), new_id, closed_at=None, outcome=""
        )
        audit.add_lines(session, [_line(last.id, TWO_PEOPLE, now, new_id())])


def _gather(
    session: Session, statuses: Sequence[PersonStatus], groups: Mapping[Id, frozenset[Id]], today: date
) -> list[_Arrival]:
    verified = _where_they_belong(session, [each for each in statuses if each.verified and each.district_id])
    ids = {each.person_id: groups.get(each.person_id, frozenset({each.person_id})) for each in verified}
    # Two records that were each merged into the other are one person all the same: who comes to a list once.
    first = {group: person_id for person_id, group in reversed(ids.items())}
    verified = [each for each in verified if first[ids[each.person_id]] == each.person_id]
    ids = {each.person_id: ids[each.person_id] for each in verified}
    marks = cases.list_case_marks(session, {one for group in ids.values() for one in group}) if ids else {}
    arrivals = [
        _arrive(each, [mark for one in sorted(ids[each.person_id]) for mark in marks.get(one, ())]) for each in verified
    ]
    asked = {each.status.person_id: ids[each.status.person_id] for each in arrivals if not each.is_settled}
    slept = case_moves.list_slept(session, asked, today) if asked else {}
    over = {each.status.person_id for each in arrivals if each.theirs and not each.live}
    seen = case_moves.list_last_seen(session, {key: ids[key] for key in over}) if over else {}
    return [
        structs.replace(each, slept=slept.get(each.status.person_id, ()), last_seen_at=seen.get(each.status.person_id))
        for each in arrivals
    ]


def _where_they_belong(session: Session, verified: Sequence[PersonStatus]) -> list[PersonStatus]:
    """A district that is no more has no list: its people are on that of the one that followed."""
    successors = list_successors(session) if verified else {}
    return [
        structs.replace(each, district_id=successors[each.district_id][0]) if each.district_id in successors else each
        for each in verified
    ]


def _arrive(status: PersonStatus, theirs: Sequence[CaseMark]) -> _Arrival:
    live = [mark for mark in theirs if mark.is_live]
    live.sort(key=lambda mark: (mark.state == CaseState.CANDIDATE, mark.since, mark.id))
    return _Arrival(status=status, theirs=theirs, live=live)


def _is_news(arrival: _Arrival) -> bool:
    """Does a list need to hear of this person? Not while one has them, nor again on the evidence it has dealt with.

    Whoever is seen after their case was closed or declined has returned, and the list hears of it at once: the national
    indicator is about them. A sighting from before the ending, synced late, brings nobody back.
    """
    if arrival.live:
        return False
    ended = [mark.closed_at for mark in arrival.ended if mark.closed_at is not None]
    return not ended or has_returned(arrival.last_seen_at, ended)


def _candidate(arrival: _Arrival, now: datetime, case_id: Id) -> Case:
    reason = arrival.status.reason
    if arrival.ended:
        last = max(arrival.ended, key=lambda mark: (mark.closed_at or mark.since, mark.id))
        reason = f"{say_return(last.state, last.closed_at, last.outcome)} {reason[:1].upper()}{reason[1:]}"
    return Case(
        id=case_id,
        person_id=arrival.status.person_id,
        district_id=arrival.home_id,
        state=CaseState.CANDIDATE,
        since=now,
        reason=reason,
    )


def _settle(session: Session, arrival: _Arrival, now: datetime, new_id: Callable[[], Id]) -> list[AuditLine]:
    """One case a person: candidates beside another case give way, and a lone candidate follows where they bed down."""
    kept, *others = arrival.live
    extra = [mark for mark in others if mark.state == str(CaseState.CANDIDATE)]
    for mark in extra:
        move_case(session, mark.id, Step(step=CaseStep.SAME_PERSON, at=now, reason=SAME_PERSON), new_id)
    lines = [_line(mark.id, SAME_PERSON, now, new_id()) for mark in extra]
    if kept.state != str(CaseState.CANDIDATE) or not arrival.slept or arrival.home_id == kept.district_id:
        return lines
    move = CaseMove(
        id=new_id(),
        case_id=kept.id,
        from_district_id=kept.district_id,
        to_district_id=arrival.home_id,
        at=now,
        reason=_say_why(session, arrival.slept),
    )
    case_moves.add_move(session, move)
    step = Step(step=CaseStep.MOVED, at=now, reason=move.reason)
    move_case(session, kept.id, step, new_id, district_id=arrival.home_id)
    case_moves.forget_told(session, kept.id, arrival.home_id)
    return [*lines, _line(kept.id, f"moved by rule: {move.reason}", now, new_id())]


def _say_why(session: Session, slept: Sequence[Slept]) -> str:
    names = {each.id: each.name for each in districts.list_districts(session)}
    words = say_whereabouts(slept, names)
    return f"{words[:1].upper()}{words[1:]}"


def _tell(session: Session, seen: Mapping[Id, Sequence[Slept]], now: datetime) -> None:
    """Tell every district where the person of a case was seen, but for the one that has the case when this is over."""
    if not seen:
        return
    rows = [
        Told(case_id=case.id, district_id=each.district_id, nights=each.nights, last_night=each.last_night, told_at=now)
        for case in cases.list_cases_by_id(session, seen)
        for each in seen[case.id]
        if each.district_id != case.district_id
    ]
    case_moves.tell_districts(session, rows)


def _line(case_id: Id, purpose: str, now: datetime, line_id: Id) -> AuditLine:
    return AuditLine(
        id=line_id,
        at=now,
        action=str(Act.PUT_FORWARD_CASE),
        subject_kind="case",
        subject_id=case_id,
        purpose=purpose[:200],
    )
