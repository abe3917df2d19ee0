"""The life of a referral: which state may follow which, when an answer is due, and what an outcome means.

Sources: StreetLink's export of 2017-19 (the 26 outcomes); an outcome is due in 10 working days (second-hand, later 14
days: a setting). Writing and telling anybody is not done here.
"""

import re
from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from zoneinfo import ZoneInfo

from shared.model.codes import ReferralState
from shared.model.referral import Referral
from shared.model.value import Value
from shared.rules.bank_holidays import BANK_HOLIDAYS

DUE_WORKING_DAYS = 10
MOST_DUE_WORKING_DAYS = 60

TRANSITIONS: dict[ReferralState, frozenset[ReferralState]] = {
    ReferralState.RECEIVED: frozenset(
        {
            ReferralState.NEEDS_INFORMATION, ReferralState.ASSIGNED, ReferralState.LOOKED_FOR, ReferralState.FOUND,
            ReferralState.CLOSED, ReferralState.DUPLICATE_OF, ReferralState.WRONG_AREA,
        }
    ),
    ReferralState.NEEDS_INFORMATION: frozenset(
        {
            ReferralState.RECEIVED, ReferralState.ASSIGNED, ReferralState.CLOSED, ReferralState.DUPLICATE_OF,
            ReferralState.WRONG_AREA,
        }
    ),
    ReferralState.ASSIGNED: frozenset(
        {
            ReferralState.RECEIVED, ReferralState.NEEDS_INFORMATION, ReferralState.LOOKED_FOR, ReferralState.FOUND,
            ReferralState.CLOSED, ReferralState.DUPLICATE_OF, ReferralState.WRONG_AREA,
        }
    ),
    ReferralState.LOOKED_FOR: frozenset(
        {
            ReferralState.ASSIGNED, ReferralState.LOOKED_FOR, ReferralState.FOUND, ReferralState.CLOSED,
            ReferralState.DUPLICATE_OF, ReferralState.WRONG_AREA,
        }
    ),
    ReferralState.FOUND: frozenset({ReferralState.FOUND, ReferralState.CLOSED}),
    ReferralState.CLOSED: frozenset({ReferralState.RECEIVED}),
    ReferralState.DUPLICATE_OF: frozenset({ReferralState.RECEIVED}),
    ReferralState.WRONG_AREA: frozenset({ReferralState.RECEIVED, ReferralState.ASSIGNED}),
}  # fmt: skip
"""A closed referral, a duplicate and one of the wrong area may be reopened; nothing is ever deleted."""

THERE = frozenset({ReferralState.LOOKED_FOR, ReferralState.FOUND})
"""What says that somebody was there."""

FINAL_STATES = frozenset({ReferralState.CLOSED, ReferralState.DUPLICATE_OF, ReferralState.WRONG_AREA})


class OutcomeGroup(str, Enum):
    """The part of an outcome before its hyphen."""

    FOUND = "person found"
    NOT_FOUND = "person not found"
    NOT_LOOKED_FOR = "person not looked for"
    NO_RESPONSE = "la did not respond"
    NO_ACTION = "no action taken"
    PASSED_ON = "details sent to london transport outreach team"
    NOT_ENOUGH_INFORMATION = "not enough information"
    NO_ALERT = "no alert"


class Outcome(Value, frozen=True, kw_only=True):
    """One of the 26, with the state it leaves a referral in. `code` is stored; `text` is StreetLink's own wording."""

    code: str
    text: str
    group: OutcomeGroup
    state: ReferralState


def _outcomes() -> dict[str, Outcome]:
    endings: dict[OutcomeGroup, tuple[str, ...]] = {
        OutcomeGroup.FOUND: (
            "engaging with services", "no entitlement to local services",
            "reconnected to services in another area", "street activity or begging", "referred to emergency services",
            "taken to shelter", "unwilling to engage",
        ),
        OutcomeGroup.NOT_FOUND: (
            "person looked for", "person no longer rough sleeping", "site could not be located", "site not accessible",
            "no outreach service in this area",
        ),
        OutcomeGroup.NOT_LOOKED_FOR: (
            "person already known", "street activity location",
            "wrong local authority or geographical information",
        ),
        OutcomeGroup.NO_RESPONSE: ("",),
        OutcomeGroup.NO_ACTION: ("identified hotspot",),
        OutcomeGroup.PASSED_ON: ("",),
        OutcomeGroup.NOT_ENOUGH_INFORMATION: ("referrer contacted but no reply", "no referrer contact details"),
        OutcomeGroup.NO_ALERT: (
            "unlikely sleep site", "sign posting", "site already known by outreach", "other",
            "london winter duplicate", "out of london winter duplicate",
        ),
    }  # fmt: skip
    table = {}
    for group, texts in endings.items():
        for ending in texts:
            text = f"{group.value} - {ending}" if ending else group.value
            code = re.sub(r"[^a-z]+", "_", text)
            table[code] = Outcome(code=code, text=text, group=group, state=_state_left(group, ending))
    return table


