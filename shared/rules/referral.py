"""The life of a referral: which state may follow which, when an answer is due, and what an outcome means.

Sources: StreetLink's export of 2017-19 (the 26 outcomes); an outcome is due in 10 working days (second-hand, later 14
days: a setting). Writing and telling anybody is not done here.
"""

import re
from collections.abc import Collection
from datetime import date, timedelta
from enum import Enum

from shared.model.codes import ReferralState
from shared.model.referral import Referral
from shared.model.value import Value

DUE_WORKING_DAYS = 10

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
    allowed = ", ".join(sorted(state.value.replace("_", " ") for state in TRANSITIONS[before]))
    return f"A referral that is {before.value.replace('_', ' ')} can become: {allowed}."


def due_on(reported_on: date, working_days: int = DUE_WORKING_DAYS, holidays: Collection[date] = ()) -> date:
    """The last day for an outcome, `working_days` after the report; Saturdays, Sundays and `holidays` do not count."""
    day = reported_on
    while working_days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in holidays:
            working_days -= 1
    return day


def is_open(referral: Referral) -> bool:
    """Does somebody still have to answer it?"""
    return referral.state not in FINAL_STATES


def is_late(referral: Referral, today: date) -> bool:
    """Is its outcome overdue?"""
    return is_open(referral) and today > referral.due_on


REPLIES: dict[OutcomeGroup, str] = {
    OutcomeGroup.FOUND: "Thank you. Our team found the person you told us about.",
    OutcomeGroup.NOT_FOUND: "Thank you. Our team looked and could not find the person you told us about. We will keep looking.",
    OutcomeGroup.NOT_LOOKED_FOR: "Thank you. Our team already knows about what you told us.",
    OutcomeGroup.NO_RESPONSE: "Thank you. We have not had an answer from the local team. We are asking them again.",
    OutcomeGroup.NO_ACTION: "Thank you. Our team already visits the place you told us about.",
    OutcomeGroup.PASSED_ON: "Thank you. We passed what you told us to the team that works on transport.",
    OutcomeGroup.NOT_ENOUGH_INFORMATION: "Thank you. We did not have enough to go on to find the place.",
    OutcomeGroup.NO_ALERT: "Thank you for telling us. We could not send a team this time.",
}
"""What the referrer is told: never who was found, nor what they said, nor where they are now."""


def reply_to_referrer(outcome: Outcome) -> str:
    """A kind, true sentence for the person who reported, which gives nobody away."""
    if outcome.state is ReferralState.WRONG_AREA:
        return "Thank you. The place is in another area, and we passed it to the team there."
    protection = " We can't share more, to protect them." if outcome.group is OutcomeGroup.FOUND else ""
    return REPLIES[outcome.group] + protection
