"""How the writes of many people to one field become one value, and when people must be asked.

Everything is a pure function of the SET of writes: order, repetition and clocks cannot change what is a conflict. A write
says what its author had seen (`ctx`); a write that somebody saw and wrote over is replaced; what nobody replaced is a
head. One head is the value, several are a conflict, shown with all its sides. The clock only picks which side is shown
first. Values stay encoded JSON here: merging never looks inside them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Raw, Struct

from sync.wire import Change, Context, encode


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


Policy = Callable[[Sequence[Write]], Write]
"""Which of several heads is shown first. Gets them best first; never decides which are heads."""


def is_replaced(write: Write, by: Write) -> bool:
    """Had the author of `by` seen `write`, or is it the same author's later word?"""
    return by.ctx.get(write.dev, 0) >= write.n or (by.dev == write.dev and by.n > write.n)


def find_heads(writes: Sequence[Write]) -> tuple[Write, ...]:
    """The writes that nobody replaced, best first. An erased write still replaces others, and is never shown itself."""
    live = [w for w in writes if not w.erased and not any(is_replaced(w, by) for by in writes if by.id != w.id)]
    return tuple(sorted(live, key=lambda w: w.rank, reverse=True))


def context(writes: Iterable[Write]) -> Context:
    """What someone who sees these writes has seen: every dot, and all that their authors had seen before them."""
    seen: Context = {}
    for write in writes:
        for dev, n in ((write.dev, write.n), *write.ctx.items()):
            seen[dev] = max(n, seen.get(dev, 0))
    return seen


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
