"""How much waits, in numbers for a watching system: nothing of anybody."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from server.tables.operation.device import sealed_outbox
from server.tables.partnership.system import system_notice
from server.tables.sync.sync import change, device
from shared.model.mail import MailState
from shared.model.value import Value


class Load(Value, frozen=True, kw_only=True):
    """Changes of phones that were set aside and that nobody has decided on; boxes that stay shut; what phones said last that they
    have not sent; phones heard of since a moment; notices for partners' systems that wait."""

    set_aside: int
    shut: int
    unsent: int
    phones: int
    notices: int


def count_load(session: Session, since: datetime) -> Load:
    """As it is now; `since`: from when on a phone counts as heard of."""
    is_aside = change.c.reason.is_not(None) & change.c.adopted_as.is_(None) & change.c.closed_by.is_(None)
    waits = system_notice.c.state == MailState.WAITING.value
    since_ms = int(since.timestamp() * 1000)
    counted = (
        select(func.count()).select_from(change).where(is_aside),
        select(func.count()).select_from(sealed_outbox).where(sealed_outbox.c.opened_at.is_(None)),
        select(func.coalesce(func.sum(device.c.unsent), 0)).where(device.c.wiped_at_ms.is_(None)),
        select(func.count()).select_from(device).where(device.c.seen_at_ms >= since_ms),
        select(func.count()).select_from(system_notice).where(waits),
    )
    set_aside, shut, unsent, phones, notices = (int(session.scalar(each) or 0) for each in counted)
    return Load(set_aside=set_aside, shut=shut, unsent=unsent, phones=phones, notices=notices)
