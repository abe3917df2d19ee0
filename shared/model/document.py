"""A paper of a person, or a picture of a place: what is announced of it. Its bytes travel beside it (`sync.blobs`)."""

from datetime import datetime
from typing import Annotated, Final

from msgspec import Meta

from shared.model.codes import DocumentKind
from shared.model.value import Id, Value

DOCUMENT_BYTES_MAX: Final = 5 * 1024 * 1024

Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Meta(ge=1, le=DOCUMENT_BYTES_MAX)]


class DocumentAdded(Value, frozen=True, kw_only=True):
    """A document of one person, or a picture of one place (a fact). `sha256` and `size` are those of the bytes to come.

    What kind of file it is, its bytes say: nobody is asked.
    """

    id: Id
    kind: DocumentKind
    sha256: Sha256
    size: Size
    at: datetime
    worker_id: Id
    person_id: Id | None = None
    site_id: Id | None = None

    @property
    def why_unusable(self) -> str | None:
        """Why nobody could file this; None when it can be."""
        if (self.person_id is None) == (self.site_id is None):
            return "a document is of one person or of one place"
        if (self.kind is DocumentKind.PLACE) != (self.site_id is not None):
            return "a picture of a place belongs to a place, and every other document to a person"
        return None
