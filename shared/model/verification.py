"""The recorded judgement that a person sleeps rough, with its evidence basis. The status is derived in `shared.rules`."""

from datetime import datetime

from shared.model.codes import EvidenceBasis, ReviewStatus
from shared.model.person import LongText
from shared.model.value import Id, Value


class Verification(Value, frozen=True, kw_only=True):
    """One judgement (a fact). A coordinator's later judgement stands beside the earlier one, and prevails."""

    id: Id
    person_id: Id
    basis: EvidenceBasis
    review_status: ReviewStatus = ReviewStatus.UNREVIEWED
    contact_id: Id | None = None
    district_id: Id | None = None
    at: datetime
    worker_id: Id
    reason: LongText = ""
