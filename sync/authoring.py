"""Giving a new change its number: the same on a phone and on the server, which is device 0.

Ids, times and what the author had seen are told; nothing here remembers the last number.
"""

from collections.abc import Mapping, Sequence

from msgspec import Raw, Struct

from sync import merge
from sync.merge import Write
from sync.wire import NULL, Change


class NewChange(Struct, frozen=True, kw_only=True):
    """Something to be said, before it has a number: a fact (`payload`, encoded JSON) or a patch (`sets`, field -> value).

    `at_ms` is the author's wall clock, `up_ms` its uptime and `boot` the name of that boot; the server has only the first.
    `off_ms`: by how much the wall clock was ahead of `at_ms`, which was mended by that already.
    """

    id: str
    type: str
    scope: str
    entity: str | None = None
    type_version: int = 1
    who: str | None = None
    at_ms: int = 0
    up_ms: int | None = None
    boot: str | None = None
    off_ms: int = 0
    payload: Raw | None = None
    sets: Mapping[str, object] | None = None


def number(new: NewChange, dev: int, n: int, hlc: int, seen: Mapping[str, Sequence[Write]]) -> Change:
    """The change as it is kept and sent. `seen` holds the writes its author sees of each field it sets."""
    return Change(
        id=new.id,
        dev=dev,
        n=n,
        hlc=hlc,
        t=new.type,
        tv=new.type_version,
        s=new.scope,
        e=new.entity,
        who=new.who,
        at=new.at_ms,
        up=new.up_ms,
        boot=new.boot,
        off=new.off_ms,
        p=NULL if new.payload is None else new.payload,
        set_=None if new.sets is None else merge.patch(new.sets, seen),
    )
