"""Sealed boxes that could not be opened when they came: kept as they came, listed, and tried again until they are open."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.sql import Sql, some_moment_of
from server.tables.operation.device import sealed_outbox
from shared.model.value import Value

VERDICT_LENGTH = 200


class KeptBox(Value, frozen=True, kw_only=True):
    """One box (base64url): the phone it is of, its number in that phone's log where it was told, and why it is not open."""

    box_hash: str
    device_number: int
    n: int | None
    received_at: datetime
    verdict: str
    box: str = ""


def keep_boxes(session: Session, boxes: Sequence[KeptBox]) -> None:
    """Keep boxes; of one that is here already the reason is renewed."""
    sql = Sql(session)
    here = {
        i for (i,) in sql.rows("select box_hash from sealed_outbox where box_hash in ?*", {b.box_hash for b in boxes})
    }
    renewed = [(each.verdict[:VERDICT_LENGTH], each.n, each.box_hash) for each in boxes if each.box_hash in here]
    sql.run_each("update sealed_outbox set verdict = ?, n = coalesce(n, ?) where box_hash = ?", renewed)
    fresh = {each.box_hash: each for each in boxes if each.box_hash not in here}
    if fresh:
        session.execute(
            sealed_outbox.insert(),
            [
                {
                    "box_hash": each.box_hash,
                    "device_number": each.device_number,
                    "received_at": each.received_at,
                    "box": each.box,
                    "n": each.n,
                    "verdict": each.verdict[:VERDICT_LENGTH],
                }
                for each in fresh.values()
            ],
        )


@beyond_reader
def list_shut(session: Session, number: int) -> list[KeptBox]:
    """The boxes of a phone that are not open yet, in the order of their numbers."""
    rows = Sql(session).rows(
        "select box_hash, device_number, n, received_at, verdict, box from sealed_outbox "
        "where device_number = ? and opened_at is null order by coalesce(n, 0), received_at, box_hash",
        number,
    )
    return [
        KeptBox(box_hash=i, device_number=number, n=n, received_at=some_moment_of(at), verdict=verdict, box=box)
        for i, number, n, at, verdict, box in rows
    ]


def list_phones_with_shut(session: Session) -> list[int]:
    """The phones of which a box is not open yet."""
    query = "select distinct device_number from sealed_outbox where opened_at is null order by device_number"
    return [number for (number,) in Sql(session).rows(query)]


@beyond_reader
def count_shut(session: Session) -> dict[int, int]:
    """How many boxes of each phone are not open yet."""
    query = "select device_number, count(*) from sealed_outbox where opened_at is null group by device_number"
    return dict(Sql(session).rows(query))


def mark_open(session: Session, box_hashes: Collection[str], now: datetime) -> None:
    """These are in the record now."""
    session.execute(
        sealed_outbox.update().where(sealed_outbox.c.box_hash.in_(box_hashes)).values(opened_at=now, verdict="")
    )
