"""The one machine that moves a case: its states, the steps between them, who may take each and on what grounds.

Every road to a case (a phone's sighting, a page, the end of a conference, a workbook, a hand-over, a merge) takes one of these
steps; each step is kept as a fact, and the state of a case is what its facts say. Storing them is done elsewhere.

Source: RS MDT toolkit (candidates are decided on by the MDT coordinator; MDT numbers belong to the case).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from shared.geo.night import DEFAULT_ZONE
from shared.model.case import CaseEvent
from shared.model.codes import CaseState, CaseStep
from shared.model.value import Value

LIVE = (CaseState.CANDIDATE, CaseState.LISTED, CaseState.OPEN)
ENDED = (CaseState.CLOSED, CaseState.DECLINED)


class By(str, Enum):
    """Who takes a step."""

    RULE = "rule"
    ANY_PARTNER = "any_partner"
    COORDINATOR = "coordinator"
    CONFERENCE = "conference"


class Move(Value, frozen=True, kw_only=True):
    """One row of the table. `before` are the states it starts from (None: there is no case yet); `after` None keeps the state."""

    before: tuple[CaseState | None, ...]
    after: CaseState | None
    by: tuple[By, ...]
    grounds: str


MOVES: Mapping[CaseStep, Move] = {
    CaseStep.CAME: Move(
        before=(None,), after=CaseState.CANDIDATE, by=(By.RULE,), grounds="outreach saw them bedded down"
    ),
    CaseStep.RETURNED: Move(
        before=(None,), after=CaseState.CANDIDATE, by=(By.RULE,),
        grounds="outreach saw them bedded down after their case had ended",
    ),
    CaseStep.PUT_FORWARD: Move(
        before=(None,), after=CaseState.CANDIDATE, by=(By.ANY_PARTNER,), grounds="evidence that somebody named"
    ),
    CaseStep.LISTED: Move(
        before=(None, CaseState.CANDIDATE), after=CaseState.LISTED, by=(By.COORDINATOR,), grounds="a reason in words"
    ),
    CaseStep.DECLINED: Move(
        before=(CaseState.CANDIDATE,), after=CaseState.DECLINED, by=(By.COORDINATOR,), grounds="a reason in words"
    ),
    CaseStep.SAME_PERSON: Move(
        before=(CaseState.CANDIDATE,), after=CaseState.DECLINED, by=(By.RULE,),
        grounds="found to be the same person as somebody on a list",
    ),
    CaseStep.APART: Move(
        before=(CaseState.DECLINED,), after=CaseState.CANDIDATE, by=(By.RULE,),
        grounds="found not to be the same person after all",
    ),
    CaseStep.DISCUSSED: Move(
        before=(CaseState.LISTED, CaseState.OPEN), after=CaseState.OPEN, by=(By.CONFERENCE,),
        grounds="the conference discussed it",
    ),
    CaseStep.CLOSED: Move(
        before=(CaseState.LISTED, CaseState.OPEN), after=CaseState.CLOSED, by=(By.COORDINATOR, By.CONFERENCE),
        grounds="a reason in words",
    ),
    CaseStep.DIED: Move(before=LIVE, after=CaseState.CLOSED, by=(By.RULE,), grounds="the person died"),
    CaseStep.MOVED: Move(
        before=LIVE, after=None, by=(By.COORDINATOR, By.RULE), grounds="where the person beds down, or a reason in words"
    ),
}  # fmt: skip


class ImpossibleStep(ValueError):
    """A case that stands so cannot take this step."""


def can_take(state: CaseState | None, step: CaseStep) -> bool:
    """May a case that stands so take this step? `state` None: there is no case yet."""
    return state in MOVES[step].before


def take_step(state: CaseState | None, step: CaseStep) -> CaseState:
    """The state after a step. Raises ImpossibleStep."""
    if not can_take(state, step):
        raise ImpossibleStep(f"{step.value} from {state.value if state else 'nothing'}")
    after = MOVES[step].after or state
    if after is None:
        raise ImpossibleStep(step.value)
    return after


def state_of(events: Iterable[CaseEvent]) -> CaseState | None:
    """The state that these facts of one case say, in the order in which they happened; None without any."""
    state: CaseState | None = None
    for event in sorted(events, key=lambda each: (each.at, each.number)):
        state = event.to_state
    return state


def has_returned(last_seen_at: datetime | None, ended_at: Iterable[datetime]) -> bool:
    """Does a sighting bring somebody back? When it came after every ending of a case of theirs; one synced late does not."""
    ended = list(ended_at)
    return last_seen_at is not None and bool(ended) and last_seen_at > max(ended)


CAME_BACK = "Returned; "


def tells_of_return(reason: str) -> bool:
    """Does a case stand on a list because somebody came back?"""
    return reason.startswith(CAME_BACK)


def say_return(state: str, ended_at: datetime | None, outcome: str, zone: str = DEFAULT_ZONE) -> str:
    """What a list is told of somebody who came back: "Returned; case closed 29 Nov 2026: housed."."""
    what = "not taken on" if state == CaseState.DECLINED.value else "case closed"
    local = None if ended_at is None else ended_at.astimezone(ZoneInfo(zone))
    day = "" if local is None else f" {local.day} {local:%b %Y}"
    words = outcome.strip().rstrip(".")
    return f"{CAME_BACK}{what}{day}{f': {words}' if words else ''}."
