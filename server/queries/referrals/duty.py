"""Referrals that are in nobody's inbox: of no district, or of one that nobody leads or coordinates today. The partnership's duty
tray.

They are the tray's until a district has them or somebody has closed them, so that no alert is ever invisible to everybody.
Whoever is behind the agreement gate (A2) reads no inbox.
"""

from collections.abc import Collection
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, and_, bindparam, func, or_, select, union
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.queries.partnership.recipients import is_held
from server.queries.referrals.inbox import InboxRow, inbox_row, rows
from server.tables.partnership.agency import agreement, team_district
from server.tables.partnership.district import district
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from server.tables.referrals.referral import alert, referral
from shared.model.codes import ReferralState, Role
from shared.model.value import Id, Value
from shared.policy.actor import NEEDED_AGREEMENTS
from shared.policy.decide import TRAINING_LASTS_DAYS
from shared.policy.subject import Subject, SubjectKind

_TODAY: Final = "reads_inboxes_on"
ON, TRAINED_SINCE = bindparam("reads_on", type_=Date), bindparam("trained_since", type_=Date)
"""What `asked` answers: a statement of this module is executed with it."""
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


def count_readers_on(session: Session, today: date) -> None:
    """From here on this transaction asks who reads an inbox as of today: an agreement and a training lapse."""
    session.info[_TODAY] = today


def asked(session: Session) -> dict[str, date | None]:
    """The day on which a statement of this module is asked. Where nobody said which it is, no agreement has lapsed."""
    today: date | None = session.info.get(_TODAY)
    return {
        "reads_on": today,
        "trained_since": None if today is None else today - timedelta(days=TRAINING_LASTS_DAYS),
    }


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
    is_read = select(_list_readers(OWNERS).cte("readers").c.id)
    own = select(worker_district.c.district_id).where(worker_district.c.worker_id.in_(is_read))
    walked = (
        select(team_district.c.district_id)
        .join(worker_team, worker_team.c.team_id == team_district.c.team_id)
        .where(worker_team.c.worker_id.in_(is_read))
    )
    districts = select(union(own, walked).subquery().c.district_id)
    teams = select(worker_team.c.team_id).where(worker_team.c.worker_id.in_(_list_readers(OWNERS_BY_TEAM)))
    return and_(
        or_(referral.c.district_id.is_(None), referral.c.district_id.not_in(districts)),
        or_(referral.c.team_id.is_(None), referral.c.team_id.not_in(teams)),
    )


def _list_readers(roles: Collection[str]) -> Select[Any]:
    """The workers whom policy lets read in one of these roles (`shared.policy`), as a statement."""
    signed = (
        select(agreement.c.agency_id)
        .where(
            agreement.c.kind.in_(sorted(map(str, NEEDED_AGREEMENTS))),
            agreement.c.signed_on <= func.coalesce(ON, agreement.c.signed_on),
            agreement.c.expires_on >= func.coalesce(ON, agreement.c.expires_on),
        )
        .group_by(agreement.c.agency_id)
        .having(func.count(agreement.c.kind.distinct()) == len(NEEDED_AGREEMENTS))
    )
    is_let_in = and_(
        worker.c.active.is_(True),
        worker.c.trained_on >= func.coalesce(TRAINED_SINCE, worker.c.trained_on),
        worker.c.agency_id.in_(signed),
    )
    query = select(worker.c.id).join(worker_role, worker_role.c.worker_id == worker.c.id)
    return query.where(is_let_in, worker_role.c.role.in_(roles), is_held())


def is_nobodys(session: Session, referral_id: Id) -> bool:
    """Is this referral in nobody's inbox?"""
    query = select(referral.c.id).where(referral.c.id == referral_id, is_unowned())
    return session.scalar(query, asked(session)) is not None


@beyond_reader
def list_subjects(session: Session, referral_ids: Collection[Id]) -> dict[Id, Subject]:
    """What policy asks of these referrals, by id. One that is in nobody's inbox is every district's until one takes it."""
    columns = (referral.c.id, referral.c.district_id, referral.c.team_id, is_unowned().label("is_nobodys"))
    rows = session.execute(select(*columns).where(referral.c.id.in_(referral_ids)), asked(session)).all()
    everybodys = frozenset(session.scalars(select(district.c.id)) if any(row.is_nobodys for row in rows) else ())
    return {
        row.id: Subject(
            kind=SubjectKind.REFERRAL, id=row.id, team_id=row.team_id,
            district_ids=everybodys if row.is_nobodys else frozenset({row.district_id} - {None}),
        )
        for row in rows
    }  # fmt: skip


def count_duty(session: Session) -> int:
    """How many referrals wait in the tray."""
    return session.scalar(counting(), asked(session)) or 0


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
        for found in session.execute(query, asked(session)).mappings()
    ]  # fmt: skip
