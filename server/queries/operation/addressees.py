"""Whose address a mail goes to: workers who hear of something, the shared mailbox of an agency, whoever raised an alert.

An address is read here when a mail is sent, and kept nowhere else.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select, union, update
from sqlalchemy.orm import Session

from server.queries.operation import outbox
from server.queries.partnership.recipients import held_roles
from server.queries.referrals.folded import list_folded
from server.tables.conferences.conference import case_conference
from server.tables.partnership.agency import agency, team_district
from server.tables.partnership.worker import worker, worker_district, worker_role, worker_team
from server.tables.referrals.referral import alert, alert_referrer, referral
from shared.geo.night import local_day
from shared.model.mail import Mail, MailChoice, MailKind
from shared.model.value import Id, Value
from shared.policy.decide import TRAINING_LASTS_DAYS
from shared.policy.mail import needs_training, roles_for


class Listener(Value, frozen=True, kw_only=True):
    """A worker who may hear of something, where they act, and what they chose."""

    worker_id: Id
    agency_id: Id
    district_ids: frozenset[Id]
    choice: MailChoice


class Reachable(Value, frozen=True, kw_only=True):
    """Somebody who raised an alert, agreed to hear what became of it, and left an address that is still kept."""

    referral_id: Id
    alert_id: Id
    source: str
    source_reference: str
    language: str = ""


def list_listeners(session: Session, kind: MailKind, now: datetime, agency_id: Id | None = None) -> list[Listener]:
    """The active workers with an address whose role hears of this, of one agency or of all, by id. Whoever could not open what
    the mail leads to, since their training is none or over, is told to take it (`TRAINING_RENEWAL`), and of nothing else."""
    roles = [str(role) for role in roles_for(kind)]
    hearing = held_roles().where(worker_role.c.role.in_(roles)).with_only_columns(worker_role.c.worker_id)
    query = select(worker.c.id, worker.c.agency_id).where(
        worker.c.active, worker.c.email.is_not(None), worker.c.id.in_(hearing)
    )
    if agency_id is not None:
        query = query.where(worker.c.agency_id == agency_id)
    if needs_training(kind):
        query = query.where(worker.c.trained_on >= local_day(now) - timedelta(days=TRAINING_LASTS_DAYS))
    found = session.execute(query.order_by(worker.c.id)).all()
    acting = _districts_of(session, [row.id for row in found])
    chosen = outbox.list_chosen(session, kind, [row.id for row in found])
    return [
        Listener(worker_id=row.id, agency_id=row.agency_id, district_ids=acting[row.id], choice=chosen[row.id])
        for row in found
    ]


def list_agencies_of(session: Session, worker_ids: Collection[Id]) -> dict[Id, Id]:
    """The agencies of those of these workers who are active and have an address."""
    reached = (worker.c.active, worker.c.email.is_not(None), worker.c.id.in_(worker_ids))
    return {row.id: row.agency_id for row in session.execute(select(worker.c.id, worker.c.agency_id).where(*reached))}


def _districts_of(session: Session, worker_ids: Collection[Id]) -> dict[Id, frozenset[Id]]:
    own = select(worker_district.c.worker_id, worker_district.c.district_id)
    walked = select(worker_team.c.worker_id, team_district.c.district_id).join(
        team_district, team_district.c.team_id == worker_team.c.team_id
    )
    both = union(own, walked).subquery()
    found: dict[Id, set[Id]] = defaultdict(set)
    for row in session.execute(select(both).where(both.c.worker_id.in_(worker_ids))):
        found[row.worker_id].add(row.district_id)
    return {each: frozenset(found[each]) for each in worker_ids}


def find_answer_address(session: Session, mail: Mail) -> str:
    """Who reads an answer to a mail about a conference: whoever chairs it. Nobody does where it is empty."""
    return find_chair_address(session, mail.facts.conference_id) if mail.facts.conference_id else ""


def find_chair_address(session: Session, conference_id: Id) -> str:
    """The address of whoever chairs a conference; nothing without one."""
    chairs = select(worker.c.email).join(case_conference, case_conference.c.chair_id == worker.c.id)
    query = chairs.where(case_conference.c.id == conference_id, worker.c.active, worker.c.email.is_not(None))
    return session.scalar(query) or ""


def find_organizer_address(session: Session, conference_id: Id) -> str:
    """The address in whose name a conference stands in calendars: one for its life (RFC 5546 3.2.2), whoever chairs it since, and
    also once they have left. Nothing where nobody has asked to it, or their address is gone."""
    asks = func.coalesce(case_conference.c.organizer_id, case_conference.c.chair_id)
    query = (
        select(worker.c.email).join(case_conference, worker.c.id == asks).where(case_conference.c.id == conference_id)
    )
    return session.scalar(query) or ""


def find_shared_address(session: Session, agency_id: Id) -> str | None:
    """An agency's shared mailbox, if it has one."""
    return session.scalar(select(agency.c.mail_address).where(agency.c.id == agency_id))


