"""What was reported (an alert, untouched) and what a team accepted to act on (a referral). Who reported stays on the server."""

from datetime import date, datetime

from shared.model.codes import AlertSource, ReferralState
from shared.model.person import LongText, ShortText
from shared.model.position import Position
from shared.model.value import Id, Value


class Alert(Value, frozen=True, kw_only=True):
    """One report as it arrived: what we understood of it, beside `raw`, every column exactly as it was received."""

    id: Id
    source: AlertSource
    source_reference: ShortText
    received_at: datetime
    raw: dict[str, str]
    reported_at: datetime | None = None
    seen_at: datetime | None = None
    seen_text: ShortText = ""
    position: Position | None = None
    postcode: ShortText = ""
    place: LongText = ""
    appearance: LongText = ""
    concerns: LongText = ""
    age_group: ShortText = ""
    gender: ShortText = ""
    people_count: int | None = None
    referrer_type: ShortText = ""
    contact_consent: bool = False
    outcome_text: ShortText = ""
    parent_reference: ShortText = ""
    district_name: ShortText = ""
    guesses: tuple[str, ...] = ()


class Referral(Value, frozen=True, kw_only=True):
    """An alert that a team acts on, with a due date and one outcome. Carries nothing about who reported it."""

    id: Id
    number: ShortText
    alert_id: Id
    source: AlertSource
    reported_at: datetime
    due_on: date
    state: ReferralState = ReferralState.RECEIVED
    seen_at: datetime | None = None
    seen_text: ShortText = ""
    position: Position | None = None
    place: LongText = ""
    description: LongText = ""
    concerns: LongText = ""
    age_group: ShortText = ""
    gender: ShortText = ""
    people_count: int | None = None
    district_id: Id | None = None
    team_id: Id | None = None
    assigned_worker_id: Id | None = None
    duplicate_of: Id | None = None


REFERRAL_FIELDS: tuple[str, ...] = ("team_id", "assigned_worker_id", "position", "place")
"""The fields that `referral.patched` may set; a state changes only by a `ReferralProgress` fact."""


class ReferralProgress(Value, frozen=True, kw_only=True):
    """One step of a referral (a fact): the state reached, and the outcome when it closes."""

    id: Id
    referral_id: Id
    state: ReferralState
    at: datetime
    worker_id: Id
    outcome: ShortText = ""
    contact_id: Id | None = None
    visit_id: Id | None = None
    duplicate_of: Id | None = None
    note: LongText = ""
