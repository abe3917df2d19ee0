"""How much waits in the trays of reports that somebody reads: one statement, built once, since every page of theirs asks it."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from server.database.statements import ids
from server.queries.referrals.duty import asked, counting
from server.queries.referrals.imports import counting_refused
from server.tables.referrals.referral import referral
from shared.model.codes import ReferralState
from shared.model.value import Id


class Trays(NamedTuple):
    """How many referrals of their own wait for a first decision; how many are nobody's; how many refused rows nobody mended."""

    new: int
    duty: int
    refused: int


_THEIRS = or_(referral.c.district_id.in_(ids("districts")), referral.c.team_id.in_(ids("teams")))
_NEW = select(func.count()).select_from(referral).where(referral.c.state == str(ReferralState.RECEIVED), _THEIRS)
_TRAYS = select(*(each.scalar_subquery() for each in (_NEW, counting(), counting_refused())))


def count_trays(session: Session, district_ids: Collection[Id], team_ids: Collection[Id]) -> Trays:
    """What waits for whoever reads for these districts and teams."""
    whose = {"districts": sorted(district_ids), "teams": sorted(team_ids)}
    return Trays(*session.execute(_TRAYS, whose | asked(session)).one())
