"""The changes themselves, and the writes of fields that patches hold: stored once, read by id, by number, by entity.

Bodies are bytes that nobody rewrites, save for an erasure. Which feeds speak of a change is in `sync_feed`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from msgspec import Raw, Struct
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.locks import lock_free_names
from server.database.sql import Sql, storable
from server.tables.sync import sync as tables
from shared.model.value import NO_JSON
from sync import merge
from sync.server import DecodedBatch, Stored, record_id
from sync.skeleton import skeleton_body
from sync.wire import Change, Context, encode, read_change

REASON_LENGTH = 500

read_context = msgspec.json.Decoder(Context).decode


class StoredBody(Struct, frozen=True):
    """A change as it lies in the store, with the reason it is quarantined for."""

    id: str
    device: int
    n: int
    eff: int
    type: str
    received_at_ms: int
    reason: str | None
    adopted_as: str | None
    closed_by: str | None
    body: bytes
    skew_ms: int = 0

    @property
    def change(self) -> Change | None:
        """The change, None when its bytes cannot be read."""
        try:
            return read_change(self.body)
        except NO_JSON:
            return None


# ---------------------------------------------------------------------------------------------------------- storing


def find_numbers(sql: Sql, device: int, acked: int, apart: int, batch: DecodedBatch) -> dict[int, str]:
    """What lies under those numbers of a batch that were acknowledged before, or came ahead of others: the change's id."""
    here = max(acked, apart)
    if not batch.records or batch.records[0].n > here:
        return {}
    ids = _find_ids(sql, device, batch.records[0].n, min(batch.records[-1].n, here))
    return ids | _find_elsewhere(
        sql, {r.n: record_id(r, device) for r in batch.records if r.n <= acked and r.n not in ids}
    )


def find_reasons(sql: Sql, change_ids: Collection[str]) -> dict[str, str | None]:
    """Of these changes those that are stored already, under whatever number, each with the reason it is quarantined for."""
    return dict(sql.rows("select id, reason from sync_change where id in ?*", change_ids)) if change_ids else {}


def list_numbers(sql: Sql, device: int, first: int, last: int) -> dict[int, str]:
    """The ids of a phone's changes that lie under these numbers and those between them."""
    return _find_ids(sql, device, first, last)


def _find_ids(sql: Sql, device: int, first: int, last: int) -> dict[int, str]:
    found = sql.rows("select n, id from sync_change where device = ? and n between ? and ?", device, first, last)
    return dict(found)


def _find_elsewhere(sql: Sql, ids: Mapping[int, str]) -> dict[int, str]:
    """Of numbers under which nothing lies here: the same id where its change lies under another number, else none.

    They were acknowledged as something that another number had brought. What is nowhere must not be taken for it.
    """
    if not ids:
        return {}
    stored = {change_id for (change_id,) in sql.rows("select id from sync_change where id in ?*", set(ids.values()))}
    return {n: change_id if change_id in stored else "" for n, change_id in ids.items()}


def insert_changes(sql: Sql, stored: Sequence[Stored]) -> None:
    """Keep changes, and the writes of those that count."""
    sql.insert(tables.change, [_change_row(s) for s in stored])
    insert_writes(sql, [s for s in stored if s.is_accepted])


def _change_row(s: Stored) -> tuple[object, ...]:
    reason = storable(s.reason, REASON_LENGTH) if s.reason is not None else None
    return (
        s.id,
        s.device,
        s.n,
        s.eff,
        s.entity,
        s.scope,
        s.type,
        s.received_at_ms,
        reason,
        None,
        None,
        None,
        None,
        None,
        s.body,
        s.skew_ms,
    )


def insert_writes(sql: Sql, stored: Iterable[Stored]) -> None:
    """Keep the field writes of patches, so that fields can be merged without reading bodies."""
    rows = [
        _write_row(s.entity, field, write)
        for s in stored
        if s.change is not None and s.change.set_ is not None and s.entity is not None
        for field, write in merge.writes_of(s.change, s.eff).items()
    ]
    sql.insert(tables.write, rows)


