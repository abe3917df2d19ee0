"""The feeds as rows: the counter that orders them, writing on at their ends, reading on from a cursor.

Whoever writes takes the counter first (`lock_counter`) and holds it to the commit; what must be in the order of commits
(where an entity is placed, what was erased) is read after it. Nothing slow may follow it.
"""

from collections.abc import Iterable, Sequence

from server.database.sql import Sql
from server.tables.sync import sync as tables
from sync import feeds
from sync.feeds import Entry
from sync.server import FeedRow
from sync.wire import Cursor

FEED_COUNTER = "feed"


def lock_counter(sql: Sql, name: str = FEED_COUNTER) -> int:
    """Hold a counter until the transaction ends; returns the last number given out."""
    row = sql.find("update sync_counter set value = value where name = ? returning value", name)
    if row is None:
        sql.run("insert into sync_counter (name, value) values (?, 0) on conflict (name) do nothing", name)
        return lock_counter(sql, name)
    return int(row[0])


def set_counter(sql: Sql, value: int, name: str = FEED_COUNTER) -> None:
    """Move a held counter on."""
    sql.run("update sync_counter set value = ? where name = ?", value, name)


def append(sql: Sql, entries: Sequence[Entry], last_seq: int) -> None:
    """Write entries at the ends of their feeds. The counter must be held; `last_seq` is what it said."""
    if not entries:
        return
    heads = _read_heads(sql, {entry.scope for entry in entries})
    rows = feeds.number(entries, heads, last_seq)
    sql.insert(tables.feed, [(r.scope, r.seq, r.id, r.op, r.count, r.hash, True) for r in rows])
    _write_heads(sql, feeds.new_heads(rows))
    set_counter(sql, last_seq + len(rows))


def append_superseding(sql: Sql, entries: Sequence[Entry], last_seq: int) -> None:
    """The same for changes that their feeds may have spoken of before: what those rows said is not sent again."""
    sql.run_each(
        "update sync_feed set live = false where scope = ? and change_id = ?",
        [(entry.scope, entry.id) for entry in entries if entry.op in feeds.SUPERSEDING],
    )
    append(sql, entries, last_seq)


def _read_heads(sql: Sql, scopes: set[str]) -> dict[str, Cursor]:
    found = sql.rows("select scope, seq, count, hash from sync_head where scope in ?*", scopes)
    return {scope: Cursor(seq, count, hash_) for scope, seq, count, hash_ in found}


def _write_heads(sql: Sql, heads: dict[str, Cursor]) -> None:
    sql.run_each(
        "insert into sync_head (scope, seq, count, hash) values (?, ?, ?, ?) "
        "on conflict (scope) do update set seq = excluded.seq, count = excluded.count, hash = excluded.hash",
        [(scope, end.seq, end.count, end.hash) for scope, end in heads.items()],
    )


def find_cursor(sql: Sql, scope: str, seq: int) -> Cursor | None:
    """Our own feed at a sequence: what a phone that stands there must have counted."""
    row = sql.find("select seq, count, hash from sync_feed where scope = ? and seq = ?", scope, seq)
    return Cursor(*row) if row is not None else None


def read_on(sql: Sql, scope: str, after_seq: int, limit: int) -> list[FeedRow]:
    """The next live rows of a feed."""
    found = sql.rows(
        "select f.seq, f.change_id, f.op, f.count, f.hash, case when f.op = 'put' then c.eff else 0 end, "
        "c.device, c.n, c.reason, c.body from sync_feed f join sync_change c on c.id = f.change_id "
        "where f.scope = ? and f.seq > ? and f.live order by f.seq limit ?",
        scope,
        after_seq,
        limit,
    )
    return [FeedRow(*row) for row in found]


def find_present(sql: Sql, change_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """In which feeds each of these changes is now."""
    query = "select change_id, scope from sync_feed where change_id in ?* and op = 'put' and live"
    return _gather(sql.rows(query, set(change_ids)))


def find_mentions(sql: Sql, change_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Which feeds ever spoke of each of these changes."""
    return _gather(sql.rows("select change_id, scope from sync_feed where change_id in ?*", set(change_ids)))


def find_placements(sql: Sql, entities: set[str]) -> dict[str, frozenset[str]]:
    """The scopes in which the server has placed entities; one that was never placed is not among them."""
    if not entities:
        return {}
    return _gather(sql.rows("select entity, scope from sync_placement where entity in ?*", entities))


def find_concealments(sql: Sql, entities: set[str]) -> dict[str, frozenset[str]]:
    """Of these entities those that are concealed, each with the only scopes in which it may be heard."""
    if not entities:
        return {}
    found = _gather(sql.rows("select entity, scope from sync_concealment where entity in ?*", entities))
    return {entity: scopes - {""} for entity, scopes in found.items()}


def _gather(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    gathered: dict[str, set[str]] = {}
    for key, scope in pairs:
        gathered.setdefault(key, set()).add(scope)
    return {key: frozenset(scopes) for key, scopes in gathered.items()}
