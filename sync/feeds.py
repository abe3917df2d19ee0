"""Which feeds a change goes to, and how the rows of a feed are numbered.

The store takes the counter's lock first, then asks here: so that routes are decided and numbers are given in the order of
commits. No SQL, no payloads: a feed knows ids, operations and stamps only.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from sync import digest
from sync.server import PushPlan, Stored
from sync.wire import ELSEWHERE, ERASE, EVICT, HELD, PUT, SERVER_DEVICE, Cursor, private_scope

SUPERSEDING: Final = frozenset({PUT, EVICT})
"""Operations after which the earlier rows of the same change in the same feed say nothing more: they are not sent again."""


class Entry(Struct, frozen=True, gc=False):
    """Something to be said in a feed. `mark` is `digest.mark` of a change that is put, else empty."""

    scope: str
    id: str
    op: str
    mark: str = ""


class Numbered(Struct, frozen=True, gc=False):
    """An entry with its place in the feed, and the feed's count and hash once it is there."""

    scope: str
    seq: int
    id: str
    op: str
    count: int
    hash: str


def route(
    stored: Stored, placed: frozenset[str], is_erased: bool, known_to: frozenset[str] | None = None
) -> list[Entry]:
    """Where one pushed change is to be heard: in every scope its entity is placed in, else in the one it was recorded in.

    A quarantined change is heard by its author alone. An author whose change went to other scopes than the one it was
    recorded in is told so in private, since no feed of its own may ever mention it.

    An entity that is concealed from all but `known_to` is heard there; whoever else brings a change of it is answered as
    if nobody knew it: their own word stays in their own feed, and nothing tells them of others.
    """
    if not stored.is_accepted:
        return say_in_private(stored.device, stored.id, stored.reason, is_erased)
    scopes = placed or frozenset({stored.scope})
    if known_to is not None:
        scopes = (scopes & known_to) | {stored.scope}
    entries = put_everywhere(stored, scopes)
    if is_erased:
        entries += [Entry(scope, stored.id, ERASE) for scope in sorted(scopes)]
    if is_erased or stored.scope not in scopes:
        entries += say_in_private(stored.device, stored.id, None, is_erased)
    return entries


def route_again(
    stored: Stored, placed: frozenset[str], erased_ids: frozenset[str], known_to: frozenset[str] | None = None
) -> list[Entry]:
    """Where a change is to be heard that was quarantined and counts after all: as if it came now, and its author, who was told
    that it is held, is told in private that it is not."""
    entries = route(stored, placed, stored.id in erased_ids, known_to)
    private = private_scope(stored.device)
    is_told = any(entry.scope == private and entry.op == ELSEWHERE for entry in entries)
    return entries if is_told else [*say_in_private(stored.device, stored.id, None, is_erased=False), *entries]


def put_everywhere(stored: Stored, scopes: Iterable[str]) -> list[Entry]:
    """A change that is to be heard in these scopes."""
    marked = digest.mark(stored.eff, stored.device, stored.n)
    return [Entry(scope, stored.id, PUT, marked) for scope in sorted(scopes)]


def say_in_private(device: int, change_id: str, reason: str | None, is_erased: bool) -> list[Entry]:
    """What the author alone hears of a change: that it is held (for `reason`) or counts elsewhere, and that it was erased."""
    private = private_scope(device)
    words = [ELSEWHERE if reason is None else HELD, *([ERASE] if is_erased else [])]
    return [Entry(private, change_id, word) for word in words]


def route_all(
    plan: PushPlan,
    device: int,
    placements: Mapping[str, frozenset[str]],
    erased_ids: frozenset[str],
    concealed: Mapping[str, frozenset[str]],
) -> list[Entry]:
    """The entries of a whole push, in the order of its numbers.

    What the same phone brought before under another number is fed already; the phone hears in private what became of it.
    """
    entries = []
    for change_id, reason in plan.again.items():
        entries += say_in_private(device, change_id, reason, change_id in erased_ids)
    for stored in plan.stored:
        placed = placements.get(stored.entity or "", frozenset())
        entries += route(stored, placed, stored.id in erased_ids, concealed.get(stored.entity or ""))
    return entries


def place(
    marks: Mapping[str, str], present: Mapping[str, frozenset[str]], wanted: Mapping[str, frozenset[str]]
) -> list[Entry]:
    """What must be said so that each of these changes (id -> mark) is heard in the scopes `wanted` for it, nowhere else.

    `present` tells in which feeds each is now. This is a move, a share, and a withdrawal alike.
    """
    entries: list[Entry] = []
    for change_id, marked in marks.items():
        there = present.get(change_id, frozenset())
        entries += [Entry(scope, change_id, PUT, marked) for scope in sorted(wanted[change_id] - there)]
        entries += [Entry(scope, change_id, EVICT) for scope in sorted(there - wanted[change_id])]
    return entries


def erase(mentions: Mapping[str, frozenset[str]], authors: Mapping[str, int]) -> list[Entry]:
    """What must be said so that every phone that holds these changes keeps only their skeletons: in each feed that ever
    spoke of them, and in private to their author, who may hold them where no feed did."""
    return [
        Entry(scope, change_id, ERASE)
        for change_id, author in authors.items()
        for scope in sorted(mentions.get(change_id, frozenset()) | _private_feed(author))
    ]


def _private_feed(author: int) -> set[str]:
    """The private feed of a phone; the server has none."""
    return {private_scope(author)} if author > SERVER_DEVICE else set()


def number(entries: Sequence[Entry], heads: Mapping[str, Cursor], last_seq: int) -> list[Numbered]:
    """Give entries their places, on from `last_seq`. `heads` holds the last row of each feed that already has one."""
    ends = {scope: (end.count, int(end.hash, 16)) for scope, end in heads.items()}
    rows: list[Numbered] = []
    for seq, entry in enumerate(entries, start=last_seq + 1):
        count, total = ends.get(entry.scope, (0, 0))
        count, total = count + 1, digest.extend(total, entry.op, entry.id, entry.mark)
        ends[entry.scope] = count, total
        rows.append(Numbered(entry.scope, seq, entry.id, entry.op, count, digest.write(total)))
    return rows


def new_heads(rows: Iterable[Numbered]) -> dict[str, Cursor]:
    """The last row of each feed after these rows."""
    return {row.scope: Cursor(row.seq, row.count, row.hash) for row in rows}