def _write_row(entity: str, field: str, w: merge.Write) -> tuple[object, ...]:
    return (entity, field, w.id, w.eff, w.dev, w.n, bytes(w.value), encode(w.ctx), w.erased)


FOLDED_ABOVE = 32
"""So many writes of one field are kept as they came; of more, the heads and one that stands for the rest (`merge.fold`)."""


def fold_writes(sql: Sql, entities: Collection[str]) -> None:
    """Fold the fields of these entities that were written often, so that the next write costs what the first did.

    Call it when nothing of this transaction can be set aside any more: what was folded does not come back. What was said stays
    in the changes themselves.
    """
    query = "select entity, field from sync_write where entity in ?* group by entity, field having count(*) > ?"
    often = sql.rows(query, set(entities), FOLDED_ABOVE) if entities else []
    # Two that fold one field at once would each put a row for the rest. What is left here the next push folds.
    free = lock_free_names(sql, {f"fold {entity}" for entity, _ in often})
    for entity, field in often:
        if f"fold {entity}" not in free:
            continue
        writes = list_writes(sql, entity, field).get(field, [])
        folded = merge.fold(writes)
        if len(folded) == len(writes):
            continue
        kept = {write.id for write in folded if write.id != merge.SUMMARY}
        gone = [(entity, field, write.id) for write in writes if write.id not in kept]
        sql.run_each("delete from sync_write where entity = ? and field = ? and change_id = ?", gone)
        sql.insert(tables.write, [_write_row(entity, field, each) for each in folded if each.id == merge.SUMMARY])


def quarantine_changes(sql: Sql, reasons: Mapping[str, str]) -> None:
    """Take back changes that the domain could not apply: they are kept, and count no more."""
    rows = [(storable(reason, REASON_LENGTH), change_id) for change_id, reason in reasons.items()]
    sql.run_each("update sync_change set reason = ? where id = ?", rows)
    sql.run_each("delete from sync_write where change_id = ?", [(i,) for i in reasons])


def accept_changes(sql: Sql, change_ids: Iterable[str]) -> None:
    """Let changes count that were set aside."""
    sql.run_each("update sync_change set reason = null where id = ?", [(i,) for i in change_ids])


def strip_changes(sql: Sql, bodies: Mapping[str, bytes]) -> None:
    """Leave only the skeletons of these changes (id -> body)."""
    rows = [(_bare(body), change_id) for change_id, body in bodies.items()]
    sql.run_each("update sync_change set body = ? where id = ?", rows)
    sql.run_each("update sync_write set value = ?, erased = true where change_id = ?", [(b"null", i) for i in bodies])


def _bare(body: bytes) -> bytes:
    try:
        return skeleton_body(body)
    except NO_JSON:
        return b"{}"


def find_erased(sql: Sql, change_ids: Iterable[str]) -> frozenset[str]:
    """Which of these changes were ordered to be erased before they came, or came back."""
    found = sql.rows("select change_id from sync_erasure where change_id in ?*", set(change_ids))
    return frozenset(change_id for (change_id,) in found)


def find_erased_entities(sql: Sql, entities: Iterable[str]) -> frozenset[str]:
    """Of these entities those of which a change was erased."""
    query = "select distinct c.entity from sync_change c join sync_erasure e on e.change_id = c.id where c.entity in ?*"
    return frozenset(entity for (entity,) in sql.rows(query, set(entities)))


def note_erasures(sql: Sql, change_ids: Iterable[str], now_ms: int) -> None:
    """Have these changes erased when they are fed, or fed again."""
    wanted = set(change_ids)
    fresh = wanted - find_erased(sql, wanted)
    sql.insert(tables.erasure, [(each, now_ms) for each in sorted(fresh)])


# ---------------------------------------------------------------------------------------------------------- reading

_COLUMNS = "id, device, n, eff, type, received_at_ms, reason, adopted_as, closed_by, body, skew_ms"
HELD = "reason is not null and adopted_as is null and closed_by is null"
"""What waits for somebody's decision."""


@beyond_reader
def find_change(session: Session, change_id: str) -> StoredBody | None:
    """One change by its id."""
    row = Sql(session).find(f"select {_COLUMNS} from sync_change where id = ?", change_id)
    return StoredBody(*row) if row is not None else None


