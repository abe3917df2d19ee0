"""What a locked phone may still say: somebody unknown was bedded down here. Its worker confirms it later."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from shared.model.position import Position
from shared.model.value import Id, Value

TO_CONFIRM = "Recorded on a locked phone, to be confirmed."
"""How the note of such a contact begins until its worker has said that it was so."""

QuickId = Annotated[Id, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class QuickEntry(Value, frozen=True, kw_only=True):
    """One person whom nobody knew, bedded down. Its id becomes the contact's: however often it comes, it is one contact."""

    id: QuickId
    at: Annotated[datetime, Meta(tz=True)]
    position: Position | None = None


def is_to_confirm(note: str) -> bool:
    """Does its worker still have to say that it was so?"""
    return note.startswith(TO_CONFIRM)


def confirmed(note: str) -> str:
    """The note once they have: what they wrote themselves."""
    return note.removeprefix(TO_CONFIRM).strip()
