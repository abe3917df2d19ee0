"""What remains of a change that was erased: its number and what it had seen, never what it said.

Used by the server when an erasure is ordered and by the phone when it hears of it, so that both keep the same bones:
without them the values that the erased write had replaced would come back.
"""

from msgspec import structs

from sync.wire import NULL, Change, encode, read_change


def skeleton(change: Change) -> Change:
    """The same change without payload, author, and times; fields keep their context and lose their value."""
    bare = {name: (NULL, ctx) for name, (_, ctx) in change.set_.items()} if change.set_ is not None else None
    return structs.replace(change, p=NULL, set_=bare, who=None, at=0, up=None, boot=None, off=0, erased=True)


def skeleton_body(body: bytes) -> bytes:
    """The encoded skeleton of an encoded change. Erasing twice gives the same bytes."""
    return encode(skeleton(read_change(body)))
