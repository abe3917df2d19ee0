"""What a contact says once its corrections are applied. The original fact never changes; storing is done elsewhere."""

from collections.abc import Iterable

import msgspec

from shared.model.contact import CORRECTABLE_FIELDS, Contact, ContactCorrection


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
