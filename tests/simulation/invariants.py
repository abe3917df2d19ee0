"""What must hold once a world is quiet: I1 to I9 of sync/README.md (I5, I7 and I8 are also asserted while it lives).

The oracle folds the server's changes by itself, from where entities were placed and what was granted: it never reads a
feed to judge a feed.
"""

from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

from msgspec import json

from server.queries.sync.blobs import find_blob
from server.queries.sync.changes import get_fields
from sync import merge
from sync.clock import AHEAD_MAX_MS
from sync.wire import Change, Context, read_change
from tests.simulation.office import DOCUMENT_KEYS, read_rows
from tests.simulation.phone import Phone
from tests.simulation.world import World

read_context = json.Decoder(Context).decode


class Truth:
    """The server's changes as the oracle sees them."""

    def __init__(self, world: World) -> None:
        found = read_rows(world.office.store, "select id, scope, entity, eff, reason, body from sync_change")
        self.all_ids = {row[0] for row in found}
        self.counting = {
            change_id: (self._scopes(world, scope, entity), eff, bytes(body))
            for change_id, scope, entity, eff, reason, body in found
            if reason is None and not scope.startswith("dev:")
        }

    @staticmethod
    def _scopes(world: World, scope: str, entity: str | None) -> set[str]:
        return set(world.office.placed.get(entity or "", [scope]))

    def visible(self, scopes: list[str]) -> dict[str, tuple[int, bytes]]:
        return {i: (eff, body) for i, (where, eff, body) in self.counting.items() if where & set(scopes)}


def check(world: World) -> None:
    """Assert all of them."""
    truth = Truth(world)
    check_nothing_is_lost(world, truth)
    check_each_feed(world)
    check_stamps(world)
    check_honest_phones_are_believed(world)
    check_erasures(world, truth)
    check_attachments(world)
    check_server_fields(world)
    for phone in world.phones:
        if phone.is_wiped:
            check_wiped(phone)
        else:
            check_view(world, phone, truth)
            check_heads(world, phone)


def check_nothing_is_lost(world: World, truth: Truth) -> None:
    """I1: what a living phone recorded is on the server, and nothing of it is left unsent."""
    for phone in world.phones:
        if phone.is_wiped:
            continue
        lost = phone.held - truth.all_ids
        assert not lost, f"I1: {sorted(lost)} of {phone.name} are lost ({phone.store.get_state()})"
        assert phone.store.unsent_count == 0, f"I1: {phone.name} still holds unsent changes"


FEED_ROWS = (
    "select f.scope, f.seq, f.change_id, f.op, f.count, f.hash, c.eff, c.device, c.n from sync_feed f"
    " join sync_change c on c.id = f.change_id order by f.scope, f.seq"
)


def check_each_feed(world: World) -> None:
    """I2: a change is in a feed once at a time, feeds are counted without a gap, and their hashes are what they say."""
    check_feeds(read_rows(world.office.store, FEED_ROWS))


def check_feeds(rows: Iterable[Any]) -> None:
    """I2, of the rows that `FEED_ROWS` asks for."""
    present: dict[str, set[str]] = defaultdict(set)
    counts: dict[str, int] = defaultdict(int)
    hashes: dict[str, int] = defaultdict(int)
    for scope, _seq, change_id, op, count, feed_hash, eff, dev, n in rows:
        counts[scope] += 1
        row = f"{op}:{change_id}:{f'{eff}:{dev}:{n}' if op == 'put' else ''}".encode()
        hashes[scope] = (hashes[scope] + int.from_bytes(blake2b(row, digest_size=8).digest(), "big")) % 2**64
        assert count == counts[scope], f"I2: {scope} is miscounted"
        assert int(feed_hash, 16) == hashes[scope], f"I2: {scope} is mishashed"
        if op == "put":
            assert change_id not in present[scope], f"I2: {change_id} is twice in {scope}"
            present[scope].add(change_id)
        elif op == "evict":
            assert change_id in present[scope], f"I2: {change_id} left {scope} without being there"
            present[scope].discard(change_id)


def check_stamps(world: World) -> None:
    """No change stands further in the future than the server's clock and its allowance, whatever its author's clock said."""
    horizon = (world.now_ms + AHEAD_MAX_MS) << 16
    assert not read_rows(world.office.store, f"select id from sync_change where eff > {horizon}"), (
        "a stamp in the future"
    )


LIES = ("claims to have seen", "calls itself erased")


def check_honest_phones_are_believed(world: World) -> None:
    """I10: nothing that an honest phone recorded is held as a lie, whatever was lost and restored meanwhile.

    Except of a phone that went two ways under one number while the server was restored (README): its word is held, not lost.
    """
    held = read_rows(world.office.store, "select id, reason from sync_change where reason is not null")
    twice = world.ambiguous_devices()
    wrong = [
        (i, reason)
        for i, reason in held
        if reason.startswith(LIES) and i not in world.lies and world.recorded[i].dev not in twice
    ]
    assert not wrong, f"I10: an honest phone is taken for a liar: {wrong}"
    told = read_rows(world.office.store, "select id, body from sync_change where reason is null and id like 'lie-%'")
    told = [each for each in told if each[0] not in world.erased]
    assert not told, f"I10: a lie counts: {told}"


def check_erasures(world: World, truth: Truth) -> None:
    """What was ordered to be erased is a skeleton on the server, and on every phone that has it."""
    for change_id in world.erased & set(truth.counting):
        assert read_change(truth.counting[change_id][2]).erased, f"{change_id} was not erased on the server"
    for phone in world.phones:
        for table in ("sync_change", "sync_log"):
            for change_id, body in phone.rows(f"select id, body from {table} where body is not null"):
                if change_id in world.erased:
                    assert read_change(body).erased, f"{change_id} was not erased on {phone.name} ({table})"


