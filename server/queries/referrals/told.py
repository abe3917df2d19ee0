"""Everything that was sent of an alert and may be kept, and whether what was guessed of it was found right."""

from datetime import datetime

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from server.tables.referrals.referral import alert, referral
from shared.model.value import Id, Value


class Told(Value, frozen=True, kw_only=True):
    """Everything that was sent of an alert and may be kept: its columns, what was guessed, and whether that was confirmed."""

    raw: dict[str, str]
    guesses: tuple[str, ...]
    guesses_confirmed_at: datetime | None
    age_group: str
    gender: str
    council: str
    referrer_type: str


def find_told(session: Session, referral_id: Id) -> Told | None:
    """What was sent of a referral's alert."""
    query = select(alert).join(referral, referral.c.alert_id == alert.c.id).where(referral.c.id == referral_id)
    found = session.execute(query).mappings().first()
    if found is None:
        return None
    return Told(
        raw=msgspec.json.decode(found["raw"], type=dict[str, str]),
        guesses=msgspec.json.decode(found["guesses"], type=tuple[str, ...]),
        guesses_confirmed_at=found["guesses_confirmed_at"], age_group=found["age_group"], gender=found["gender"],
        council=found["district_name"], referrer_type=found["referrer_type"],
    )  # fmt: skip


def confirm_guesses(session: Session, referral_id: Id, now: datetime) -> None:
    """Write down that a person found the guesses of a referral's alert right."""
    ours = select(referral.c.alert_id).where(referral.c.id == referral_id).scalar_subquery()
    session.execute(update(alert).where(alert.c.id == ours).values(guesses_confirmed_at=now))
