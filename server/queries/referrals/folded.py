"""Referrals that report the same: each one folded in names the one that is worked on, and chains of them have one head."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tables.referrals.referral import referral
from shared.model.codes import ReferralState
from shared.model.value import Id
from shared.rules.referral import FINAL_STATES

FOLDED = str(ReferralState.DUPLICATE_OF)


def find_head(session: Session, referral_id: Id) -> Id:
    """The referral that is worked on for this one: itself, or the last of the chain that it was folded into."""
    seen, here = {referral_id}, referral_id
    while True:
        above = session.scalar(select(referral.c.duplicate_of).where(referral.c.id == here, referral.c.state == FOLDED))
        if (
            above is None
            or above in seen
            or session.scalar(select(referral.c.id).where(referral.c.id == above)) is None
        ):
            return here
        seen.add(above)
        here = above


def is_over(session: Session, referral_id: Id) -> bool:
    """Does nobody work on this referral any more?"""
    state = session.scalar(select(referral.c.state).where(referral.c.id == referral_id))
    return state is not None and ReferralState(state) in FINAL_STATES


def list_folded(session: Session, heads: Collection[Id]) -> dict[Id, Id]:
    """Each of these, and every referral that is folded into one of them, however far down, with the one it belongs to."""
    owner = {each: each for each in heads}
    layer = set(owner)
    while layer:
        query = select(referral.c.id, referral.c.duplicate_of).where(
            referral.c.duplicate_of.in_(layer), referral.c.state == FOLDED
        )
        below = {found: owner[above] for found, above in session.execute(query) if found not in owner}
        owner |= below
        layer = set(below)
    return owner
