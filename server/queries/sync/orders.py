"""What people order of the server that phones must hear: its own changes, moves, erasures, adoptions, settings.

Each is one short piece of the caller's transaction and takes the feed counter: order it last, after everything slow.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Raw, Struct
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.sql import Sql
from server.queries.sync import changes, devices, feed
from server.queries.sync.applying import Project
from server.tables.sync import sync as tables
from sync import clock, digest, feeds, merge
from sync.authoring import NewChange, number
from sync.past import why_no_past
from sync.reading import why_no_text
from sync.server import AcceptedChange, Stored, next_server_number, number_adopted, store_own
from sync.wire import CONFIG, SERVER_DEVICE, Change, encode, private_scope

SERVER_NUMBER, SERVER_CLOCK, SERVER_LIFE = "server_number", "server_clock", "server_life"


class Carried(Struct, frozen=True, kw_only=True):
    """Whose word an adopted change still is: the phone that brought it, and what it says, read."""

    device: int
    meaning: Any


# ------------------------------------------------------------------------------------------------- the server's changes


@beyond_reader
def publish(session: Session, new: Sequence[NewChange], now_ms: int) -> list[Change]:
    """Write changes of the server's own and let the phones that follow their scopes hear them."""
    sql = Sql(session)
    last_seq = feed.lock_counter(sql)
    stamps = _stamps(sql, len(new), now_ms)
    own = _own_device(sql)
    numbered = [number(c, own, n, hlc, _seen(sql, c)) for c, (n, hlc) in zip(new, stamps, strict=True)]
    _store_own(sql, numbered, now_ms, last_seq)
    return numbered


def _stamps(sql: Sql, count: int, now_ms: int) -> list[tuple[int, int]]:
    """The next numbers and times of the server's own log. The feed counter is held, so nobody else takes them."""
    n, hlc = feed.lock_counter(sql, SERVER_NUMBER), feed.lock_counter(sql, SERVER_CLOCK)
    stamps = []
    for _ in range(count):
        n, hlc = next_server_number(n, now_ms), clock.tick(hlc, now_ms)
        stamps.append((n, hlc))
    feed.set_counter(sql, n, SERVER_NUMBER)
    feed.set_counter(sql, hlc, SERVER_CLOCK)
    return stamps


def _own_device(sql: Sql) -> int:
    """The device that the server writes as. The feed counter must be held."""
    return SERVER_DEVICE - feed.lock_counter(sql, SERVER_LIFE)


@beyond_reader
def begin_again(session: Session, now_ms: int) -> None:
    """After a restore the server writes as a device that it never was before.

    Its past may have had several ends, of which only one was restored. A phone that saw its words on another one would else be
    taken to have seen every earlier word of the server on this one, and would hide what it never saw.
    """
    sql = Sql(session)
    feed.lock_counter(sql)
    ((n, _),) = _stamps(sql, 1, now_ms)
    feed.lock_counter(sql, SERVER_LIFE)
    feed.set_counter(sql, n, SERVER_LIFE)


def _seen(sql: Sql, new: NewChange) -> dict[str, list[merge.Write]]:
    return changes.list_writes(sql, new.entity) if new.sets and new.entity is not None else {}


def _store_own(sql: Sql, numbered: Sequence[Change], now_ms: int, last_seq: int) -> list[Stored]:
    stored = [store_own(change, now_ms) for change in numbered]
    changes.insert_changes(sql, stored)
    entities = {s.entity for s in stored if s.entity}
    placements, concealed = feed.find_placements(sql, entities), feed.find_concealments(sql, entities)
    placed = ((s, _heard_in(s.entity or "", s.scope, placements, concealed)) for s in stored)
    feed.append(sql, [entry for s, scopes in placed for entry in feeds.put_everywhere(s, scopes)], last_seq)
    return stored


