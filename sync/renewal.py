"""Taking a new number when another copy of this phone has used the old one.

A phone that was cloned, or restored from an image, shares its number with its other self: the same number then means two
changes. The whole log is numbered anew and sent again; ids stay, so that the server knows what it already holds. Decides
from values only.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from sync.device import DeviceState
from sync.wire import Change, Context, private_scope


class Renewal(Struct, frozen=True):
    """The phone after its renewal: its log, numbered from 1 in the old order, and its state."""

    state: DeviceState
    log: tuple[Change, ...]


def renew(state: DeviceState, log: Sequence[Change], new_device: int) -> Renewal:
    """Renumber all that the phone still holds of its log, given in the order of its numbers."""
    numbers = {change.n: index for index, change in enumerate(log, start=1)}
    forked_at = state.forked_at if state.forked_at is not None else state.last_n + 1
    renumbered = tuple(renumber(change, new_device, numbers, forked_at) for change in log)
    private = private_scope(state.device)
    fresh = DeviceState(
        device=new_device,
        last_n=len(log),
        hlc=state.hlc,
        cursors={scope: cursor for scope, cursor in state.cursors.items() if scope != private},
        granted=tuple(scope for scope in state.granted if scope != private),
        is_whole=True,
        status=state.status,
    )
    return Renewal(fresh, renumbered)


def renumber(change: Change, new_device: int, numbers: Mapping[int, int], forked_at: int) -> Change:
    """The same change by its new number, and what it had seen in the new numbers too."""
    sets = None
    if change.set_ is not None:
        before = {old: new for old, new in numbers.items() if old < change.n}  # a later number was the other copy's
        sets = {
            name: (value, translate(ctx, change.dev, new_device, before, forked_at))
            for name, (value, ctx) in change.set_.items()
        }
    return structs.replace(change, dev=new_device, n=numbers[change.n], set_=sets)


def translate(ctx: Context, old: int, new: int, numbers: Mapping[int, int], forked_at: int) -> Context:
    """What an author had seen, once its own writes have other numbers.

    Below `forked_at` the old numbers mean the same change everywhere, and stay. From there on they mean the other copy's
    changes, which this author never saw.
    """
    seen_n = ctx.get(old, 0)
    translated = dict(ctx)
    if seen_n >= forked_at:
        translated[old] = forked_at - 1
    earlier = [n for n in numbers if n <= seen_n]
    if earlier:
        translated[new] = numbers[max(earlier)]
    return {device: n for device, n in translated.items() if n > 0}
