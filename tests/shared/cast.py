"""The people and places of the tests: Aisha, Dean, Priya, Tom, Helen, Marek. Values only."""

from datetime import UTC, date, datetime
from typing import Any

from shared.model.codes import ContactState, EvidenceBasis, ReviewStatus
from shared.model.contact import Contact, ContactCorrection
from shared.model.position import Position
from shared.model.verification import Verification

WORKER_NAMES = {"aisha": "Aisha N", "dean": "Dean R", "priya": "Priya S"}
SITE_NAMES = {"stairwell": "Station stairwell", "underpass": "Station underpass"}
WATFORD_STATION = Position(latitude=51.6637, longitude=-0.3960)


def at(day: int, hour: int = 2, minute: int = 0, month: int = 11, year: int = 2026) -> datetime:
    """A moment, UTC; November 2026 unless told otherwise."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def contact(contact_id: str = "c1", seen_at: datetime | None = None, **fields: Any) -> Contact:
    """Aisha meets Marek bedded down at the station stairwell on 14 November at 02:11."""
    moment = seen_at or at(14, 2, 11)
    values: dict[str, Any] = {
        "id": contact_id,
        "state": ContactState.BEDDED_DOWN,
        "seen_at": moment,
        "recorded_at": moment,
        "night": date(2026, 11, 13),
        "worker_id": "aisha",
        "team_id": "watford-outreach",
        "person_ids": ("marek",),
        "site_id": "stairwell",
    }
    return Contact(**(values | fields))


def correction(correction_id: str, moment: datetime, contact_id: str = "c1", **fields: Any) -> ContactCorrection:
    """Aisha corrects a contact."""
    return ContactCorrection(id=correction_id, contact_id=contact_id, at=moment, worker_id="aisha", fields=fields)


def judgement(review: ReviewStatus, moment: datetime, verification_id: str = "v1", **fields: Any) -> Verification:
    """Priya judges the evidence on Marek."""
    values: dict[str, Any] = {
        "id": verification_id,
        "person_id": "marek",
        "basis": EvidenceBasis.PROFESSIONAL_JUDGEMENT,
        "review_status": review,
        "at": moment,
        "worker_id": "priya",
        "reason": "known to housing",
    }
    return Verification(**(values | fields))