def _heard_in(
    entity: str,
    scope: str,
    placements: Mapping[str, frozenset[str]],
    concealed: Mapping[str, frozenset[str]],
) -> frozenset[str]:
    """Where a change, made in `scope`, of an entity belongs: where that is placed, and may be heard."""
    scopes = placements.get(entity, frozenset({scope}))
    return scopes & concealed[entity] if entity in concealed else scopes


@beyond_reader
def set_config(session: Session, device: int, change_id: str, settings: bytes, now_ms: int) -> None:
    """Tell one phone its settings (encoded JSON), in its private feed. The last word counts."""
    sql = Sql(session)
    last_seq = feed.lock_counter(sql)
    new = NewChange(id=change_id, type="config.set", scope=private_scope(device), payload=Raw(settings))
    ((n, hlc),) = _stamps(sql, 1, now_ms)
    changes.insert_changes(sql, [store_own(number(new, _own_device(sql), n, hlc, {}), now_ms)])
    feed.append(sql, [feeds.Entry(private_scope(device), change_id, CONFIG)], last_seq)


@beyond_reader
def adopt(
    session: Session,
    change_id: str,
    *,
    by: str,
    new_id: str,
    now_ms: int,
    project: Project,
    scope: str | None = None,
    said: Change | None = None,
    carried: Carried | None = None,
) -> Change | None:
    """Let a quarantined change in, as a new change of the server (into `scope`, else where it was recorded), and as `said`
    where whoever lets it in puts it in other words: in their own name. With `carried` the projection judges it as a phone's.

    Returns None, and does nothing, when there is no such quarantined change, it was decided on before, it is unreadable, or it
    claims what nobody can have seen: that would hide other people's words for ever, in whoever's name.
    """
    sql = Sql(session)
    last_seq = feed.lock_counter(sql)  # first: whoever presses at the same moment sees what the other decided
    held = changes.find_change(session, change_id)
    if held is None or held.reason is None or held.adopted_as is not None or held.change is None:
        return None
    if held.closed_by is not None or held.change.erased or _is_a_lie(sql, held.change, now_ms):
        return None
    ((n, hlc),) = _stamps(sql, 1, now_ms)
    change = number_adopted(said or held.change, new_id, n, hlc, scope or held.change.s)
    sql.run("update sync_change set adopted_as = ?, adopted_by = ? where id = ?", new_id, by, change_id)
    (stored,) = _store_own(sql, [change], now_ms, last_seq)
    told = AcceptedChange(change, stored.eff, now_ms, stored.device)
    if carried is not None:
        told = AcceptedChange(change, stored.eff, now_ms, carried.device, meaning=carried.meaning, skew_ms=held.skew_ms)
    project(session, [told])
    return change


def _is_a_lie(sql: Sql, held: Change, now_ms: int) -> bool:
    """Does a change claim what was never heard, or hold what nobody can read?"""
    if why_no_text(encode(held)) is not None:
        return True
    named = {device for _, ctx in (held.set_ or {}).values() for device in ctx}
    own = any(ctx.get(held.dev, 0) >= held.n for _, ctx in (held.set_ or {}).values())
    heard = devices.find_acknowledged(sql, named, now_ms) if named else {}
    return own or why_no_past(held, heard, None) is not None


# ------------------------------------------------------------------------------------------------ moving and erasing


@beyond_reader
def place_entity(session: Session, entity: str, scopes: Iterable[str]) -> None:
    """From now on everything about an entity is heard in these scopes and nowhere else, its past included.

    Where it is concealed it is still heard only by those who may know of it.
    """
    sql = Sql(session)
    last_seq = feed.lock_counter(sql)
    sql.run("delete from sync_placement where entity = ?", entity)
    wanted = frozenset(scopes)
    sql.insert(tables.placement, [(entity, scope) for scope in sorted(wanted)])
    # Handed on rather than read back: an entity may be placed nowhere, and that leaves no row.
    _settle(sql, {entity}, {entity: wanted}, last_seq)


