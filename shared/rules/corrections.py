"""What a contact says once its corrections are applied. The original fact never changes; storing is done elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from shared.model.codes import ContactState
from shared.model.contact import CORRECTABLE_FIELDS, Contact, ContactCorrection, NeedSeen

STRUCK = "struck out: "
"""How the reason of a correction begins that says: this did not happen (decision 49)."""
PUT_BACK = "put back"

EMPTIED: dict[str, Any] = {
    "state": ContactState.NOT_FOUND, "person_ids": (), "unidentified_people": 0, "colleague_ids": (), "shift_id": None,
    "site_id": None, "position": None, "referral_id": None, "needs": (), "offered": (), "given": (), "safety_needs": "",
    "strengths": "", "next_step": "", "note": "",
}  # fmt: skip
"""What a struck contact still says: that nobody was met, nowhere."""


def corrected(contact: Contact, corrections: Iterable[ContactCorrection]) -> Contact:
    """Return the contact as its corrections leave it, applied in their order of time, ties by id.

    Corrections of other contacts and fields that may not be corrected are passed over. Raises
    `msgspec.ValidationError` when a correction says something impossible; a server refuses such a one when it arrives.
    """
    mine = sorted((c for c in corrections if c.contact_id == contact.id), key=lambda c: (c.at, c.id))
    if not mine:
        return contact
    fields = msgspec.to_builtins(contact)
    for correction in mine:
        changed = {name: value for name, value in correction.fields.items() if name in CORRECTABLE_FIELDS}
        fields.update(msgspec.to_builtins(changed))
    return msgspec.convert(fields, Contact)


def struck_because(words: Iterable[ContactCorrection]) -> str:
    """The reason of the newest word, if it strikes the contact out."""
    newest = max(words, key=lambda one: (one.at, one.id), default=None)
    return newest.reason.removeprefix(STRUCK) if newest is not None and newest.reason.startswith(STRUCK) else ""


def before_struck(words: Iterable[ContactCorrection]) -> Sequence[ContactCorrection]:
    """The corrections up to the one that struck it out."""
    ordered = sorted(words, key=lambda one: (one.at, one.id))
    struck = [index for index, one in enumerate(ordered) if one.reason.startswith(STRUCK)]
    return ordered[: struck[-1]] if struck else ordered


def newly_told(before: Contact, after: Contact) -> tuple[NeedSeen, ...]:
    """The needs of the corrected contact that were not told of these people before."""
    known = before.needs if after.person_ids == before.person_ids else ()
    return tuple(need for need in after.needs if need not in known)
