"""Papers of people and pictures of places. What they are stands apart from their bytes, which are sealed."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary
from sqlmodel import Field, SQLModel

from server.database.columns import check_code, check_one_of, code, id_key, id_of, loose_id, moment, table_of, text
from shared.model.codes import DocumentState


class DocumentRow(SQLModel, table=True):
    """One document, of a person or of a place. `sha256` and `size` are those of the bytes as they were sent; `reason` says why
    they were refused. `at` is when it was taken, `announced_at` when the server heard of it."""

    __tablename__ = "document"
    __table_args__ = (
        *check_code("kind"),
        check_one_of("state", DocumentState),
        CheckConstraint("(person_id IS NULL) <> (site_id IS NULL)", name="of_a_person_or_a_place"),
    )

    id: str = id_key()
    person_id: str | None = loose_id(optional=True, index=True)
    site_id: str | None = loose_id(optional=True, index=True)
    kind: str = code()
    title: str = text()
    state: str = code(DocumentState.WAITING)
    reason: str = text()
    media_type: str = Field(default="", max_length=100)
    sha256: str = Field(max_length=64, index=True)
    size: int = Field(sa_type=BigInteger)
    worker_id: str = loose_id(index=True)
    agency_id: str | None = loose_id(optional=True)
    at: datetime = moment()
    announced_at: datetime = moment()
    kept_at: datetime | None = moment(optional=True)


class DocumentContentRow(SQLModel, table=True):
    """The bytes of a document that was filed, sealed with the key that `key_name` names. `size` is theirs before the sealing."""

    __tablename__ = "document_content"

    document_id: str = id_of("document.id", primary_key=True)
    person_id: str | None = loose_id(optional=True, index=True)
    key_name: str = Field(max_length=64, index=True)
    size: int = Field(sa_type=BigInteger)
    sealed: bytes = Field(sa_type=LargeBinary)


document = table_of(DocumentRow)
document_content = table_of(DocumentContentRow)