def list_shared_addresses(session: Session) -> dict[Id, str]:
    """The shared mailboxes by agency; agencies without one are left out."""
    rows = session.execute(select(agency.c.id, agency.c.mail_address).where(agency.c.mail_address.is_not(None)))
    return {row.id: row.mail_address for row in rows}


def set_shared_address(session: Session, agency_id: Id, address: str | None) -> None:
    """Write to this mailbox from now on, or to the agency's members."""
    session.execute(update(agency).where(agency.c.id == agency_id).values(mail_address=address))


def list_reachable(session: Session, referral_ids: Collection[Id]) -> list[Reachable]:
    """Whoever raised these referrals, or one that was folded into them, however far down, and agreed to be told."""
    return _list_agreed(session, list_folded(session, referral_ids))


def list_own(session: Session, referral_ids: Collection[Id]) -> list[Reachable]:
    """Whoever raised these very referrals, and agreed to be told."""
    return _list_agreed(session, {each: each for each in referral_ids})


def _list_agreed(session: Session, head_of: Mapping[Id, Id]) -> list[Reachable]:
    query = (
        select(referral.c.id, alert.c.id, alert.c.source, alert.c.source_reference, alert_referrer.c.language)
        .join(alert, alert.c.id == referral.c.alert_id)
        .join(alert_referrer, alert_referrer.c.alert_id == alert.c.id)
        .where(referral.c.id.in_(head_of), alert.c.contact_consent, alert_referrer.c.email != "")
        .order_by(referral.c.id)
    )
    return [
        Reachable(
            referral_id=head_of[own], alert_id=alert_id, source=source, source_reference=reference, language=language
        )
        for own, alert_id, source, reference, language in session.execute(query)
    ]


def find_address(session: Session, mail: Mail) -> str | None:
    """The address that a mail goes to now; None when there is none, or none any more."""
    if mail.alert_id is not None:
        agreed = select(alert.c.id).where(alert.c.id == mail.alert_id, alert.c.contact_consent)
        query = select(alert_referrer.c.email).where(alert_referrer.c.alert_id.in_(agreed))
        return session.scalar(query) or None
    if mail.worker_id is not None:
        return session.scalar(select(worker.c.email).where(worker.c.id == mail.worker_id, worker.c.active)) or None
    return find_shared_address(session, mail.agency_id) if mail.agency_id is not None else None


class Named(Value, frozen=True, kw_only=True):
    """Whom a mail is for, without a name: the agency, and the roles of the worker if it is for one."""

    agency_name: str = ""
    roles: tuple[str, ...] = ()


def describe(session: Session, mails: Collection[Mail]) -> dict[Id, Named]:
    """Whom each of these mails is for, by the mail's id."""
    names = {row.id: row.name for row in session.execute(select(agency.c.id, agency.c.name))}
    wanted = {each.worker_id for each in mails if each.worker_id}
    roles: dict[Id, list[str]] = defaultdict(list)
    query = select(worker_role).where(worker_role.c.worker_id.in_(wanted)).order_by(worker_role.c.role)
    for row in session.execute(query):
        roles[row.worker_id].append(row.role)
    return {
        each.id: Named(agency_name=names.get(each.agency_id or "", ""), roles=tuple(roles[each.worker_id or ""]))
        for each in mails
    }
