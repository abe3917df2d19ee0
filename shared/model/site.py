"""A bedding-down place. Where one is, is the most protected fact that Lantern holds."""

from shared.model.codes import SiteKind
from shared.model.person import LongText, ShortText
from shared.model.position import Position
from shared.model.value import Id, Value


class Site(Value, frozen=True, kw_only=True):
    """A bedding-down place: position, kind, how to reach it, what to beware of there."""

    id: Id
    name: ShortText = ""
    kind: SiteKind = SiteKind.UNKNOWN
    position: Position | None = None
    access_notes: LongText = ""
    hazards: LongText = ""
    in_use: bool = True


SITE_FIELDS: tuple[str, ...] = tuple(field for field in Site.__struct_fields__ if field != "id")
"""The fields that `site.patched` may set. A position is one field: its halves never merge from two authors."""