def _state_left(group: OutcomeGroup, ending: str) -> ReferralState:
    if ending.endswith("duplicate"):
        return ReferralState.DUPLICATE_OF
    if ending.startswith("wrong local authority"):
        return ReferralState.WRONG_AREA
    return ReferralState.CLOSED


OUTCOMES: dict[str, Outcome] = _outcomes()
"""The 26 outcomes by code."""

_BY_KEY = {re.sub(r"[^a-z]", "", outcome.text): outcome for outcome in OUTCOMES.values()}


def normalise_outcome(raw: str) -> Outcome | None:
    """The outcome that a text means, whatever its case, spaces, hyphens and dashes; None when it is none of the 26.

    The raw text is kept by the caller.
    """
    return _BY_KEY.get(re.sub(r"[^a-z]", "", raw.casefold()))


def may_follow(before: ReferralState, after: ReferralState) -> bool:
    """May this state follow that one? A state of a newer version is let through, so that nothing recorded is lost."""
    if not before.is_known or not after.is_known:
        return True
    return after in TRANSITIONS[before]


def why_not_follow(before: ReferralState, after: ReferralState) -> str | None:
    """In words, why a state may not follow; None when it may."""
    if may_follow(before, after):
        return None
    if before in FINAL_STATES:
        return "It is over already. Open it again first, if that was wrong."
    allowed = ", ".join(sorted(state.value.replace("_", " ") for state in TRANSITIONS[before]))
    return f"A referral that is {before.value.replace('_', ' ')} can become: {allowed}."


def steps_between(before: ReferralState, after: ReferralState) -> list[ReferralState]:
    """The shortest way of allowed steps from one state to another, its end included; empty when none leads there.

    A worker who closes a referral that nobody had marked as looked for has looked for it: the steps between are
    written too. Nothing is closed on the way to somewhere else: whoever reported it would be told that it is over.
    """
    if not before.is_known or not after.is_known:
        return [after]
    ways = [[before]]
    reached = {before}
    while ways:
        way = ways.pop(0)
        if len(way) > 1 and way[-1] == after:
            return way[1:]
        if len(way) > 1 and way[-1] in FINAL_STATES:
            continue
        for following in sorted(TRANSITIONS.get(way[-1], ())):
            if following not in reached or following == after:
                reached.add(following)
                ways.append([*way, following])
    return []


def due_on(reported_on: date, working_days: int = DUE_WORKING_DAYS, holidays: Collection[date] = ()) -> date:
    """The last day for an outcome, `working_days` after the report; Saturdays, Sundays and `holidays` do not count."""
    day = reported_on
    while working_days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            working_days -= 1
    return day


@lru_cache(maxsize=4096)
def _due_on_day(reported_on: date, working_days: int) -> date:
    """Many reports of a file are of the same day."""
    return due_on(reported_on, working_days, BANK_HOLIDAYS)


def due_after(reported_at: datetime, zone: str, working_days: int = DUE_WORKING_DAYS) -> date:
    """The last day for an outcome of what was reported at a moment, by the local day and the local bank holidays."""
    return _due_on_day(reported_at.astimezone(ZoneInfo(zone)).date(), working_days)


def count_working_days(since: date, until: date) -> int:
    """How many working days lie after `since`, up to and with `until`."""
    days = (since + timedelta(days=number) for number in range(1, (until - since).days + 1))
    return sum(1 for day in days if day.weekday() < 5 and day not in BANK_HOLIDAYS)


def due_after_pause(due: date, asked_on: date, answered_on: date) -> date:
    """The last day for an outcome when the clock stood still from asking for more until it was answered."""
    return due_on(due, count_working_days(asked_on, answered_on), BANK_HOLIDAYS)


def is_open(referral: Referral) -> bool:
    """Does somebody still have to answer it?"""
    return referral.state not in FINAL_STATES


def is_late(referral: Referral, today: date) -> bool:
    """Is its outcome overdue? The clock stands still while more is asked of whoever reported."""
    return is_open(referral) and referral.state is not ReferralState.NEEDS_INFORMATION and today > referral.due_on
