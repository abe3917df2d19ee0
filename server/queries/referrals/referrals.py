"""Alerts and referrals as importers write them, many at once, and what an importer must know before it does.

The inbox that people read is in `server.queries.referrals.inbox`. What counts as a duplicate is decided in `server.importers`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from server.database.bulk import insert_all, insert_new
from server.database.positions import lay_all_flat
from server.tables.partnership.agency import team, team_district
from server.tables.referrals.referral import alert, alert_referrer, referral
from shared.model.codes import AlertSource
from shared.model.referral import Alert, Referral
from shared.model.value import Id

CHUNK = 5_000
"""How many values one IN may hold: under SQLite's and PostgreSQL's limits both."""


class ReferrerRow(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach whoever raised an alert, until `delete_on` (privacy rule A8)."""

    alert_id: Id
    name: str = ""
    email: str = ""
    telephone: str = ""
    language: str = ""
    extras: Mapping[str, str] = msgspec.field(default_factory=dict)
    delete_on: date


class StoredReferral(msgspec.Struct, frozen=True, kw_only=True):
    """A referral with what only the server keeps of it."""

    referral: Referral
    outcome: str = ""
    closed_at: datetime | None = None


def find_referral_ids(session: Session, source: AlertSource, references: Collection[str]) -> dict[str, Id | None]:
    """Which of these references of a source are held already, each with its referral's id (None: it opened none)."""
    held: dict[str, Id | None] = {}
    for chunk in _chunks(sorted(set(references))):
        query = (
            select(alert.c.source_reference, referral.c.id)
            .outerjoin(referral, referral.c.alert_id == alert.c.id)
            .where(alert.c.source == str(source), alert.c.source_reference.in_(chunk))
        )
        held.update((reference, referral_id) for reference, referral_id in session.execute(query))
    return held


def find_told(session: Session, alert_id: Id, today: date) -> Id | None:
    """The referral of an alert, while how to reach whoever raised it is still kept."""
    query = (
        select(referral.c.id)
        .join(alert_referrer, alert_referrer.c.alert_id == referral.c.alert_id)
        .where(referral.c.alert_id == alert_id, alert_referrer.c.delete_on >= today)
    )
    return session.scalar(query)


def find_language(session: Session, alert_id: Id) -> str:
    """The language in which whoever raised an alert told us; empty where it is not kept."""
    return session.scalar(select(alert_referrer.c.language).where(alert_referrer.c.alert_id == alert_id)) or ""


def add_alerts(session: Session, alerts: Sequence[Alert], batch_id: Id) -> None:
    """Store alerts as they arrived. One that another import has just stored is passed over, and its referral then fails."""
    columns: dict[str, Sequence[Any]] = {
        name: [getattr(each, name) for each in alerts] for name in Alert.__struct_fields__ if name != "position"
    }
    columns["source"] = [str(each.source) for each in alerts]
    columns["raw"] = [msgspec.json.encode(each.raw).decode() for each in alerts]
    columns["guesses"] = [msgspec.json.encode(each.guesses).decode() for each in alerts]
    columns["import_batch_id"] = [batch_id] * len(alerts)
    insert_new(session, alert, columns | lay_all_flat([each.position for each in alerts]))


def add_referrers(session: Session, referrers: Sequence[ReferrerRow]) -> None:
    """Store how to reach those who raised alerts."""
    if referrers:
        columns: dict[str, Sequence[Any]] = {
            name: [getattr(each, name) for each in referrers] for name in ReferrerRow.__struct_fields__
        }
        columns["extras"] = [msgspec.json.encode(each.extras).decode() for each in referrers]
        insert_all(session, alert_referrer, columns)


def replace_referrer(session: Session, referrer: ReferrerRow, *, may_tell: bool) -> None:
    """Store how to reach whoever raised an alert in the place of what was known, and that they may be told, if they may."""
    session.execute(delete(alert_referrer).where(alert_referrer.c.alert_id == referrer.alert_id))
    add_referrers(session, [referrer])
    if may_tell:
        session.execute(update(alert).where(alert.c.id == referrer.alert_id).values(contact_consent=True))


def forget_referrer(session: Session, alert_id: Id) -> None:
    """Keep no way to reach whoever raised an alert, and tell them nothing."""
    session.execute(delete(alert_referrer).where(alert_referrer.c.alert_id == alert_id))
    session.execute(update(alert).where(alert.c.id == alert_id).values(contact_consent=False))


def add_referrals(session: Session, referrals: Sequence[StoredReferral]) -> None:
    """Store referrals."""
    every = [each.referral for each in referrals]
    columns: dict[str, Sequence[Any]] = {
        name: [getattr(each, name) for each in every] for name in Referral.__struct_fields__ if name != "position"
    }
    columns["source"] = [str(each.source) for each in every]
    columns["state"] = [str(each.state) for each in every]
    columns["outcome"] = [each.outcome for each in referrals]
    columns["closed_at"] = [each.closed_at for each in referrals]
    insert_new(session, referral, columns | lay_all_flat([each.position for each in every]))


def list_team_of_districts(session: Session) -> dict[Id, Id]:
    """The team that walks each district; the first by name where several do."""
    query = (
        select(team_district.c.district_id, team.c.id)
        .join(team, team.c.id == team_district.c.team_id)
        .order_by(team.c.name.desc(), team.c.id.desc())
    )
    return {district_id: team_id for district_id, team_id in session.execute(query)}  # noqa: C416 - rows are not pairs


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
