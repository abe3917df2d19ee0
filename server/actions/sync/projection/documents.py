"""Documents that phones announce: kept as waiting, until their bytes have come."""

from sqlalchemy.orm import Session

from server.actions.sync.projection.batch import Batch
from server.queries.partnership.workers import list_agency_ids
from server.queries.people import documents
from server.queries.people.documents import Document


def project_documents(session: Session, batch: Batch) -> None:
    """Store what was announced; the bytes come by another address."""
    announced = batch.facts.get("attachment.added", ())
    if not announced:
        return
    agency_ids = list_agency_ids(session, {fact.value.worker_id for fact in announced})
    documents.add_documents(
        session,
        [
            Document(
                id=told.id, kind=told.kind, sha256=told.sha256, size=told.size, worker_id=told.worker_id,
                agency_id=agency_ids.get(told.worker_id), at=told.at, announced_at=fact.received_at,
                person_id=told.person_id, site_id=told.site_id,
            )
            for fact in announced
            for told in (fact.value,)
        ],
    )  # fmt: skip
