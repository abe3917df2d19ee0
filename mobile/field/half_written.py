"""Words that were typed and not yet saved: kept inside the encrypted store, so that a lock, a call or a kill costs none.

One page's words at a time under that page's name. After a night and a half they are nobody's business any more and go.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from msgspec import Struct

from mobile.opening.context import Context
from mobile.store import settings
from mobile.store.errors import DiskFull
from mobile.store.rows import to_ms

NAMED = "half written: "
KEPT_FOR = timedelta(hours=36)


class _Kept(Struct, frozen=True):
    at_ms: int
    words: dict[str, str]


class HalfWritten:
    """The words of pages that were left."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def keep(self, page: str, words: Mapping[str, str]) -> None:
        """Keep these words for a page; none of them, and the page is forgotten. Raises `StoreError`."""
        said = {name: text for name, text in words.items() if text}
        with self._context.store.writing() as connection:
            if said:
                settings.put_setting(connection, _name(page), _Kept(self._now_ms(), said))
            else:
                settings.drop_setting(connection, _name(page))

    def forget_old(self) -> None:
        """Of every page, also of those that nobody opens again. On a full disk, which may have no room for it: the next time."""
        with self._context.store.reading() as connection:
            names = settings.list_names(connection, NAMED)
        with suppress(DiskFull):
            for name in names:
                self.find(name.removeprefix(NAMED))

    def find(self, page: str) -> dict[str, str]:
        """What was typed on a page and not saved; nothing after a night and a half."""
        with self._context.store.writing() as connection:
            kept = settings.find_setting(connection, _name(page), _Kept)
            if kept is None:
                return {}
            if self._now_ms() - kept.at_ms > KEPT_FOR // timedelta(milliseconds=1):
                settings.drop_setting(connection, _name(page))
                return {}
        return kept.words

    def _now_ms(self) -> int:
        return to_ms(self._context.clock.now())


def _name(page: str) -> str:
    return f"{NAMED}{page}"
