"""Take what tells of immigration status out of everything that travels; keep it where only who works with somebody reads it.

Needs, the place somebody left, contacts and what was said of them at first or later, the changes that feeds hold and the
writes of fields say it no more; the newest word of it stands in `person_restricted` (privacy rule A10).

Revision 0012, after 0011.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NO_RECOURSE, ASYLUM_SUPPORT = "no_recourse_to_public_funds", "asylum_support"
CODES = (NO_RECOURSE, ASYLUM_SUPPORT)
NOTHING = object()
PIECE = 500
TELLING = ("contact.recorded", "contact.corrected", "need.recorded", "person.patched")

needs = sa.text(
    "SELECT person_id, receiving_support, at, worker_id FROM person_need WHERE need = :need ORDER BY at, id"
)
left = sa.text("SELECT id, institution_left_on, changed_at, team_id FROM person WHERE institution_left = :left")


def upgrade() -> None:
    op.add_column(
        "person_restricted",
        sa.Column("receiving_support", sa.String(length=64), nullable=False, server_default="not_known"),
    )
    op.add_column(
        "person_restricted", sa.Column("left_asylum_support", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("person_restricted", sa.Column("left_asylum_support_on", sa.Date(), nullable=True))
    with op.batch_alter_table("person_restricted") as table:
        table.create_check_constraint(
            op.f("ck_person_restricted_receiving_support_is_a_code"), "length(receiving_support) BETWEEN 1 AND 64"
        )
        table.alter_column("receiving_support", server_default=None)
        table.alter_column("left_asylum_support", server_default=None)
    connection = op.get_bind()
    keep(connection)
    withdraw(connection)


def keep(connection: sa.Connection) -> None:
    """The newest word on each person, in the table of its own."""
    told: dict[str, dict[str, Any]] = {}
    for row in connection.execute(needs, {"need": NO_RECOURSE}):
        told[row.person_id] = {
            "recourse_to_public_funds": "none", "receiving_support": row.receiving_support,
            "recorded_at": row.at, "recorded_by": row.worker_id,
        }  # fmt: skip
    for row in connection.execute(left, {"left": ASYLUM_SUPPORT}):
        said = told.setdefault(row.id, {"recorded_at": row.changed_at, "recorded_by": row.team_id or ""})
        said |= {"left_asylum_support": True, "left_asylum_support_on": row.institution_left_on}
    table = sa.table(
        "person_restricted",
        *(sa.column(name) for name in ("person_id", "recourse_to_public_funds", "receiving_support", "recorded_at",
                                       "recorded_by", "left_asylum_support", "left_asylum_support_on")),
    )  # fmt: skip
    there = set(connection.scalars(sa.select(table.c.person_id)))
    for person_id, said in told.items():
        if person_id in there:
            connection.execute(sa.update(table).where(table.c.person_id == person_id).values(**said))
        else:
            whole = {"receiving_support": "not_known", "left_asylum_support": False, "person_id": person_id, **said}
            connection.execute(sa.insert(table).values(**whole))


def withdraw(connection: sa.Connection) -> None:
    """Nothing else says it."""
    for table in ("person_need", "contact_need"):
        connection.execute(sa.text(f"DELETE FROM {table} WHERE need IN (:one, :two)"), dict(zip(("one", "two"), CODES, strict=True)))
    connection.execute(
        sa.text(
            "UPDATE person SET institution_left = 'not_known', institution_left_on = NULL WHERE institution_left = :left"
        ),
        {"left": ASYLUM_SUPPORT},
    )
    connection.execute(
        sa.text("DELETE FROM conflict WHERE field = 'institution_left' AND heads LIKE :told"),
        {"told": f"%{ASYLUM_SUPPORT}%"},
    )
    for table, column in (("contact", "original"), ("contact_correction", "fields")):
        strip_texts(connection, table, column)
    strip_changes(connection)
    strip_writes(connection)


def strip_texts(connection: sa.Connection, table: str, column: str) -> None:
    told = sa.text(f"SELECT id, {column} AS said FROM {table} WHERE {column} LIKE :one OR {column} LIKE :two")
    rows = connection.execute(told, {"one": f"%{NO_RECOURSE}%", "two": f"%{ASYLUM_SUPPORT}%"}).all()
    for row in rows:
        said = json.dumps(left_of(json.loads(row.said)), ensure_ascii=False)
        connection.execute(sa.text(f"UPDATE {table} SET {column} = :said WHERE id = :id"), {"said": said, "id": row.id})


def strip_changes(connection: sa.Connection) -> None:
    change = sa.table("sync_change", sa.column("id"), sa.column("type"), sa.column("body", sa.LargeBinary()))
    last = ""
    while True:
        piece = sa.select(change).where(change.c.id > last, change.c.type.in_(TELLING)).order_by(change.c.id).limit(PIECE)
        rows = connection.execute(piece).all()
        if not rows:
            return
        last = rows[-1].id
        for row in rows:
            body = strip_change(bytes(row.body))
            if body is not None:
                connection.execute(sa.update(change).where(change.c.id == row.id).values(body=body))


def strip_change(body: bytes) -> bytes | None:
    """The change as it is to be kept; None where it says nothing of it, or is no change that anybody could read."""
    if not any(code.encode() in body for code in CODES) and b"\\u" not in body:
        return None
    try:
        change = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(change, dict):
        return None
    before = json.dumps(change)
    if isinstance(change.get("set"), dict):
        change["set"] = {name: said for name, said in change["set"].items() if not is_telling(said)}
    elif "p" in change:
        payload = left_of(change["p"])
        if payload is NOTHING:
            for gone in ("p", "who", "at", "up", "boot"):
                change.pop(gone, None)
            change["erased"] = True
        else:
            change["p"] = payload
    if json.dumps(change) == before:
        return None
    return json.dumps(change, ensure_ascii=False, separators=(",", ":")).encode()


def is_telling(said: Any) -> bool:
    """Is this value of a patch, with what its author had seen, one of the codes?"""
    return isinstance(said, list) and bool(said) and isinstance(said[0], str) and said[0] in CODES


def left_of(value: Any) -> Any:
    """The same JSON without items, fields and needs of these codes."""
    if isinstance(value, str):
        return NOTHING if value in CODES else value
    if isinstance(value, list):
        return [each for each in map(left_of, value) if each is not NOTHING]
    if isinstance(value, dict):
        need = value.get("need")
        if isinstance(need, str) and need in CODES:
            return NOTHING
        fields = {name: left_of(each) for name, each in value.items() if name not in CODES}
        return {name: each for name, each in fields.items() if each is not NOTHING}
    return value


def strip_writes(connection: sa.Connection) -> None:
    write = sa.table("sync_write", sa.column("field"), sa.column("value", sa.LargeBinary()))
    quoted = [json.dumps(code).encode() for code in CODES]
    connection.execute(sa.delete(write).where(write.c.value.in_(quoted)))


def downgrade() -> None:
    with op.batch_alter_table("person_restricted") as table:
        table.drop_constraint(op.f("ck_person_restricted_receiving_support_is_a_code"), type_="check")
        table.drop_column("left_asylum_support_on")
        table.drop_column("left_asylum_support")
        table.drop_column("receiving_support")
