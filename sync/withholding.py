"""Keeping of a change only what may be kept: the domain says what of a payload may stay, here the change is made anew.

The number, the stamp and what its author had seen remain, so that both sides count alike. Nothing is decided here.
"""

from collections.abc import Callable

from msgspec import Raw, structs

from sync.skeleton import skeleton
from sync.wire import Change, is_null

Strip = Callable[[bytes], bytes | None]
"""The same JSON without what may not be kept: the very same bytes where all may, None where nothing may."""


def withhold(change: Change, strip: Strip) -> Change:
    """The change without what may not be kept; the very same one where all may, its skeleton where a fact says nothing else."""
    if change.erased:
        return change
    if change.set_ is not None:
        return _patch_left(change, strip)
    if is_null(change.p):
        return change
    payload = bytes(change.p)
    left = strip(payload)
    if left is None:
        return skeleton(change)
    return change if left is payload else structs.replace(change, p=Raw(left))


def _patch_left(change: Change, strip: Strip) -> Change:
    """A field that says nothing else is not set by this patch at all."""
    fields = {}
    for name, (value, seen) in (change.set_ or {}).items():
        told = bytes(value)
        left = strip(told)
        if left is not None:
            fields[name] = (value if left is told else Raw(left), seen)
    return change if fields == change.set_ else structs.replace(change, set_=fields)
