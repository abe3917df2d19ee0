"""A street contact: one meeting, or attempt, of a worker with people at a place and time. A fact: corrected, never changed."""

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import Meta

from shared.model.codes import ContactState, ReceivingSupport, SupportNeed
from shared.model.person import LongText, ShortText
from shared.model.position import Position
from shared.model.value import Id, Value


class NeedSeen(Value, frozen=True, kw_only=True):
    """A need as it came up in a contact, and whether somebody already helps with it."""

    need: SupportNeed
    receiving_support: ReceivingSupport = ReceivingSupport.NOT_KNOWN


class Contact(Value, frozen=True, kw_only=True):
    """One contact. Only the state, the time and who recorded it are required; everything else may come later.

    `person_ids` is empty when nobody was identified; `unidentified_people` counts those met but not known.
    `seen_at` is when it happened, `recorded_at` what the phone's clock said; the server adds when it received it.
    """

    id: Id
    state: ContactState
    seen_at: datetime
    recorded_at: datetime
    night: date
    worker_id: Id
    team_id: Id
    colleague_ids: tuple[Id, ...] = ()
    shift_id: Id | None = None
    person_ids: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()
    unidentified_people: Annotated[int, Meta(ge=0, le=500)] = 0
    site_id: Id | None = None
    position: Position | None = None
    referral_id: Id | None = None
    needs: Annotated[tuple[NeedSeen, ...], Meta(max_length=50)] = ()
    offered: tuple[ShortText, ...] = ()
    given: tuple[ShortText, ...] = ()
    safety_needs: LongText = ""
    strengths: LongText = ""
    next_step: LongText = ""
    note: LongText = ""


CORRECTABLE_FIELDS: tuple[str, ...] = tuple(
    field for field in Contact.__struct_fields__ if field not in {"id", "recorded_at", "worker_id", "team_id"}
)


class ContactCorrection(Value, frozen=True, kw_only=True):
    """A later word on a contact: only the fields that differ. The original is kept; corrections apply in their order."""

    id: Id
    contact_id: Id
    at: datetime
    worker_id: Id
    fields: dict[str, Any]
    reason: ShortText = ""
