"""Everything that may go wrong with the phone's store, each with a name and with words for the worker. No handling
lives here.
"""


class StoreError(Exception):
    """The store could not do what was asked. `plain` may be shown as it stands; `what_to_do` follows it."""

    plain = "This phone could not save that."
    what_to_do = "Try again. If it happens twice, tell your team lead."


class CipherMissing(StoreError):
    """SQLCipher is absent or too old (rule B1): nothing is ever kept in the clear."""

    plain = "This phone cannot encrypt its records, so it will not open them."
    what_to_do = "Install Lantern again, or ask your administrator."


class KeyMissing(StoreError):
    """The key half that the phone's hardware keeps is gone (rule B13)."""

    plain = "This phone has lost the key to its records."
    what_to_do = "What was not yet sent is kept safe and will be sent. Ask for a new code and enrol again."


class WrongKey(StoreError):
    """The file does not open with this key: another key, or the first page is damaged."""

    plain = "The records on this phone do not open with its key."
    what_to_do = "What was not yet sent is kept safe and will be sent. Ask for a new code and enrol again."


class StoreDamaged(StoreError):
    """A page of the file fails its check: storage has gone bad or was tampered with."""

    plain = "Part of this phone's records is damaged."
    what_to_do = "What was not yet sent is kept safe and will be sent. Ask for a new code and enrol again."


class DiskFull(StoreError):
    """No room: nothing was written, nothing was half written."""

    plain = "This phone is full, so that was not saved."
    what_to_do = "Delete photos or apps you do not need, then press save again. What you typed is still here."


class NoRoomToOpen(StoreError):
    """Not even a try of the PIN can be counted, and so none is allowed."""

    plain = "This phone is full, so Lantern cannot be opened."
    what_to_do = "Delete photos, videos or apps you do not need, then enter your PIN again. Nothing is lost."


class DiskReadOnly(StoreError):
    """The storage takes no writes."""

    plain = "This phone's storage cannot be written to, so that was not saved."
    what_to_do = "Restart the phone, then press save again. What you typed is still here."


class StoreBusy(StoreError):
    """Another connection held the store for too long."""

    plain = "This phone was busy and did not save that."
    what_to_do = "Press save again. What you typed is still here."


class StoreTooNew(StoreError):
    """The store was written by a newer Lantern."""

    plain = "These records were made by a newer Lantern."
    what_to_do = "Update Lantern on this phone. Nothing is lost."


class StoreLocked(StoreError):
    """Asked while the phone is locked."""

    plain = "This phone is locked."
    what_to_do = "Enter your PIN."


class NotHere(StoreError):
    """No such record on this phone: out of its patch, withdrawn, or never sent to it."""

    plain = "That record is not on this phone."
    what_to_do = "It may belong to another team, or it has left this phone. Sync and look again."
