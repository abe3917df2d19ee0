"""A person on a district's MDT list, its reviews (MDT 1, MDT 2, ...) and the actions agreed for it."""

from datetime import date, datetime

from shared.model.codes import CaseState, CaseStep, EvidenceBasis, SupportPhase
from shared.model.person import LongText, ShortText
from shared.model.value import Id, Value


class Case(Value, frozen=True, kw_only=True):
    """A person on one district's list. `mdt_number` belongs to the case: 1 is the baseline (RS MDT toolkit).

    `basis` is the evidence that somebody named when they put the person forward; None for one whom outreach saw.
    `told_as` is what whoever put them forward called them.
    """

    id: Id
    person_id: Id
    district_id: Id
    state: CaseState
    since: datetime
    reason: LongText
    mdt_number: int = 1
    put_forward_by: Id | None = None
    closed_at: datetime | None = None
    outcome: ShortText = ""
    basis: EvidenceBasis | None = None
    told_as: LongText | None = None


class CaseEvent(Value, frozen=True, kw_only=True):
    """One step of a case: the only history of it. `worker_id` is None for what a rule did, `number` counts the case's steps
    from 1, `from_state` is None where the case began."""

    id: Id
    case_id: Id
    number: int
    at: datetime
    step: CaseStep
    from_state: CaseState | None
    to_state: CaseState
    worker_id: Id | None = None
    reason: LongText = ""
    conference_id: Id | None = None
    district_id: Id


class CaseMove(Value, frozen=True, kw_only=True):
    """A case went from one district's list to another's, whole. `worker_id` is None when the rule moved a candidate."""

    id: Id
    case_id: Id
    from_district_id: Id
    to_district_id: Id
    at: datetime
    worker_id: Id | None = None
    reason: LongText = ""


class CaseLead(Value, frozen=True, kw_only=True):
    """Who leads on a case, in which phase of support. Earlier ones stay, each with when it ended."""

    id: Id
    case_id: Id
    agency_id: Id
    worker_id: Id | None = None
    phase: SupportPhase
    since: datetime
    set_by: Id
    reason: LongText = ""
    ended_at: datetime | None = None


class Action(Value, frozen=True, kw_only=True):
    """A short bullet with an owner agency and a date. A missed one is a red flag that all partners see.

    `refused` is why its agency says that it is not theirs; `holder_id` is who of theirs has it. `conference_id` is the conference
    at which it was agreed; None for one agreed between two.
    """

    id: Id
    case_id: Id
    agency_id: Id
    text: LongText
    due_on: date
    agreed_at: datetime
    agreed_by: Id
    mdt_number: int
    done_at: datetime | None = None
    done_by: Id | None = None
    done_note: LongText = ""
    explained: LongText = ""
    refused: LongText = ""
    holder_id: Id | None = None
    conference_id: Id | None = None


class CaseReview(Value, frozen=True, kw_only=True):
    """What one conference made of one case; where it was not `reached`, what was typed of it all the same."""

    id: Id
    case_id: Id
    conference_id: Id
    mdt_number: int
    at: datetime
    outcome: ShortText = ""
    outcome_code: str = ""
    next_on: date | None = None
    notes: LongText = ""
    reached: bool = True