def check_attachments(world: World) -> None:
    """Every attachment of a living phone is on the server, whole."""
    for phone in world.phones:
        for name, content in phone.files.items() if not phone.is_wiped else ():
            assert world.office.order(lambda s, name=name: find_blob(s, name, DOCUMENT_KEYS)) == content


def check_view(world: World, phone: Phone, truth: Truth) -> None:
    """I3, I4 and I5: the phone shows the fold of exactly its scopes, and the same when it is opened again."""
    wanted = truth.visible(world.office.scopes[phone.number])
    for _ in range(2):
        shown = {change.id: (change, eff) for change, eff in phone.store.list_effective()}
        missing, extra = set(wanted) - set(shown), set(shown) - set(wanted)
        assert not missing, f"I3: {phone.name} does not show {sorted(missing)}"
        assert not extra, f"I4: {phone.name} shows {sorted(extra)}"
        foreign = {i for (i,) in phone.rows("select id from sync_change where id not in (select id from sync_log)")}
        assert foreign <= set(wanted), f"I4: {phone.name} keeps {sorted(foreign - set(wanted))}"
        for change_id, (eff, body) in wanted.items():
            assert shown[change_id][1] == eff, f"I3: {change_id} has another stamp on {phone.name}"
            assert content(shown[change_id][0]) == content(read_change(body)), f"I3: {change_id} says something else"
        check_fields(phone, wanted)
        phone.open()


def content(change: Change) -> Any:
    """What a change says, by whatever number."""
    values = {name: bytes(value) for name, (value, _) in (change.set_ or {}).items()}
    return (change.t, change.e, bytes(change.p), values, change.erased)


def check_server_fields(world: World) -> None:
    """I3 on the server: what it merges, however often it was folded, is the fold of everything that counts."""
    writes: dict[str, dict[str, list[merge.Write]]] = defaultdict(lambda: defaultdict(list))
    query = "select entity, eff, body from sync_change where reason is null and entity is not null"
    for entity, eff, body in read_rows(world.office.store, query):
        for name, write in merge.writes_of(read_change(body), eff).items():
            writes[entity][name].append(write)
    for entity, fields in writes.items():
        kept = world.office.order(lambda s, entity=entity: get_fields(s, entity))
        folded = {name: state for name, ws in fields.items() if (state := merge.resolve(ws)) is not None}
        assert {n: [h.id for h in f.heads] for n, f in kept.items()} == {
            n: [h.id for h in f.heads] for n, f in folded.items()
        }, f"I3: the server merges {entity} otherwise"


def check_fields(phone: Phone, wanted: dict[str, tuple[int, bytes]]) -> None:
    """I3: the merged fields are those of the fold."""
    writes: dict[tuple[str, str], list[merge.Write]] = defaultdict(list)
    for eff, body in wanted.values():
        change = read_change(body)
        for name, write in merge.writes_of(change, eff).items():
            writes[change.e or "", name].append(write)
    entities = {entity for entity, _ in writes}
    kept = {(e, name): state for e in entities for name, state in phone.store.get_fields(e).items()}
    folded = {key: state for key, ws in writes.items() if (state := merge.resolve(ws)) is not None}
    assert set(kept) == set(folded), f"I3: {phone.name} has other fields"
    for key, state in folded.items():
        assert [h.id for h in kept[key].heads] == [h.id for h in state.heads], (
            f"I3: {phone.name} has other heads of {key}"
        )
        assert bytes(kept[key].shown.value) == bytes(state.shown.value), (
            f"I3: {phone.name} shows another value of {key}"
        )


def check_heads(world: World, phone: Phone) -> None:
    """I6: heads are the writes that nobody who had seen them replaced, by what authors really saw, not by what they sent."""
    found = phone.rows("select entity, field, id, dev, n, erased, ctx from sync_write")
    fields: dict[tuple[str, str], dict[str, tuple[int, int, int]]] = defaultdict(dict)
    named: dict[tuple[str, str], set[int]] = defaultdict(set)
    for entity, name, change_id, dev, n, erased, ctx in found:
        fields[entity, name][change_id] = (dev, n, erased)
        named[entity, name] |= {dev, *read_context(ctx)}
    ambiguous = world.ambiguous_devices()
    for (entity, name), writes in fields.items():
        if named[entity, name] & ambiguous:
            continue
        if world.renumbered & world.ancestry(set(writes)):
            continue  # a copy of a phone may make people look at a conflict that is none; that it hides none is I3's
        replaced = {i for i in writes for by in writes if i != by and _replaces(world, writes, by, i)}
        wanted = {i for i in writes if i not in replaced and not writes[i][2]}
        state = phone.store.get_fields(entity).get(name)
        heads = {head.id for head in state.heads} if state is not None else set()
        assert heads == wanted, f"I6: {phone.name} {entity}.{name} has heads {heads}, the truth is {wanted}"
        world.counts["conflicts"] += len(wanted) > 1


def _replaces(world: World, writes: dict[str, tuple[int, int, int]], by: str, change_id: str) -> bool:
    (dev, n, _), (by_dev, by_n, _) = writes[change_id], writes[by]
    is_own_later_word = dev == by_dev > 0 and n < by_n
    return change_id in world.known.get(by, ()) or is_own_later_word


def check_wiped(phone: Phone) -> None:
    """I9: a wiped phone is empty."""
    for table in ("sync_log", "sync_change", "sync_word", "sync_note", "sync_write"):
        assert not phone.rows(f"select * from {table}"), f"I9: {phone.name} was wiped and holds {table}"
