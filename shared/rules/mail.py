"""When a mail is due, and when to try again. Pure: what is sent, and how, is the server's.

Times of the day are local: people read their mail in the morning. Proposed defaults: actions are remembered three days
before they are due, on the day after it, then weekly; agreements sixty, thirty, fourteen and seven days before they end.
"""

from datetime import date, datetime, time, timedelta, tzinfo

from shared.model.mail import MailChoice

MORNING = time(8)
WAITS = (1, 5, 15, 60, 240, 720)
"""Minutes before the next try, by how often it was tried."""
TRIES_AT_MOST = 12

DUE_SOON_DAYS = 3
MISSED_AGAIN_DAYS = 7
RENEW_DAYS = (60, 30, 14, 7)
PREPARE_DAYS = (10, 4)
"""Before a conference: time to have an agreement signed, and the last morning to circulate in time."""


DIGESTS_CAUGHT_UP = timedelta(days=14)
"""A digest tells of no more, however long the server was off."""
MINUTES_USEFUL_FOR = timedelta(days=14)
"""A mail about what a conference said is not sent any more after so long."""


def next_try(tried: int, now: datetime) -> datetime | None:
    """When to try again after `tried` times without success; None when that was often enough."""
    if tried >= TRIES_AT_MOST:
        return None
    return now + timedelta(minutes=WAITS[min(tried, len(WAITS)) - 1])


def is_reminded_of(due_on: date, today: date) -> bool:
    """Is an action that is not done remembered today?"""
    days_left = (due_on - today).days
    return days_left == DUE_SOON_DAYS or (days_left < 0 and (-days_left - 1) % MISSED_AGAIN_DAYS == 0)


def is_renewal_due(expires_on: date, today: date) -> bool:
    """Is an agency asked today to renew: some weeks before an agreement ends, and on the first day without it?"""
    return (expires_on - today).days in {*RENEW_DAYS, -1}


def last_mornings(now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """The last two mornings that have begun, the earlier one first."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), MORNING, zone)
    newest = today if today <= local else datetime.combine(local.date() - timedelta(days=1), MORNING, zone)
    return datetime.combine(newest.date() - timedelta(days=1), MORNING, zone), newest


def digest_window(
    choice: MailChoice, now: datetime, zone: tzinfo, since: datetime | None = None
) -> tuple[datetime, datetime] | None:
    """From when to when a digest counts, as chosen; None for somebody who wants none. It ends before `now`, and begins where the
    one before ended: at the newest end before `since`, when somebody last looked, where the server was off since."""
    if choice is MailChoice.DAILY:
        start, end = last_mornings(now, zone)
        before = last_mornings(since, zone)[1] if since else start
    elif choice is MailChoice.HOURLY:
        end = now.replace(minute=0, second=0, microsecond=0)
        start = end - timedelta(hours=1)
        before = since.replace(minute=0, second=0, microsecond=0) if since else start
    else:
        return None
    return max(min(start, before), end - DIGESTS_CAUGHT_UP), end


def period_of(moment: datetime, length: timedelta) -> datetime:
    """The beginning of the period of this length that a moment is in; periods begin at whole multiples since 1970."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, moment.tzinfo)
