"""What a phone keeps for sync, as rows: its own log, what the feeds said, and the fields as they merge. All of its SQL.

Works on any DB-API connection of SQLite: sqlcipher3 on a phone, sqlite3 in the simulator. Nothing is decided and no
transaction begins here.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from sync.device import DeviceState, Fate, Known, PagePlan
from sync.merge import Write, writes_of
from sync.skeleton import skeleton_body
from sync.wire import UNREAD, Change, Context, Row, encode, read_change, read_row

SCHEMA: Final = """
create table if not exists sync_meta (name text primary key, value blob not null) without rowid;

-- The phone's own changes, numbered without gaps: its outbox, and after that its memory until every backup has them.
create table if not exists sync_log (
    n integer primary key, id text not null unique, scope text not null, body blob not null);

-- Every change that is kept. `body` is null where the log has it.
create table if not exists sync_change (
    id text primary key, eff integer not null, body blob, adopts text, is_shown integer not null) without rowid;
create index if not exists sync_change_adopts on sync_change (adopts) where adopts is not null;

-- The last word of each feed on each change.
create table if not exists sync_word (
    scope text not null, id text not null, op text not null, primary key (scope, id)) without rowid;
create index if not exists sync_word_id on sync_word (id);

create table if not exists sync_note (id text primary key, reason text not null) without rowid;

-- The writes of fields by the patches that are shown.
create table if not exists sync_write (
    entity text not null, field text not null, id text not null, eff integer not null, dev integer not null,
    n integer not null, value blob not null, ctx blob not null, erased integer not null,
    primary key (entity, field, id)) without rowid;
create index if not exists sync_write_id on sync_write (id);

-- Rows of feeds that this app cannot read, as they came, for a newer one.
create table if not exists sync_unread (
    scope text not null, id text not null, seq integer not null, line blob not null, primary key (scope, id)) without rowid;
