"""Documents as rows, and their sealed bytes. Who may file or read one is decided elsewhere."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from server.database import bulk
from server.database.context import beyond_reader
from server.tables.people.document import document, document_content
from server.tables.street.contact import contact, contact_person
from server.tables.sync.sync import blob, blob_part
from shared.model.codes import DocumentKind, DocumentState
from shared.model.value import Id, Value

WAITING, KEPT, REFUSED = str(DocumentState.WAITING), str(DocumentState.KEPT), str(DocumentState.REFUSED)


class Document(Value, frozen=True, kw_only=True):
    """What is known of a document beside its bytes; `size` is that of the bytes as they were sent."""

    id: Id
    kind: DocumentKind
    sha256: str
    size: int
    worker_id: Id
    agency_id: Id | None
    at: datetime
    announced_at: datetime
    person_id: Id | None = None
    site_id: Id | None = None
    title: str = ""
    state: DocumentState = DocumentState.WAITING
    reason: str = ""
    media_type: str = ""
    kept_at: datetime | None = None


class Sealed(Value, frozen=True, kw_only=True):
    """The bytes of a document as they lie in the database."""

    document_id: Id
    person_id: Id | None
    key_name: str
    size: int
    sealed: bytes


def add_documents(session: Session, found: Sequence[Document]) -> None:
    """Keep what is announced; one that is known already stays as it is."""
    bulk.insert_new(session, document, [_columns(each) for each in found])


def keep_content(session: Session, filed: Document, sealed: Sealed) -> None:
    """File a document with its bytes, in the place of what waited for them."""
    session.execute(update(document).where(document.c.id == filed.id).values(**_columns(filed)))
    bulk.upsert(session, document_content, [{name: getattr(sealed, name) for name in Sealed.__struct_fields__}])


def set_called(session: Session, document_id: Id, kind: DocumentKind, title: str) -> None:
    """Say what a document is, and what it is called."""
    session.execute(update(document).where(document.c.id == document_id).values(kind=str(kind), title=title))


def refuse(session: Session, document_ids: Collection[Id], reason: str) -> None:
    """These are not taken, for good."""
    session.execute(update(document).where(document.c.id.in_(document_ids)).values(state=REFUSED, reason=reason))


def find_document(session: Session, document_id: Id) -> Document | None:
    """One document."""
    return next(iter(_list(session, document.c.id == document_id)), None)


def list_of_people(session: Session, person_ids: Collection[Id]) -> list[Document]:
    """The documents of one person's records, the newest first."""
    return _list(session, document.c.person_id.in_(person_ids))


def list_of_places(session: Session, person_ids: Collection[Id]) -> list[Document]:
    """Pictures of the places where one person was met, the newest first."""
    met = select(contact.c.site_id).join(contact_person, contact_person.c.contact_id == contact.c.id)
    return _list(session, document.c.site_id.in_(met.where(contact_person.c.person_id.in_(person_ids))))


def list_announced(session: Session, sha256: str, worker_id: Id) -> list[Document]:
    """What a worker has announced under this hash."""
    return _list(session, document.c.sha256 == sha256, document.c.worker_id == worker_id)


def find_content(session: Session, document_id: Id) -> Sealed | None:
    """The sealed bytes of a document that was filed."""
    row = session.execute(select(document_content).where(document_content.c.document_id == document_id)).first()
    return Sealed(**row._mapping) if row is not None else None


def list_sealed_otherwise(session: Session, key_name: str, after: Id, limit: int) -> list[Sealed]:
    """Some of the bytes that another key than this one has sealed, from the document after `after` on, by id."""
    otherwise = document_content.c.key_name != key_name, document_content.c.document_id > after
    query = select(document_content).where(*otherwise).order_by(document_content.c.document_id).limit(limit)
    return [Sealed(**row) for row in session.execute(query).mappings()]


def set_sealed(session: Session, document_id: Id, key_name: str, sealed: bytes) -> None:
    """The same bytes, sealed with another key."""
    this = document_content.c.document_id == document_id
    session.execute(update(document_content).where(this).values(key_name=key_name, sealed=sealed))


def delete_document(session: Session, document_id: Id) -> None:
    """Delete a document and its bytes for good."""
    _delete(session, [document_id])


def delete_place_pictures(session: Session, before: datetime) -> int:
    """Delete pictures of places from before a moment; returns how many."""
    return _delete(session, list(session.scalars(_place_pictures(before))))


def count_place_pictures(session: Session, before: datetime) -> int:
    """How many pictures of places are from before a moment."""
    return len(list(session.scalars(_place_pictures(before))))


def delete_unsent(session: Session, before: datetime) -> int:
    """Forget what was announced, or refused, before a moment and has no bytes; returns how many."""
    without = (document.c.state != KEPT) & (document.c.announced_at < before)
    return _delete(session, list(session.scalars(select(document.c.id).where(without))))


def forget_bytes_of(session: Session, person_ids: Collection[Id]) -> None:
    """Delete what has come so far of the documents that these people's records wait for."""
    named = select(document.c.sha256).where(document.c.person_id.in_(person_ids))
    for table in (blob_part, blob):
        session.execute(delete(table).where(table.c.sha256.in_(named)))


@beyond_reader
def count_bytes(session: Session) -> int:
    """The bytes of all documents, those under way among them."""
    kept = session.scalar(select(func.coalesce(func.sum(document_content.c.size), 0)))
    coming = session.scalar(select(func.coalesce(func.sum(blob.c.size), 0)))
    return int(kept or 0) + int(coming or 0)


@beyond_reader
def count_bytes_of(session: Session, worker_id: Id, since: datetime) -> int:
    """The bytes that a worker has filed since a moment, and those that their phones are sending."""
    theirs = (document.c.worker_id == worker_id) & (document.c.kept_at >= since)
    kept = session.scalar(select(func.coalesce(func.sum(document.c.size), 0)).where(theirs))
    mine = select(document.c.sha256).where(document.c.worker_id == worker_id)
    coming = session.scalar(select(func.coalesce(func.sum(blob.c.size), 0)).where(blob.c.sha256.in_(mine)))
    return int(kept or 0) + int(coming or 0)


def _place_pictures(before: datetime) -> Any:
    return select(document.c.id).where(document.c.site_id.is_not(None), document.c.at < before)


def _delete(session: Session, document_ids: Sequence[Id]) -> int:
    bulk.delete_of(session, document_content, "document_id", document_ids)
    bulk.delete_of(session, document, "id", document_ids)
    return len(document_ids)


def _list(session: Session, *conditions: ColumnElement[bool]) -> list[Document]:
    query = select(document).where(*conditions).order_by(document.c.at.desc(), document.c.id)
    return [
        Document(**{**row, "kind": DocumentKind(row["kind"]), "state": DocumentState(row["state"])})
        for row in session.execute(query).mappings()
    ]


def _columns(each: Document) -> dict[str, Any]:
    columns = {name: getattr(each, name) for name in Document.__struct_fields__}
    return {**columns, "kind": str(each.kind), "state": str(each.state)}