@beyond_reader
def list_changes(session: Session, entity: str) -> list[StoredBody]:
    """The changes about an entity that count, in the order they came."""
    query = f"select {_COLUMNS} from sync_change where entity = ? and reason is null order by received_at_ms, device, n"
    return [StoredBody(*row) for row in Sql(session).rows(query, entity)]


@beyond_reader
def find_scopes_of_changes(session: Session, change_ids: Collection[str]) -> dict[str, str]:
    """Where each of these changes was said."""
    if not change_ids:
        return {}
    return dict(Sql(session).rows("select id, scope from sync_change where id in ?*", set(change_ids)))


@beyond_reader
def close_change(session: Session, change_id: str, by: str, now_ms: int, why: str) -> None:
    """Set a quarantined change aside for good; it is kept, with who did so, when and why."""
    Sql(session).run(
        "update sync_change set closed_by = ?, closed_at_ms = ?, closed_why = ? where id = ?",
        by,
        now_ms,
        why,
        change_id,
    )


@beyond_reader
def list_quarantined(
    session: Session, device: int | None = None, limit: int = 1_000_000, *, of_types: Collection[str] = ()
) -> list[StoredBody]:
    """What was quarantined and is not decided, oldest first; of one phone or of all, of some types or of every."""
    asked = {" and device = ?": device, " and type in ?*": list(of_types) or None}
    given = {words: value for words, value in asked.items() if value is not None}
    only = "".join(given)
    query = f"select {_COLUMNS} from sync_change where {HELD}{only} order by received_at_ms, device, n limit {limit}"
    return [StoredBody(*row) for row in Sql(session).rows(query, *given.values())]


@beyond_reader
def list_tray(session: Session, of_each: int) -> list[StoredBody]:
    """The same, the oldest of each phone, so many of each: one that sends thousands hides nobody else's."""
    ranked = "select *, row_number() over (partition by device order by received_at_ms, n) as place from sync_change"
    query = (
        f"select {_COLUMNS} from ({ranked} where {HELD}) as tray where place <= ? order by received_at_ms, device, n"
    )
    return [StoredBody(*row) for row in Sql(session).rows(query, of_each)]


@beyond_reader
def list_quarantined_for(session: Session, ending: str, limit: int) -> list[StoredBody]:
    """The same of those whose reason ends so, oldest first."""
    query = f"select {_COLUMNS} from sync_change where {HELD} and reason like ? order by received_at_ms, device, n limit {limit}"
    return [StoredBody(*row) for row in Sql(session).rows(query, "%" + ending)]


def list_writes(sql: Sql, entity: str, only: str | None = None) -> dict[str, list[merge.Write]]:
    """The writes of the fields of an entity, or of one field."""
    query = "select field, change_id, eff, device, n, value, ctx, erased from sync_write where entity = ?"
    found = sql.rows(query, entity) if only is None else sql.rows(f"{query} and field = ?", entity, only)
    writes: dict[str, list[merge.Write]] = {}
    for field, change_id, eff, device, n, value, ctx, erased in found:
        write = merge.Write(change_id, eff, device, n, Raw(value), read_context(ctx), bool(erased))
        writes.setdefault(field, []).append(write)
    return writes


@beyond_reader
def get_fields(
    session: Session, entity: str, policies: Mapping[str, merge.Policy] | None = None
) -> dict[str, merge.Field]:
    """The merged fields of an entity: what is shown, and every side of a conflict. Empty for an unknown entity."""
    chosen = policies or {}
    resolved = {
        field: merge.resolve(writes, chosen.get(field, merge.newest))
        for field, writes in list_writes(Sql(session), entity).items()
    }
    return {field: state for field, state in resolved.items() if state is not None}


@beyond_reader
def list_conflicts(session: Session, entities: Iterable[str]) -> list[merge.FieldConflict]:
    """The fields of these entities that people must be asked about."""
    return [
        merge.FieldConflict(entity, field, state.heads)
        for entity in sorted(set(entities))
        for field, state in sorted(get_fields(session, entity).items())
        if state.is_conflict
    ]
