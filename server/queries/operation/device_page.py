"""Phones as the device page shows them: whose each is, and what of its work waits for a supervisor.

How a phone is doing in sync comes from `server.queries.sync.store`; whether somebody may see it is decided in `server.access`.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from server.tables.operation.device import device_enrolment
from server.tables.partnership.agency import agency, team
from server.tables.partnership.worker import worker
from shared.model.value import Id, Value


class PhoneRow(Value, frozen=True, kw_only=True):
    """A phone with the names of whoever carries it."""

    number: int
    label: str
    worker_id: Id
    worker_name: str
    team_id: Id
    team_name: str
    agency_id: Id
    agency_name: str
    app_version: str
    enrolled_at: datetime
    confirmed_at: datetime | None


def list_phones(session: Session) -> list[PhoneRow]:
    """Returns every phone, by team and then by whoever carries it."""
    query = (
        select(
            device_enrolment.c.number, device_enrolment.c.label, device_enrolment.c.worker_id,
            worker.c.short_name.label("worker_name"), device_enrolment.c.team_id, team.c.name.label("team_name"),
            worker.c.agency_id, agency.c.name.label("agency_name"), device_enrolment.c.app_version,
            device_enrolment.c.enrolled_at, device_enrolment.c.confirmed_at,
        )
        .select_from(device_enrolment)
        .join(worker, worker.c.id == device_enrolment.c.worker_id)
        .join(team, team.c.id == device_enrolment.c.team_id)
        .join(agency, agency.c.id == worker.c.agency_id)
        .order_by(team.c.name, worker.c.short_name, device_enrolment.c.number)
    )  # fmt: skip
    return [PhoneRow(**row) for row in session.execute(query).mappings()]
