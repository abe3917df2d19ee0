"""Referrals that are in nobody's inbox: of no district, or of one that nobody leads or coordinates. The partnership's duty tray.

They are the tray's until a district has them or somebody has closed them, so that no alert is ever invisible to everybody.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union
from sqlalchemy.orm import Session

from server.queries.referrals.inbox import InboxRow, inbox_row, rows
from server.tables.partnership.agency import team_district
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from server.tables.referrals.referral import alert, referral
from shared.model.codes import ReferralState, Role
from shared.model.value import Id, Value

OWNERS = (str(Role.TEAM_LEAD), str(Role.COORDINATOR))
"""Who reads an inbox."""
OWNERS_BY_TEAM = (str(Role.TEAM_LEAD),)
"""Of them, who reads what their teams have wherever it lies: a coordinator reads their districts (`shared/policy/grid.py`)."""


class DutyRow(Value, frozen=True, kw_only=True):
    """A referral of nobody's, with what its source called the council."""

    row: InboxRow
    council: str = ""
    postcode: str = ""
    guesses: str = "[]"


@cache
def in_nobodys_inbox() -> ColumnElement[bool]:
    """The referrals of the tray: open or never judged, and in no inbox that anybody reads."""
    waits = or_(
        referral.c.state.in_(
            [str(state) for state in ReferralState if state not in (ReferralState.CLOSED, ReferralState.DUPLICATE_OF)]
        ),
    )
    return and_(is_unowned(), waits, referral.c.closed_at.is_(None))


@cache
def is_unowned() -> ColumnElement[bool]:
    """Neither its district nor its team has somebody who reads an inbox."""
    is_read = select(_list_active(OWNERS).cte("readers").c.id)
    own = select(worker_district.c.district_id).where(worker_district.c.worker_id.in_(is_read))
    walked = (
        select(team_district.c.district_id)
        .join(worker_team, worker_team.c.team_id == team_district.c.team_id)
        .where(worker_team.c.worker_id.in_(is_read))
    )
    districts = select(union(own, walked).subquery().c.district_id)
    teams = select(worker_team.c.team_id).where(worker_team.c.worker_id.in_(_list_active(OWNERS_BY_TEAM)))
    return and_(
        or_(referral.c.district_id.is_(None), referral.c.district_id.not_in(districts)),
        or_(referral.c.team_id.is_(None), referral.c.team_id.not_in(teams)),
    )


def _list_active(roles: Collection[str]) -> Select[Any]:
    query = select(worker.c.id).join(worker_role, worker_role.c.worker_id == worker.c.id)
    return query.where(worker.c.active.is_(True), worker_role.c.role.in_(roles))


def is_nobodys(session: Session, referral_id: Id) -> bool:
    """Is this referral in nobody's inbox?"""
    return session.scalar(select(referral.c.id).where(referral.c.id == referral_id, is_unowned())) is not None


def count_duty(session: Session) -> int:
    """How many referrals wait in the tray."""
    return session.scalar(counting()) or 0


@cache
def counting() -> Select[Any]:
    """The question itself: each page asks it, so it reads none that are over."""
    return select(func.count()).select_from(referral).where(in_nobodys_inbox())


def list_duty(session: Session, *, limit: int, offset: int = 0) -> list[DutyRow]:
    """The referrals of the tray, the newest first."""
    query: Select[Any] = (
        rows()
        .add_columns(alert.c.district_name.label("council"), alert.c.postcode, alert.c.guesses)
        .where(in_nobodys_inbox())
        .order_by(referral.c.reported_at.desc(), referral.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        DutyRow(
            row=inbox_row(found), council=found["council"] or "", postcode=found["postcode"] or "",
            guesses=found["guesses"] or "[]",
        )
        for found in session.execute(query).mappings()
    ]  # fmt: skip
