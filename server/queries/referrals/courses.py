"""What became of referrals over time: for figures, and for the file of outcomes that goes back to whoever sent them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from server.queries.referrals.duty import asked, is_unowned
from server.queries.referrals.folded import list_folded
from server.queries.referrals.inbox import within
from server.queries.referrals.referral_steps import stands
from server.tables.operation.mail import mail
from server.tables.partnership.district import district
from server.tables.referrals.referral import alert, referral, referral_progress
from shared.model.codes import AlertSource, ReferralState
from shared.model.mail import MailKind, MailState
from shared.model.value import Id, Value
from shared.rules.referral import THERE
from shared.rules.referral_figures import Course

CHUNK = 5_000


class Outcome(Value, frozen=True, kw_only=True):
    """What became of one alert, by its own reference: its own closing, or that of the one that it was folded into."""

    referral_id: Id
    reference: str
    number: str
    reported_at: datetime
    council: str
    head_reference: str
    looked_at: datetime | None
    closed_at: datetime
    outcome: str
    was_told: bool


def list_courses(
    session: Session, district_ids: Collection[Id], team_ids: Collection[Id], since: datetime, until: datetime
) -> list[Course]:
    """What became of each report of these districts and teams, and of those in nobody's inbox, reported in [since, until)."""
    looked = _first_looks().subquery()
    query = (
        select(
            referral.c.source, district.c.name, referral.c.reported_at, referral.c.due_on, referral.c.latitude,
            referral.c.state, looked.c.looked_at, referral.c.closed_at, referral.c.outcome,
        )
        .select_from(referral)
        .outerjoin(district, district.c.id == referral.c.district_id)
        .outerjoin(looked, looked.c.referral_id == referral.c.id)
        .where(
            or_(within(district_ids, team_ids), is_unowned()),
            referral.c.reported_at >= since, referral.c.reported_at < until,
        )
    )  # fmt: skip
    found = session.execute(query, asked(session))
    return [
        Course(
            source=source, district=name or "", reported_at=reported_at, due_on=due_on, has_place=latitude is not None,
            is_repeat=state == str(ReferralState.DUPLICATE_OF), is_asked=state == str(ReferralState.NEEDS_INFORMATION),
            looked_at=looked_at, closed_at=closed_at, outcome=outcome,
        )
        for source, name, reported_at, due_on, latitude, state, looked_at, closed_at, outcome in found
    ]  # fmt: skip


def list_outcomes(
    session: Session, district_ids: Collection[Id], team_ids: Collection[Id], source: AlertSource, since: datetime,
    until: datetime,
) -> list[Outcome]:  # fmt: skip
    """The outcomes of a source's alerts that came in [since, until), the oldest report first; folded ones have their head's."""
    closed = and_(
        within(district_ids, team_ids), referral.c.closed_at >= since, referral.c.closed_at < until,
        referral.c.state != str(ReferralState.DUPLICATE_OF), referral.c.outcome != "",
    )  # fmt: skip
    heads = {row["id"]: row for row in _list_ended(session, closed)}
    owner: dict[Id, Id] = {}
    for chunk in _chunks(list(heads)):
        owner |= list_folded(session, chunk)
    looked = _list_first(session, heads)
    own = {row["id"]: row for row in _of_ids(session, list(owner)) if row["source"] == str(source)}
    told = _list_told(session, [row["alert_id"] for row in own.values()])
    found = [_outcome(row, heads[owner[each]], looked.get(owner[each]), told) for each, row in own.items()]
    return sorted(found, key=lambda each: (each.reported_at, each.reference))


def _outcome(row: Any, head: Any, looked_at: datetime | None, told: Collection[Id]) -> Outcome:
    is_folded = head["id"] != row["id"] and head["source"] == row["source"]
    return Outcome(
        referral_id=row["id"], reference=row["source_reference"], number=row["number"], reported_at=row["reported_at"],
        council=row["council"] or "", head_reference=head["source_reference"] if is_folded else "", looked_at=looked_at,
        closed_at=head["closed_at"], outcome=head["outcome"], was_told=row["alert_id"] in told,
    )  # fmt: skip


def _of_ids(session: Session, ids: Sequence[Id]) -> Iterator[Any]:
    for chunk in _chunks(ids):
        yield from _list_ended(session, referral.c.id.in_(chunk))


def _list_ended(session: Session, which: ColumnElement[bool]) -> Sequence[Any]:
    query = (
        select(
            referral.c.id, referral.c.alert_id, referral.c.number, referral.c.source, referral.c.reported_at,
            referral.c.closed_at, referral.c.outcome, alert.c.source_reference, alert.c.district_name.label("council"),
        )
        .join(alert, alert.c.id == referral.c.alert_id)
        .where(which)
    )  # fmt: skip
    return session.execute(query).mappings().all()


def _list_first(session: Session, ids: Collection[Id]) -> dict[Id, datetime]:
    found: dict[Id, datetime] = {}
    for chunk in _chunks(list(ids)):
        query = _first_looks().where(referral_progress.c.referral_id.in_(chunk))
        found |= {referral_id: at for referral_id, at in session.execute(query)}  # noqa: C416 - rows are not pairs
    return found


def _list_told(session: Session, alert_ids: Sequence[Id]) -> set[Id]:
    """Of which alerts whoever raised them has been sent the outcome."""
    told: set[Id] = set()
    for chunk in _chunks(alert_ids):
        sent = select(mail.c.alert_id).where(
            mail.c.alert_id.in_(chunk),
            mail.c.kind == str(MailKind.REFERRAL_OUTCOME),
            mail.c.state == str(MailState.SENT),
        )
        told.update(each for each in session.scalars(sent) if each)
    return told


def _first_looks() -> Any:
    """When somebody was first there."""
    return (
        select(referral_progress.c.referral_id, func.min(referral_progress.c.at).label("looked_at"))
        .where(referral_progress.c.state.in_(THERE), stands())
        .group_by(referral_progress.c.referral_id)
    )


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
