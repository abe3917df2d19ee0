"""How the writes of many people to one field become one value, and when people must be asked.

Everything is a pure function of the SET of writes: order, repetition and clocks cannot change what is a conflict. A write
says what its author had seen (`ctx`); a write that somebody saw and wrote over is replaced; what nobody replaced is a
head. One head is the value, several are a conflict, shown with all its sides. The clock only picks which side is shown
first. Values stay encoded JSON here: merging never looks inside them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Raw, Struct

from sync.wire import NULL, Change, Context, encode


class Write(Struct, frozen=True):
    """One write of one field: its change, the server's stamp (the author's own until then), its dot, its value, its context."""

    id: str
    eff: int
    dev: int
    n: int
    value: Raw
    ctx: Context
    erased: bool = False

    @property
    def rank(self) -> tuple[int, int, int]:
        return (self.eff, self.dev, self.n)


class Field(Struct, frozen=True):
    """The state of one field: the write that is shown, and every head, best first."""

    shown: Write
    heads: tuple[Write, ...]

    @property
    def is_conflict(self) -> bool:
        return len(self.heads) > 1


class FieldConflict(Struct, frozen=True):
    """A field that several people wrote without seeing one another: every side, best first, with who and when."""

    entity: str
    field: str
    sides: tuple[Write, ...]


Policy = Callable[[Sequence[Write]], Write]
"""Which of several heads is shown first. Gets them best first; never decides which are heads."""


SUMMARY: Final = ""
"""The id of a write that stands for others (`fold`): no change has it."""


class _Reach(Struct):
    """The furthest that anybody had seen of one device, and the furthest that anybody else had: nobody replaces themselves."""

    n: int = 0
    by: str | None = None
    next_n: int = 0

    def add(self, n: int, by: str) -> None:
        if by == self.by:
            self.n = max(self.n, n)
        elif n > self.n:
            self.n, self.by, self.next_n = n, by, self.n
        else:
            self.next_n = max(self.next_n, n)

    def covers(self, write: Write) -> bool:
        return write.n <= (self.next_n if self.by == write.id else self.n)


def find_heads(writes: Sequence[Write]) -> tuple[Write, ...]:
    """The writes that nobody replaced, best first. An erased write still replaces others, and is never shown itself.

    A write is replaced by whoever had seen it, and by the same author's later word.
    """
    reach: defaultdict[int, _Reach] = defaultdict(_Reach)
    for write in writes:
        for dev, n in write.ctx.items():
            reach[dev].add(n, write.id)
        reach[write.dev].add(write.n - 1, write.id)
    live = [w for w in writes if not w.erased and not reach[w.dev].covers(w)]
    return tuple(sorted(live, key=lambda w: w.rank, reverse=True))


def fold(writes: Sequence[Write]) -> list[Write]:
    """The same field in as few writes as can be: its heads, and one that had seen all that the others said and had seen.

    Whatever write comes beside them later, or late, the heads of both are the same.
    """
    heads = find_heads(writes)
    shown = {head.id for head in heads}
    rest = [write for write in writes if write.id not in shown]
    return [*heads, Write(SUMMARY, 0, 0, 0, NULL, context(rest), erased=True)] if rest else list(heads)


def context(writes: Iterable[Write]) -> Context:
    """What someone who sees these writes has seen: every dot, and all that their authors had seen before them."""
    seen: Context = {}
    for write in writes:
        for dev, n in ((write.dev, write.n), *write.ctx.items()):
            seen[dev] = max(n, seen.get(dev, 0))
    return {dev: n for dev, n in seen.items() if n > 0}


def newest(heads: Sequence[Write]) -> Write:
    """The ordinary policy: the head with the latest stamp is shown first."""
    return heads[0]


def while_any_says(value: object) -> Policy:
    """A policy for words that must not be hidden by a later one, such as a death: shown while any head still says so."""
    wanted = encode(value)

    def policy(heads: Sequence[Write]) -> Write:
        return next((w for w in heads if bytes(w.value) == wanted), heads[0])

    return policy


def resolve(writes: Sequence[Write], policy: Policy = newest) -> Field | None:
    """The state of a field from all its writes; None when there is none."""
    heads = find_heads(writes)
    return Field(shown=policy(heads), heads=heads) if heads else None


def writes_of(change: Change, eff: int) -> dict[str, Write]:
    """The field writes that a patch holds, by field; a fact holds none."""
    return {
        name: Write(change.id, eff, change.dev, change.n, value, ctx, change.erased)
        for name, (value, ctx) in (change.set_ or {}).items()
    }


def patch(values: Mapping[str, object], seen: Mapping[str, Sequence[Write]]) -> dict[str, tuple[Raw, Context]]:
    """The `set` of a new patch: each value with what its author sees of that field (`seen`: field -> writes)."""
    return {name: (Raw(encode(value)), context(seen.get(name, ()))) for name, value in values.items()}
