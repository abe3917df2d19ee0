"""What a person's page says of their case, and what this reader may do about it: put them forward, decide, hand over, name a
lead. Showing a form or a link grants nothing; each handler asks the policy for itself.
"""

from collections.abc import Sequence

import msgspec

from server.access import Access
from server.actions.cases.cases import BASES, may_decide
from server.queries.cases import case_actions, case_moves, caseload
from server.queries.cases.case_actions import OwnedAction
from server.queries.cases.caseload import LeadShown
from server.queries.cases.priorities import CaseGeneral, list_general
from server.queries.conferences.upcoming import find_next_with
from server.queries.partnership import districts
from server.queries.people import subjects
from server.queries.people.person_page import CaseStanding
from server.web.layout.words import lower_first, say, say_short_day
from shared.model.case import Case
from shared.model.codes import CaseState
from shared.model.conference import CaseConference
from shared.model.value import Id, Value
from shared.policy import Act, Subject
from shared.rules.home_district import say_whereabouts

Option = tuple[str, str]

DECLINE = ("decline", "Do not take on", "govuk-button--secondary")
CLOSE = ("close", "Close the case", "govuk-button--secondary")
DECISIONS: dict[CaseState, tuple[tuple[str, str, str], ...]] = {
    CaseState.CANDIDATE: (("list", "Put on the list", ""), DECLINE),
    CaseState.LISTED: (CLOSE,),
    CaseState.OPEN: (CLOSE,),
}
HEADINGS = {CaseState.CANDIDATE: "Take on to the MDT case list?"}


class Panel(Value, frozen=True, kw_only=True):
    """The case's part of a person's page. Empty lists and texts stand for what this reader may not do or need not know."""

    decisions: tuple[tuple[str, str, str], ...] = ()
    decide_heading: str = ""
    put_forward_in: Option = ("", "")
    decides: bool = False
    evidence_options: list[Option] = []
    lines: list[str] = []
    lead_words: str = ""
    may_move: bool = False
    case_id: Id = ""
    study_of: Id = ""
    general: CaseGeneral | None = None
    owed: tuple[OwnedAction, ...] = ()
    next_conference: CaseConference | None = None


def make_panel(
    access: Access, same: list[Id], subject: Subject, shown: CaseStanding | None, live: Sequence[Case]
) -> Panel:
    """The panel for a person (all `same` ids) whose case `shown` is the one that the page is about. `live`: those that stand."""
    panel = _make_panel(access, same, subject, shown, live)
    if shown is None or not access.allows(Act.WRITE_CASE_STUDY, subject):
        return panel
    return msgspec.structs.replace(panel, study_of=shown.case.id)


def _make_panel(
    access: Access, same: list[Id], subject: Subject, shown: CaseStanding | None, live: Sequence[Case]
) -> Panel:
    case = shown.case if shown else None
    lines = _lines(access, same, live[0].id, live[0].district_id) if live else []
    if case is None or case.state not in DECISIONS:
        return Panel(lines=lines) if live else _to_put_forward(access, subject, shown)
    if case.basis is not None:
        lines = [f"On the evidence: {lower_first(say(case.basis))}.", *lines]
    lead_words = say_lead(caseload.list_leads(access.session, [case.id]).get(case.id))
    owed, ahead = _list_owed(access, case), find_next_with(access.session, case.id)
    if not may_decide(access, case.district_id):
        return Panel(lines=lines, lead_words=lead_words, case_id=case.id, owed=owed, next_conference=ahead)
    return Panel(
        owed=owed,
        next_conference=ahead,
        decisions=DECISIONS[case.state],
        decide_heading=HEADINGS.get(case.state, "Close the case"),
        decides=True,
        lines=lines,
        lead_words=lead_words,
        may_move=True,
        case_id=case.id,
        general=list_general(access.session, [case.id]).get(case.id, CaseGeneral(case_id=case.id)),
    )


def _list_owed(access: Access, case: Case) -> tuple[OwnedAction, ...]:
    """The actions of a case that are not done, for whoever may see them: of all agencies, or of the reader's own."""
    everyone = access.allows(Act.SEE_ACTIONS, subjects.of_district(case.district_id))
    undone = [each for each in case_actions.list_actions(access.session, [case.id]) if each.action.done_at is None]
    return tuple(each for each in undone if everyone or each.action.agency_id == access.actor.agency_id)


def _to_put_forward(access: Access, subject: Subject, shown: CaseStanding | None) -> Panel:
    """For somebody on no list: the reader's district that they may put the person forward in."""
    if not access.allows(Act.PUT_FORWARD_CASE, subject):
        return Panel()
    known = {shown.case.district_id} if shown else set()
    here = sorted(access.actor.district_ids & (subject.district_ids | known))
    found = districts.find_district(access.session, here[0]) if here else None
    if found is None:
        return Panel()
    return Panel(
        put_forward_in=(found.id, found.name),
        decides=may_decide(access, found.id),
        evidence_options=[(str(basis), say(basis)) for basis in BASES],
    )


def _lines(access: Access, same: list[Id], case_id: Id, district_id: Id) -> list[str]:
    """Whose list it is where it is another's, where else the person was seen, and how the case came to be where it is."""
    told = case_moves.list_told_elsewhere(access.session, [case_id], access.today)
    moves = case_moves.list_moves(access.session, [case_id]).get(case_id, [])
    is_ours = district_id in access.actor.district_ids
    if is_ours and not told and not moves:
        return []
    names = {each.id: each.name for each in districts.list_districts(access.session)}
    lines = []
    if not is_ours:
        asked = case_moves.list_whom_to_ask(access.session, [district_id]).get(district_id, [])
        lines.append(f"On the list of {names[district_id]}." + (f" Ask {' or '.join(asked)}." if asked else ""))
    if told:
        slept = case_moves.list_slept(access.session, {case_id: same}, access.today)[case_id]
        words = say_whereabouts(slept, names)
        lines.append(f"{words[:1].upper()}{words[1:]}")
    lines += [f"Came from {names[move.from_district_id]} on {say_short_day(move.at)}: {move.reason}" for move in moves]
    return [line if line.endswith((".", "!", "?")) else f"{line}." for line in lines if line]


def say_lead(lead: LeadShown | None) -> str:
    """ "Aisha N, Beacon Outreach. Transition, since 12 Nov 2026"; empty while nobody leads."""
    if lead is None:
        return ""
    who = f"{lead.worker_name}, {lead.agency_name}" if lead.worker_name else f"{lead.agency_name}, nobody named yet"
    return f"{who}. {say(lead.lead.phase)}, since {say_short_day(lead.lead.since)}"
