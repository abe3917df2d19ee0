"""What importers did: one row a run, and each row of a file that was refused, with the reason."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

from server.database.columns import id_key, id_of, loose_id, moment, table_of, text


class ImportBatchRow(SQLModel, table=True):
    """One run of an importer. Every row read is accounted for, always, also while it runs: then it has no end yet.

    Where it names a district, nobody else sees what of it was refused. A refused row that was mended is a run of its own, and
    names the file of which it is a part, and its row.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        CheckConstraint(
            "accepted + duplicates + wrong_area + needs_information + refused = rows_read",
            name="every_row_accounted_for",
        ),
    )

    id: str = id_key()
    kind: str = Field(max_length=40)
    source: str = Field(max_length=40)
    file_name: str = Field(default="", max_length=200)
    file_sha256: str = Field(default="", max_length=64)
    started_at: datetime = moment()
    imported_by: str = loose_id(index=True)
    district_id: str | None = loose_id(optional=True)
    finished_at: datetime | None = moment(optional=True)
    undone_at: datetime | None = moment(optional=True)
    rows_read: int = 0
    accepted: int = 0
    duplicates: int = 0
    wrong_area: int = 0
    needs_information: int = 0
    refused: int = 0
    part_of: str | None = loose_id(optional=True, index=True)
    part_row: int | None = None


class RefusedRowRow(SQLModel, table=True):
    """A row that could not be used. `held` is the row as it was, with what to do about it, sealed with a key outside the
    database; nothing once somebody has left it out. What was mended is held as it came until it is forgotten, for the mending
    may be undone. By `mark`, keyed too, the same row is known again."""

    __tablename__ = "refused_row"
    __table_args__ = (
        Index(
            "ix_refused_row_waiting",
            "batch_id",
            sqlite_where=sql("settled_at IS NULL"),
            postgresql_where=sql("settled_at IS NULL"),
        ),
    )

    batch_id: str = id_of("import_batch.id", primary_key=True, cascade=True)
    row_number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    held: str = text()
    mark: str = Field(default="", max_length=60)
    settled_at: datetime | None = moment(optional=True)
    settled_by: str | None = loose_id(optional=True)


class HeldFileRow(SQLModel, table=True):
    """A file of reports that somebody is about to bring in. `held` is the file and what was answered so far, sealed with a key
    outside the database; the row goes when the file is brought in, dropped, or forgotten after 14 days."""

    __tablename__ = "held_file"

    id: str = id_key()
    begun_at: datetime = moment()
    begun_by: str = loose_id(index=True)
    file_name: str = Field(default="", max_length=200)
    held: str = text()


class ImportMappingRow(SQLModel, table=True):
    """What the headings of a source's table mean, kept by name for the next time: JSON, heading to noun."""

    __tablename__ = "import_mapping"

    id: str = id_key()
    name: str = Field(max_length=200, unique=True)
    source: str = Field(max_length=40)
    meanings: str = text()
    changed_at: datetime = moment()


import_batch = table_of(ImportBatchRow)
refused_row = table_of(RefusedRowRow)
held_file = table_of(HeldFileRow)
import_mapping = table_of(ImportMappingRow)
