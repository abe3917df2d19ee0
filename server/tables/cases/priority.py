"""What the order of a district's cases rests on beside outreach's facts: the toolkit's general data, and the
coordinator's own
places."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class CaseGeneralRow(SQLModel, table=True):
    """The tracker's General Data of a case, filled in before a conference (RS MDT toolkit, Using the Tracker)."""

    __tablename__ = "case_general"

    case_id: str = id_of("mdt_case.id", primary_key=True, cascade=True)
    temporarily_housed: bool = False
    receiving_support: bool = False
    eviction_risk: bool = False
    clinically_extremely_vulnerable: bool = False
    evicted: bool = False
    assessed_for_move_on: bool = False
    changed_at: datetime = moment()
    changed_by: str = loose_id()


class PriorityOverrideRow(SQLModel, table=True):
    """A coordinator placed a case otherwise than the rule. Kept, also when it is lifted."""

    __tablename__ = "priority_override"
    __table_args__ = (
        Index(None, "case_id", "at"),
        CheckConstraint("rank >= 1", name="rank_counts_from_one"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
    )

    id: str = id_key()
    case_id: str = id_of("mdt_case.id", cascade=True)
    rank: int
    reason: str = text()
    worker_id: str = loose_id()
    at: datetime = moment()
    lifted_at: datetime | None = moment(optional=True)
    lifted_by: str | None = loose_id(optional=True)


case_general = table_of(CaseGeneralRow)
priority_override = table_of(PriorityOverrideRow)