"""
TABLES: Final = ("sync_log", "sync_change", "sync_word", "sync_note", "sync_write", "sync_unread", "sync_meta")

STATE, CONFIG, APP = "state", "config", "app"

Connection = Any
"""A DB-API connection; sqlcipher3 ships no types."""

_read_state: Final = msgspec.json.Decoder(DeviceState).decode
_read_context: Final = msgspec.json.Decoder(Context).decode


def create_tables(db: Connection) -> None:
    """Make the tables that are not there yet."""
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            db.execute(statement)


# ------------------------------------------------------------------------------------------------------------- state


def find_meta(db: Connection, name: str) -> bytes | None:
    """A named value, if there is one."""
    row = db.execute("select value from sync_meta where name = ?", (name,)).fetchone()
    return bytes(row[0]) if row else None


def set_meta(db: Connection, name: str, value: bytes) -> None:
    """Keep a named value."""
    db.execute("insert or replace into sync_meta values (?, ?)", (name, value))


def find_state(db: Connection) -> DeviceState | None:
    """What the phone knows of itself; None before it was enrolled."""
    value = find_meta(db, STATE)
    return _read_state(value) if value is not None else None


def set_state(db: Connection, state: DeviceState) -> None:
    """Keep what the phone knows of itself."""
    set_meta(db, STATE, encode(state))


# --------------------------------------------------------------------------------------------------------------- log


def insert_own(db: Connection, change: Change, body: bytes) -> None:
    """A change just made here: in the log, and shown."""
    db.execute("insert into sync_log values (?, ?, ?, ?)", (change.n, change.id, change.s, body))
    db.execute("insert into sync_change values (?, ?, null, null, 1)", (change.id, change.hlc))


def list_log(db: Connection, after_n: int, limit: int) -> dict[int, bytes]:
    """Bodies of the log by number."""
    return dict(
        db.execute("select n, body from sync_log where n > ? and n <= ?", (after_n, after_n + limit)).fetchall()
    )


def list_whole_log(db: Connection) -> list[bytes]:
    """Every body of the log, in the order of its numbers."""
    return [body for (body,) in db.execute("select body from sync_log order by n")]


def find_own_id(db: Connection, n: int) -> str | None:
    """The own change by a number, if it is still held."""
    row = db.execute("select id from sync_log where n = ?", (n,)).fetchone()
    return row[0] if row else None


def find_number(db: Connection, change_id: str) -> int | None:
    """The number of an own change; None for one of others."""
    row = db.execute("select n from sync_log where id = ?", (change_id,)).fetchone()
    return row[0] if row else None


def forget_own(db: Connection, ids: Sequence[str]) -> None:
    """Own changes that nothing can lose any more and nobody may see."""
    keys = [(change_id,) for change_id in ids]
    for table in ("sync_log", "sync_change", "sync_word", "sync_note"):
        db.executemany(f"delete from {table} where id = ?", keys)


def replace_log(db: Connection, log: Iterable[Change], old_private_scope: str) -> None:
    """The log by its new numbers. What a feed puts keeps the body that the feed means; what only the old private feed
    spoke of waits to be heard of again."""
    db.execute(
        "update sync_change set body = (select l.body from sync_log l where l.id = sync_change.id)"
        " where body is null and exists (select 1 from sync_word w where w.id = sync_change.id and w.op = 'put')"
    )
    db.execute("delete from sync_word where scope = ?", (old_private_scope,))
    db.execute("delete from sync_log")
    db.executemany("insert into sync_log values (?, ?, ?, ?)", [(c.n, c.id, c.s, encode(c)) for c in log])
    db.execute(
        "update sync_change set is_shown = 1 where id in (select id from sync_log)"
        " and not exists (select 1 from sync_word w where w.id = sync_change.id)"
    )


# ------------------------------------------------------------------------------------------------------------- known


def list_known(db: Connection, ids: Iterable[str]) -> dict[str, Known]:
    """What is held of these changes; those never met are not among them."""
    keys = json.dumps(list(ids))
    words: dict[str, dict[str, str]] = {}
    found = db.execute("select id, scope, op from sync_word where id in (select value from json_each(?))", (keys,))
    for change_id, scope, op in found:
        words.setdefault(change_id, {})[scope] = op
    rows = db.execute(
        "select c.id, l.n, coalesce(l.scope, ''), c.eff, c.is_shown from sync_change c"
        " left join sync_log l on l.id = c.id where c.id in (select value from json_each(?))",
        (keys,),
    )
    return {
        change_id: Known(change_id, n, scope, eff, bool(is_shown), words.get(change_id, {}))
        for change_id, n, scope, eff, is_shown in rows
    }


def list_ids_in(db: Connection, scopes: Iterable[str]) -> set[str]:
    """The changes that these feeds have spoken of."""
    query = "select distinct id from sync_word where scope in (select value from json_each(?))"
    return {change_id for (change_id,) in db.execute(query, (json.dumps(sorted(scopes)),))}


def list_unheard(db: Connection) -> set[str]:
    """Own changes that no feed has spoken of."""
    query = "select l.id from sync_log l where not exists (select 1 from sync_word w where w.id = l.id)"
    return {change_id for (change_id,) in db.execute(query)}


def list_hidden_own(db: Connection, to_n: int) -> set[str]:
    """Own changes up to a number that are not shown."""
    query = "select l.id from sync_log l join sync_change c on c.id = l.id where not c.is_shown and l.n <= ?"
    return {change_id for (change_id,) in db.execute(query, (to_n,))}


# ------------------------------------------------------------------------------------------------------------- pages


def write_fates(db: Connection, fates: Sequence[Fate], bodies: Mapping[str, bytes], adopts: Mapping[str, str]) -> None:
    """What a page made of changes. `bodies` are those that the log does not have; what goes, goes whole."""
    db.executemany(
        "insert into sync_change values (?, ?, ?, ?, ?) on conflict (id) do update set eff = excluded.eff,"
        " body = excluded.body, adopts = excluded.adopts, is_shown = excluded.is_shown",
        [
            (f.known.id, f.eff, bodies.get(f.known.id), adopts.get(f.known.id), f.standing.is_shown)
            for f in fates
            if f.is_put and not f.is_forgotten
        ],
    )
    db.executemany(
        "update sync_change set is_shown = ? where id = ?",
        [(f.standing.is_shown, f.known.id) for f in fates if f.is_changed and not f.is_put],
    )
    db.executemany("delete from sync_change where id = ?", [(f.known.id,) for f in fates if f.is_forgotten])


def write_words(db: Connection, fates: Sequence[Fate]) -> None:
    """What the feeds said last of each change."""
    said = [(scope, f.known.id, op) for f in fates for scope, op in f.said.items()]
    db.executemany("insert or replace into sync_word values (?, ?, ?)", [word for word in said if word[2] is not None])
    db.executemany(
        "delete from sync_word where scope = ? and id = ?", [(scope, i) for scope, i, op in said if op is None]
    )


def write_unread(db: Connection, plan: PagePlan) -> None:
    """Keep what a page brought that cannot be read, and nothing any more that was settled, withdrawn or erased since."""
    db.executemany("delete from sync_unread where scope = ?", [(scope,) for scope in plan.ended])
    db.executemany("delete from sync_unread where scope = ? and id = ?", list(plan.settled))
    # What speaks of nobody knows whom may speak of somebody who is erased.
    db.executemany("delete from sync_unread where id = ? or scope = ''", [(change_id,) for change_id in plan.erased])
    lines = [(r.scope, r.id, r.seq, bytes(r.body) if r.op == UNREAD else encode(r)) for r in plan.unread]
    db.executemany("insert or replace into sync_unread values (?, ?, ?, ?)", lines)


def list_unread(db: Connection) -> list[tuple[str, str, Row]]:
    """What could not be read, by the feed and id it is kept under, in the order it came."""
    rows = db.execute("select scope, id, line from sync_unread order by scope, seq, id").fetchall()
    return [(scope, row_id, read_row(line)) for scope, row_id, line in rows]


def forget_unread(db: Connection, scope: str, row_id: str) -> None:
    """It was read after all."""
    db.execute("delete from sync_unread where scope = ? and id = ?", (scope, row_id))


def count_unread(db: Connection) -> int:
    """How many records of which something cannot be read."""
    return int(db.execute("select count(distinct id) from sync_unread").fetchone()[0])


def write_notes(db: Connection, notes: Mapping[str, str]) -> None:
    """Why changes were quarantined."""
    db.executemany("insert or replace into sync_note values (?, ?)", list(notes.items()))


def strip(db: Connection, change_id: str) -> None:
    """Leave only the skeleton of a change, in the log too."""
    for table in ("sync_change", "sync_log"):
        row = db.execute(f"select body from {table} where id = ? and body is not null", (change_id,)).fetchone()
        if row is not None:
            db.execute(f"update {table} set body = ? where id = ?", (skeleton_body(row[0]), change_id))


# ------------------------------------------------------------------------------------------------------ bodies, fields


def find_body(db: Connection, change_id: str) -> bytes | None:
    """The body of a change as the feeds mean it, else as the log has it."""
    row = db.execute(
        "select coalesce(c.body, l.body) from sync_change c left join sync_log l on l.id = c.id where c.id = ?",
        (change_id,),
    ).fetchone()
    return row[0] if row else None


def list_shown(db: Connection) -> list[tuple[Change, int]]:
    """Every change that is shown, with its stamp, in the order of stamps."""
    rows = db.execute(
        "select coalesce(c.body, l.body), c.eff from sync_change c left join sync_log l on l.id = c.id"
        " where c.is_shown order by c.eff, c.id"
    )
    return [(read_change(body), eff) for body, eff in rows]


def insert_writes(db: Connection, change: Change, eff: int) -> None:
    """The field writes of a shown patch; stamping it anew replaces them."""
    db.executemany(
        "insert or replace into sync_write values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (change.e, name, w.id, w.eff, w.dev, w.n, bytes(w.value), encode(w.ctx), w.erased)
            for name, w in writes_of(change, eff).items()
        ],
    )


def delete_writes(db: Connection, change_id: str) -> None:
    """The field writes of a patch that is shown no more."""
    db.execute("delete from sync_write where id = ?", (change_id,))


_WRITE: Final = "field, id, eff, dev, n, value, ctx, erased"


def list_writes(db: Connection, entity: str) -> dict[str, list[Write]]:
    """Every shown write of every field of an entity."""
    writes: dict[str, list[Write]] = {}
    for name, *rest in db.execute(f"select {_WRITE} from sync_write where entity = ?", (entity,)):
        writes.setdefault(name, []).append(_write(*rest))
    return writes


def _write(change_id: str, eff: int, dev: int, n: int, value: bytes, ctx: bytes, erased: int) -> Write:
    return Write(change_id, eff, dev, n, Raw(value), _read_context(ctx), bool(erased))


def list_contested(db: Connection) -> list[str]:
    """The entities that have a field with more than one write: conflicts are among them."""
    query = "select distinct entity from sync_write group by entity, field having count(*) > 1 order by entity"
    return [entity for (entity,) in db.execute(query)]


def list_held(db: Connection) -> list[tuple[bytes, str]]:
    """Own changes in quarantine that nobody let in yet, with the reason."""
    return list(
        db.execute(
            "select l.body, coalesce(n.reason, '') from sync_word w join sync_log l on l.id = w.id"
            " left join sync_note n on n.id = w.id where w.op = 'held'"
            " and not exists (select 1 from sync_word p where p.id = w.id and p.op = 'put')"
            " and not exists (select 1 from sync_change a where a.adopts = w.id and a.is_shown) order by l.n"
        )
    )


def list_words(db: Connection, change_id: str) -> list[str]:
    """What the feeds said last of one change."""
    return [op for (op,) in db.execute("select op from sync_word where id = ?", (change_id,))]


def is_adopted(db: Connection, change_id: str) -> bool:
    """Did a supervisor let this quarantined change in?"""
    query = "select 1 from sync_change where adopts = ? and is_shown"
    return db.execute(query, (change_id,)).fetchone() is not None


def delete_all(db: Connection) -> None:
    """Everything, for ever."""
    for table in TABLES:
        db.execute(f"delete from {table}")
