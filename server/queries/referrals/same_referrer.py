"""Which reports the same person told us of, by the address or the number that they gave. Neither leaves this module."""

import re
from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from server.tables.referrals.referral import alert_referrer, referral
from shared.model.value import Id

SHORTEST_DIGITS = 9
"""A shorter number is an extension, or no number at all."""


def list_of_same_referrer(session: Session, referral_ids: Collection[Id]) -> dict[Id, set[Id]]:
    """For each referral, the others whose referrer gave the same e-mail address or telephone number."""
    found: dict[Id, set[Id]] = defaultdict(set)
    for referral_id, other_id in [*_by_address(session, referral_ids), *_by_number(session, referral_ids)]:
        found[referral_id].add(other_id)
    return dict(found)


@lru_cache(maxsize=8192)
def plain_number(text: str) -> str:
    """A telephone number as it is dialled here, however it was typed: +44 (0)7700 900123 is 07700900123, and so is what a
    spreadsheet left of it (7700900123). Empty for what is none."""
    digits = re.sub(r"[^0-9+]", "", text)
    for abroad in ("+440", "+44", "00440", "0044"):
        if digits.startswith(abroad):
            digits = "0" + digits[len(abroad) :]
            break
    if len(digits) == 12 and digits.startswith("44"):
        digits = "0" + digits[2:]
    if len(digits) == 10 and digits[0] in "1237":
        digits = "0" + digits
    return digits if len(digits) >= SHORTEST_DIGITS and digits[0] in "0+" else ""


def _by_address(session: Session, referral_ids: Collection[Id]) -> list[tuple[Id, Id]]:
    ours, theirs, one, other = referral.alias(), referral.alias(), alert_referrer.alias(), alert_referrer.alias()
    is_same = and_(other.c.alert_id != one.c.alert_id, func.lower(one.c.email) == func.lower(other.c.email))
    query = (
        select(ours.c.id, theirs.c.id)
        .join(one, one.c.alert_id == ours.c.alert_id)
        .join(other, is_same)
        .join(theirs, theirs.c.alert_id == other.c.alert_id)
        .where(ours.c.id.in_(referral_ids), one.c.email != "")
    )
    return [(own, another) for own, another in session.execute(query)]


def _by_number(session: Session, referral_ids: Collection[Id]) -> list[tuple[Id, Id]]:
    query = (
        select(referral.c.id, alert_referrer.c.telephone)
        .join(alert_referrer, alert_referrer.c.alert_id == referral.c.alert_id)
        .where(alert_referrer.c.telephone != "")
    )
    ours = {own: plain_number(text) for own, text in session.execute(query.where(referral.c.id.in_(referral_ids)))}
    if not any(ours.values()):
        return []
    told_by: dict[str, list[Id]] = defaultdict(list)
    for each, text in session.execute(query):
        told_by[plain_number(text)].append(each)
    return [(own, each) for own, number in ours.items() if number for each in told_by[number] if each != own]
