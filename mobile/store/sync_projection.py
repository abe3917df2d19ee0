"""What sync's store tells the phone's own tables. Their half is `mobile.store.projection`."""

from collections.abc import Sequence
from typing import Protocol

from sync.wire import Change


class Projection(Protocol):
    """The phone's own tables, told of every change inside the same transaction. One change may be told of many times."""

    def changed(self, applied: Sequence[Change], dropped: Sequence[Change]) -> None:
        """These changes are shown from now on, or mean something else than before; those are shown no more.

        An erased change is both: dropped as it was, applied as a skeleton. For a patch ask `get_fields`: the merged value
        counts, not the patch.
        """

    def wiped(self) -> None:
        """Everything is to be deleted."""


class NoProjection:
    """For a store whose changes nobody else keeps in tables."""

    def changed(self, applied: Sequence[Change], dropped: Sequence[Change]) -> None:
        """Nothing to keep."""

    def wiped(self) -> None:
        """Nothing to delete."""
