"""What locked phones recorded: each becomes a contact of the worker who carries the phone, marked until they confirm it."""

from datetime import datetime, timedelta

from server.access import Access
from server.actions.street.contacts import ContactDraft, record_contact
from server.queries.sync.store import Project
from shared.model.codes import ContactState
from shared.model.quick_entry import TO_CONFIRM, QuickEntry
from shared.model.value import Id

SKEW_MIN = timedelta(minutes=2)
"""A clock that is wrong by less needs no mending."""


def take_quick(
    access: Access, project: Project, team_id: Id, entry: QuickEntry, phone_now: datetime, enrolled_at: datetime
) -> Id:
    """Records it, once for each id. `phone_now` is what the phone's clock says now: the moment is mended by how far it is wrong.
    Before the phone was enrolled, or later than now, is no moment at all: of such an entry only when it came is known.

    Raises NotFound or Forbidden where this worker may not record for that team today.
    """
    skew = access.now - phone_now
    ago = (phone_now if abs(skew) > SKEW_MIN else access.now) - entry.at
    seen_at = access.now - ago if timedelta() <= ago <= access.now - enrolled_at else access.now
    draft = ContactDraft(
        form_id=entry.id, team_id=team_id, state=ContactState.BEDDED_DOWN, seen_at=seen_at, unidentified_people=1,
        position=entry.position, note=TO_CONFIRM,
    )  # fmt: skip
    return record_contact(access, project, draft)
