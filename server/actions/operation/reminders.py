"""Mails that no single action causes but the calendar: what is due, what ends, what is new, what a reviewer should see.

Each is written from what the tables say and has a key that names its day, hour or moment: asking again writes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from server.actions.operation.outbox import Outbox
from server.actions.partnership import agreement_texts
from server.actions.people import plan_reviews
from server.queries.cases import case_actions, cases
from server.queries.conferences import seats, upcoming
from server.queries.operation import addressees, audit
from server.queries.operation import outbox as stored
from server.queries.operation.outbox import Line
from server.queries.partnership import agencies, workers
from server.queries.partnership.districts import list_districts
from server.queries.people import concealment, notes
from server.queries.referrals.inbox import list_broken_promises
from shared.model.conference import CaseConference
from shared.model.mail import DigestLine, MailFacts, MailKind
from shared.model.value import Id
from shared.policy.actor import agreements_valid_until
from shared.policy.decide import TRAINING_LASTS_DAYS
from shared.rules.actions import is_overdue, is_red_flag
from shared.rules.busy_hours import HOUR, find_busy_hours
from shared.rules.mail import (
    DUE_SOON_DAYS,
    PREPARE_DAYS,
    digest_window,
    is_reminded_of,
    is_renewal_due,
    last_mornings,
    period_of,
)

ALERT_PERIOD = timedelta(seconds=20)
"""Looks at notes are told of together: with a job every quarter of a minute, within a minute (privacy rule A3)."""
ALERT_SETTLES = timedelta(seconds=5)
"""A refusal is written when its request has ended, under the time at which it began."""
USEFUL_FOR = timedelta(days=2)
PROMISE_REMEMBERED = timedelta(days=7)
RENEWAL_USEFUL_FOR = timedelta(days=7)
DIGEST_USEFUL_FOR = timedelta(days=1)


def apologise_to_referrers(outbox: Outbox, today: date) -> None:
    """Whoever was promised an answer by a day that has passed hears that it is late: kept, or apologised for.

    Not while we wait for more from them. A day that passed long before anybody looked is no news any more.
    """
    outbox.apologise(list_broken_promises(outbox.session, today - PROMISE_REMEMBERED, today))


def remind_of_actions(outbox: Outbox, today: date, days: Sequence[date] = ()) -> None:
    """Write to each agency that has an action due in three days, missed yesterday, or missed some weeks ago.

    `days` are those whose reminders are due: today, and each on which the server was off.
    """
    for agency in agencies.list_agencies(outbox.session):
        # An agency hears of what it owes to somebody who is hidden from others (A5).
        concealment.read_as(outbox.session, agency.id)
        owed = case_actions.list_undone(outbox.session, agency.id, today + timedelta(days=DUE_SOON_DAYS))
        actions = [each.action for each in owed if not each.action.refused]
        wanted = [action for action in actions if is_red_flag(action, today) or not is_overdue(action, today)]
        if any(is_reminded_of(action.due_on, day) for action in wanted for day in days or (today,)) and _holds(
            outbox, agency.id, today
        ):
            late = sum(is_overdue(action, today) for action in wanted)
            outbox.tell_agency(
                agency.id, MailKind.ACTIONS_REMINDER, f"actions/{today}", MailFacts(count=len(wanted) - late, late=late),
                useful_until=outbox.now + USEFUL_FOR,
            )  # fmt: skip


def remind_of_plans(outbox: Outbox, today: date, zone: ZoneInfo, days: Sequence[date] = ()) -> None:
    """Write to whoever leads on somebody, or looked at their plan last, three days before they look again, the day after, and
    weekly then; to their service where nobody is named, or has left."""
    for agency in agencies.list_agencies(outbox.session):
        concealment.read_as(outbox.session, agency.id)
        due = plan_reviews.list_to_remind(outbox.session, agency.id, outbox.now, today, zone)
        told = {each.worker_id for each in due if any(is_reminded_of(each.on, day) for day in days or (today,))}
        if not told or not _holds(outbox, agency.id, today):
            continue
        heard = {
            each.worker_id: each
            for each in addressees.list_listeners(outbox.session, MailKind.PLANS_REMINDER, outbox.now, agency.id)
        }
        for to in {heard.get(worker_id or "") for worker_id in told}:
            theirs = [each.on for each in due if heard.get(each.worker_id or "") == to]
            late = sum(on < today for on in theirs)
            facts, key = MailFacts(count=len(theirs) - late, late=late), f"plans/{today}"
            useful_until = outbox.now + USEFUL_FOR
            if to is None:
                outbox.tell_agency(agency.id, MailKind.PLANS_REMINDER, key, facts, useful_until=useful_until)
            else:
                outbox.tell_worker(to, MailKind.PLANS_REMINDER, key, facts, useful_until=useful_until)


def remind_of_agreements(outbox: Outbox, today: date, days: Sequence[date] = ()) -> None:
    """Write to each agency whose agreements end in some weeks, or ended yesterday."""
    for agency in agencies.list_agencies(outbox.session):
        until = _valid_until(outbox, agency.id, today)
        if until is not None and any(is_renewal_due(until, day) for day in days or (today,)):
            _ask_to_sign(outbox, agency.id, f"agreement/{today}", until, today)


def send_agreement_texts(outbox: Outbox, today: date) -> None:
    """Send each agency that has not signed what it is to sign, once a version, as soon as there is somebody to send it to."""
    texts = agreement_texts.list_wanted(outbox.session)
    if not texts:
        return
    key = "agreement-texts/" + "/".join(sorted(each.id[-12:] for each in texts))
    for agency in agencies.list_agencies(outbox.session):
        reached = addressees.find_shared_address(outbox.session, agency.id) or addressees.list_listeners(
            outbox.session, MailKind.AGREEMENT_RENEWAL, outbox.now, agency.id
        )
        if reached and _valid_until(outbox, agency.id, today) is None:
            _ask_to_sign(outbox, agency.id, key, None, today)


def remind_of_training(outbox: Outbox, today: date, days: Sequence[date] = ()) -> None:
    """Write to each worker whose training ends in some weeks, or ended yesterday: after it they see nobody."""
    for each in workers.list_workers(outbox.session):
        if not each.active or each.trained_on is None:
            continue
        until = each.trained_on + timedelta(days=TRAINING_LASTS_DAYS)
        if any(is_renewal_due(until, day) for day in days or (today,)):
            outbox.tell_once(
                each.id, each.agency_id, MailKind.TRAINING_RENEWAL, f"training/{until}/{today}",
                MailFacts(day=until, late=int(until < today)), useful_until=outbox.now + RENEWAL_USEFUL_FOR,
            )  # fmt: skip


def prepare_conferences(outbox: Outbox, today: date, zone: tzinfo, days: Sequence[date] = ()) -> None:
    """Some days before a conference: tell its coordinators what is missing, and ask for it those who have not signed."""
    names = {each.id: each.name for each in list_districts(outbox.session)}
    ahead = upcoming.list_between(outbox.session, outbox.now, outbox.now + timedelta(days=max(PREPARE_DAYS) + 1))
    for conference in ahead:
        starts_on = conference.starts_at.astimezone(zone).date()
        if any((starts_on - day).days in PREPARE_DAYS for day in days or (today,)):
            _prepare(outbox, conference, names, today)


def _prepare(outbox: Outbox, conference: CaseConference, names: Mapping[Id, str], today: date) -> None:
    missing = [
        (agency.id, _valid_until(outbox, agency.id, today))
        for agency in seats.list_seats(outbox.session, conference.district_id)
        if not _holds(outbox, agency.id, today)
    ]
    key = f"prepare/{conference.id}/{today}"
    for agency_id, until in missing:
        _ask_to_sign(outbox, agency_id, key, until, today, conference)
    facts = MailFacts(
        count=len(missing), late=int(conference.circulated_at is None), starts_at=conference.starts_at,
        district=names.get(conference.district_id, ""), conference_id=conference.id,
    )  # fmt: skip
    if not (facts.count or facts.late):
        return
    for to in addressees.list_listeners(outbox.session, MailKind.CONFERENCE_PREPARE, outbox.now):
        if conference.district_id in to.district_ids:
            outbox.tell_worker(
                to, MailKind.CONFERENCE_PREPARE, key, facts, useful_until=conference.starts_at, about_id=conference.id
            )


def _ask_to_sign(
    outbox: Outbox, agency_id: Id, key: str, until: date | None, today: date, before: CaseConference | None = None
) -> None:
    ended = until is not None and until < today
    outbox.tell_agency(
        agency_id, MailKind.AGREEMENT_RENEWAL, key,
        MailFacts(
            day=until, late=int(ended), starts_at=before.starts_at if before else None,
            count=len(agreement_texts.list_wanted(outbox.session)),
        ),
        useful_until=outbox.now + RENEWAL_USEFUL_FOR,
    )  # fmt: skip


def write_digests(outbox: Outbox, zone: tzinfo, since: datetime | None = None) -> None:
    """Tell each coordinator how many people came onto their lists by themselves, as often as they chose; also those of the days
    on which the server was off. `since` is when it last looked."""
    for to in addressees.list_listeners(outbox.session, MailKind.NEW_ON_LIST, outbox.now):
        window = digest_window(to.choice, outbox.now, zone, since)
        if window is None or not to.district_ids:
            continue
        count = cases.count_come_between(outbox.session, to.district_ids, *window)
        if count:
            key = f"new/{to.choice}/{window[1].astimezone(zone):%Y-%m-%dT%H%z}"
            outbox.tell_worker(
                to, MailKind.NEW_ON_LIST, key, MailFacts(count=count), useful_until=outbox.now + DIGEST_USEFUL_FOR
            )


def write_gathered(outbox: Outbox, zone: tzinfo) -> None:
    """In the morning, one mail to each who chose so: what came together since the last. Whoever left hears of nothing.

    A line that was written a moment before the morning and stored a moment after comes in a mail of its own: the key has the last
    line's time, and a line is taken once.
    """
    _, morning = last_mornings(outbox.now, zone)
    by_worker: dict[Id, list[Line]] = defaultdict(list)
    for line in stored.take_lines(outbox.session, morning):
        by_worker[line.worker_id].append(line)
    agencies_of = addressees.list_agencies_of(outbox.session, by_worker)
    for worker_id, lines in sorted(by_worker.items()):
        counted = Counter((line.kind, line.district) for line in lines)
        said = tuple(DigestLine(kind, district, count) for (kind, district), count in counted.items())
        if worker_id in agencies_of:
            key = f"gathered/{morning.astimezone(zone):%Y-%m-%d}/{lines[-1].at:%Y-%m-%dT%H:%M:%S.%f}"
            outbox.tell_once(
                worker_id, agencies_of[worker_id], MailKind.DIGEST, key, MailFacts(lines=said),
                useful_until=outbox.now + DIGEST_USEFUL_FOR,
            )  # fmt: skip


def alert_reviewers(outbox: Outbox, since: datetime) -> None:
    """Tell whoever reviews access that somebody looked for notes in vain, or opened them in need (rules A3, A4)."""
    start, end = period_of(since, ALERT_PERIOD), period_of(outbox.now - ALERT_SETTLES, ALERT_PERIOD)
    refused = Counter(period_of(at, ALERT_PERIOD) for at in notes.list_attempted(outbox.session, start, end))
    opened = Counter(period_of(at, ALERT_PERIOD) for at in notes.list_opened(outbox.session, start, end))
    if not refused and not opened:
        return
    for to in addressees.list_listeners(outbox.session, MailKind.ACCESS_ALERT, outbox.now):
        for period in sorted(refused.keys() | opened.keys()):
            outbox.tell_worker(
                to, MailKind.ACCESS_ALERT, f"access/{period:%Y-%m-%dT%H:%M:%S}",
                MailFacts(count=opened[period], late=refused[period]), useful_until=outbox.now + RENEWAL_USEFUL_FOR,
            )  # fmt: skip


def alert_of_many(outbox: Outbox) -> None:
    """Tell whoever reviews access of each worker who opened very many people's records in the hour that ends now (rule C8);
    of one worker once in an hour."""
    busy = find_busy_hours(audit.list_opened_records(outbox.session, outbox.now - HOUR))
    if not busy:
        return
    for to in addressees.list_listeners(outbox.session, MailKind.ACCESS_ALERT, outbox.now):
        for each in busy:
            outbox.tell_worker(
                to, MailKind.ACCESS_ALERT, f"many/{each.worker_id}/{outbox.now:%Y-%m-%dT%H}",
                MailFacts(people=each.people), useful_until=outbox.now + RENEWAL_USEFUL_FOR,
            )  # fmt: skip


def report_trouble(outbox: Outbox, about: Iterable[str]) -> None:
    """Tell whoever looks after the server what is amiss with it (a job, the disk, ...); once a day of each."""
    for each in about:
        facts, key = MailFacts(job=each), f"job/{each}/{outbox.now.date()}"
        for to in addressees.list_listeners(outbox.session, MailKind.JOB_FAILED, outbox.now):
            outbox.tell_worker(to, MailKind.JOB_FAILED, key, facts, useful_until=outbox.now + USEFUL_FOR)


def _valid_until(outbox: Outbox, agency_id: Id, today: date) -> date | None:
    return agreements_valid_until(agencies.list_agreements(outbox.session, agency_id), today)


def _holds(outbox: Outbox, agency_id: Id, today: date) -> bool:
    """May this agency be told anything today (privacy rule A2)?"""
    until = _valid_until(outbox, agency_id, today)
    return until is not None and until >= today
