"""Who is planned to go out: where, with whom, from when, and back when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, moment, table_of, text


class ShiftPlanRow(SQLModel, table=True):
    """Some workers of a team go out together. A plan is called off, never deleted. `stops` are where they go, in walking order,
    as JSON (`shared.model.shift.PlannedStop`): ground and referrals, never people."""

    __tablename__ = "shift_plan"
    __table_args__ = (
        Index(None, "team_id", "back_at"),
        # Looked for at each pass of the watch, among every plan of years.
        Index(None, "back_at"),
        CheckConstraint("starts_at < back_at", name="ends_after_it_begins"),
    )

    id: str = id_key()
    team_id: str = id_of("team.id")
    area: str = Field(default="", max_length=200)
    starts_at: datetime = moment()
    back_at: datetime = moment()
    set_by: str = id_of("worker.id", index=True)
    set_at: datetime = moment()
    called_off_at: datetime | None = moment(optional=True)
    stops: str = text("[]")


class ShiftPlanWorkerRow(SQLModel, table=True):
    """One of those who go out on a plan."""

    __tablename__ = "shift_plan_worker"

    plan_id: str = id_of("shift_plan.id", primary_key=True)
    worker_id: str = id_of("worker.id", primary_key=True, index=True)


shift_plan = table_of(ShiftPlanRow)
shift_plan_worker = table_of(ShiftPlanWorkerRow)