@beyond_reader
def conceal(session: Session, entities: Iterable[str], known_to: Iterable[str]) -> None:
    """From now on these entities are heard only in those of their scopes that are among `known_to`; the others lose them.

    What the others still bring of them is kept, and they are answered as if nobody knew it.
    """
    sql = Sql(session)
    last_seq = feed.lock_counter(sql)
    every, scopes = set(entities), set(known_to) or {""}
    sql.run("delete from sync_concealment where entity in ?*", every)
    sql.insert(tables.concealment, [(entity, scope) for entity in sorted(every) for scope in sorted(scopes)])
    _settle(sql, every, feed.find_placements(sql, every), last_seq)


@beyond_reader
def reveal(session: Session, entities: Iterable[str]) -> None:
    """From now on these entities are heard again wherever they belong."""
    sql = Sql(session)
    last_seq = feed.lock_counter(sql)
    every = set(entities)
    sql.run("delete from sync_concealment where entity in ?*", every)
    _settle(sql, every, feed.find_placements(sql, every), last_seq)


def _settle(sql: Sql, entities: set[str], placements: Mapping[str, frozenset[str]], last_seq: int) -> None:
    """Say in the feeds whatever must be said so that these entities are heard where they belong and nowhere else."""
    query = (
        "select id, eff, device, n, entity, scope from sync_change where entity in ?* and reason is null "
        "order by received_at_ms, device, n"
    )
    concealed = feed.find_concealments(sql, entities)
    marks, wanted = {}, {}
    for change_id, eff, device, n, entity, scope in sql.rows(query, entities):
        marks[change_id] = digest.mark(eff, device, n)
        wanted[change_id] = _heard_in(entity, scope, placements, concealed)
    entries = feeds.place(marks, feed.find_present(sql, marks), wanted)
    feed.append_superseding(sql, entries, last_seq)


@beyond_reader
def find_scopes(session: Session, entity: str) -> frozenset[str]:
    """Where an entity is heard: where it was placed, else where its changes were made; where concealed, only of those
    that may hear it."""
    sql = Sql(session)
    placed = feed.find_placements(sql, {entity}).get(entity)
    if placed is None:
        found = sql.rows("select distinct scope from sync_change where entity = ? and reason is null", entity)
        placed = frozenset(scope for (scope,) in found)
    known_to = feed.find_concealments(sql, {entity}).get(entity)
    return placed if known_to is None else placed & known_to


@beyond_reader
def move_entity(session: Session, entity: str, from_scope: str, to_scope: str) -> None:
    """An entity leaves one scope for another; whoever follows only the old one loses it, past included."""
    place_entity(session, entity, (find_scopes(session, entity) - {from_scope}) | {to_scope})


@beyond_reader
def erase(session: Session, change_ids: Iterable[str], now_ms: int) -> None:
    """Erase what changes say, here and on every phone; their skeletons stay.

    A change that is not known here is erased when it comes. Order it again after a restore: it does nothing twice.
    """
    sql = Sql(session)
    wanted = set(change_ids)
    last_seq = feed.lock_counter(sql)
    fresh = wanted - changes.find_erased(sql, wanted)
    sql.insert(tables.erasure, [(change_id, now_ms) for change_id in sorted(fresh)])
    found = sql.rows("select id, device, body from sync_change where id in ?*", fresh)
    changes.strip_changes(sql, {change_id: body for change_id, _, body in found})
    authors = {change_id: device for change_id, device, _ in found}
    feed.append(sql, feeds.erase(feed.find_mentions(sql, authors), authors), last_seq)


@beyond_reader
def erase_entity(session: Session, entity: str, now_ms: int) -> list[str]:
    """Erase every change about an entity that has come so far, quarantined ones too; returns their ids, for the ledger."""
    return erase_entities(session, [entity], now_ms)


@beyond_reader
def erase_entities(session: Session, entities: Iterable[str], now_ms: int) -> list[str]:
    """The same for several entities at once."""
    query = "select id from sync_change where entity in ?* order by id"
    ids = [i for (i,) in Sql(session).rows(query, set(entities))]
    if ids:
        erase(session, ids, now_ms)
    return ids
