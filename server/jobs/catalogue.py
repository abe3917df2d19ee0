"""Every job that runs by itself, and when."""

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import SystemRandom
from zoneinfo import ZoneInfo

from server.actions.conferences.kept import seal_anew as seal_papers_anew
from server.actions.operation import reminders
from server.actions.operation.orders import mark
from server.actions.operation.outbox import Outbox
from server.actions.partnership.boundary_moves import carry_out_due
from server.actions.partnership.publications import prepare_map, prepare_share
from server.actions.people.erasure import erase_what_came_since
from server.actions.people.retention import Keeper
from server.actions.sync.judging import judge_faults_again
from server.actions.sync.rebuild import Rebuilder
from server.actions.sync.sealed import open_waiting
from server.condition.finding import Grade
from server.condition.running import list_findings
from server.hotspots.periods import last_settled_quarter
from server.http.services import Services
from server.jobs.fetching import fetch_reports
from server.jobs.notifying import find_new, number_contacts, tell_systems
from server.jobs.pulling import pull_reports
from server.jobs.runner import OVERLAP, Job, Moment
from server.jobs.schedule import Daily, Every
from server.jobs.sending import send_waiting
from server.jobs.watching import ring, watch_over
from server.places.districts import CurrentDistricts
from server.queries.conferences import room
from server.queries.operation import audit, outbox, rate_limits
from server.queries.partnership import county
from server.queries.people import brought_in, own_pages
from server.queries.referrals import imports, notices
from server.queries.street import leaves
from server.queries.street.looks import rebuild_looks
from server.soundness import Soundness
from shared.rules.mail import MORNING

log = logging.getLogger("lantern.jobs")

CAUGHT_UP_DAYS = 14
"""A server that was off for longer does not send what was due before."""
ROUND = timedelta(seconds=15)
"""How often somebody looks what is due."""
"""How long a phone may take to send the bytes of an attachment."""


def tell_reviewers(services: Services, moment: Moment) -> int:
    """Looks at notes that were refused, glass that was broken, and very many records opened by one worker."""

    def write(box: Outbox) -> None:
        reminders.alert_reviewers(box, moment.since)
        reminders.alert_of_many(box)

    return _write(services, moment, write)


def remind(services: Services, moment: Moment) -> int:
    """What is due and what ends, in the morning; what was due on mornings without a server too."""
    today = moment.now.astimezone(moment.zone).date()
    off = min(max((today - moment.since.astimezone(moment.zone).date()).days, 1), CAUGHT_UP_DAYS)
    days = [today - timedelta(days=ago) for ago in range(off)]

    def write(box: Outbox) -> None:
        reminders.remind_of_actions(box, today, days)
        reminders.remind_of_plans(box, today, moment.zone, days)
        reminders.remind_of_agreements(box, today, days)
        reminders.send_agreement_texts(box, today)
        reminders.remind_of_training(box, today, days)
        reminders.apologise_to_referrers(box, today)
        reminders.prepare_conferences(box, today, moment.zone, days)

    return _write(services, moment, write)


def tell_of_trouble(services: Services, moment: Moment) -> int:
    """What is amiss with this server, in the log and to whoever administers: jobs, processes, disk, ledger, systems."""
    soundness = Soundness(services.settings, services.database, services.ledger)
    found = list_findings(services.settings, services.database, soundness, moment.now)
    amiss = [each for each in found if each.grade is not Grade.WELL]
    for each in amiss:
        log.warning("amiss: %s: %s", each.about, each.words)
    # A mail about mails that do not go would wait with them.
    return _write(
        services,
        moment,
        lambda box: reminders.report_trouble(box, [each.about for each in amiss if each.about != "mail"]),
    )


def digest(services: Services, moment: Moment) -> int:
    """Who is new on the lists, as often as each coordinator chose; and what others chose to hear of together."""

    def write(box: Outbox) -> None:
        reminders.write_digests(box, moment.zone, moment.since + OVERLAP)
        reminders.write_gathered(box, moment.zone)

    return _write(services, moment, write)


def keep_no_longer(services: Services, moment: Moment) -> int:
    """What is past its time (rule A8), at night; with it the counts of tries that limit nobody any more, and
    drafts and files that nobody came back for."""
    with services.database.writing() as session:
        rate_limits.forget_old_windows(session, int(moment.now.timestamp() * 1000))
        imports.forget_held(session, moment.now)
        brought_in.forget_old(session, moment.now)
        county.forget_old(session, moment.now)
        notices.forget_old(session, moment.now, moment.zone.key)
        own_pages.forget_pins(session, moment.now)
        leaves.forget_old(session, moment.now)
    services.drafts.forget_old(moment.now)
    return keeper_of(services, moment.now, moment.heartbeat).keep_no_longer().done


def prepare_publications(services: Services, moment: Moment) -> int:
    """Counts the quarter that has settled, for two people of two organisations to approve; returns what is new."""
    period = last_settled_quarter(moment.now.astimezone(moment.zone).date())
    with services.database.writing() as session:
        shares = prepare_share(session, period, moment.now, services.new_id, SystemRandom())
    with services.database.writing() as session:
        maps = prepare_map(session, services.settings, period, moment.now, services.new_id, SystemRandom())
    return shares + maps


def seal_audit(services: Services, moment: Moment) -> int:
    """What was written into the audit since the last time."""
    return services.sealer.seal(moment.now)


def prove_looks(services: Services, moment: Moment) -> int:
    """Derives every look from its facts again; returns how many differed, which should be none."""
    with services.database.writing() as session:
        return rebuild_looks(session)


def open_sealed_boxes(services: Services, moment: Moment) -> int:
    """Sealed work that could not be opened when it came."""
    return open_waiting(services.opener, services.database, moment.now, moment.heartbeat)


def judge_faults(services: Services, moment: Moment) -> int:
    """Changes of phones that were set aside for a fault of this server's."""
    with services.database.writing() as session:
        return judge_faults_again(session, services.project, moment.now, services.new_id)


def mark_ledger(services: Services, moment: Moment) -> int:
    """A line by which a database is noticed that was put back, and what other machines ordered written down here."""
    with services.database.writing() as session:
        mark(session, moment.now, services.new_id())
        erase_what_came_since(session, int(moment.now.timestamp() * 1000))
        known = audit.list_ledger(session)
    return services.ledger.complete(known)


def prove_derived(services: Services, moment: Moment) -> int:
    """What is derived about people, from the facts again; returns how many rows say something else, which should be none."""
    found = rebuilder_of(services, moment.now, only_prove=True, heartbeat=moment.heartbeat).run()
    for row in found.differing:
        log.error("rebuilt is not what is stored: %s", row)
    return len(found.differing)


def change_boundaries(services: Services, moment: Moment) -> int:
    """Districts that end and others that begin today."""
    return carry_out_due(services.database, services.settings, moment.now, services.new_id)


def look_for_same_people(services: Services, moment: Moment) -> int:
    """Who of those written down since the last time may be somebody known already."""
    return services.finder.look_up_new(services.database, moment.since, moment.now)


def look_through_county(services: Services, moment: Moment) -> int:
    """Who of everybody may be one person."""
    return services.finder.look_through(services.database, moment.now, moment.heartbeat)


def rebuilder_of(
    services: Services, now: datetime, *, only_prove: bool, heartbeat: Callable[[], None] = lambda: None
) -> Rebuilder:
    """Who makes this server's derived rows anew."""
    settings = services.settings
    return Rebuilder(
        database=services.database, districts=CurrentDistricts(settings.data), project=services.project, crs=settings.crs,
        timezone=settings.timezone, now=now, new_id=services.new_id, only_prove=only_prove, heartbeat=heartbeat,
    )  # fmt: skip


def forget_presence(services: Services, moment: Moment) -> int:
    """Whose screens showed a meeting yesterday."""
    with services.database.writing() as session:
        room.forget_presence(session, moment.now)
    return 0


def forget_announced(services: Services, moment: Moment) -> int:
    """Attachments that were announced and never came."""
    return services.filing.forget_unsent(moment.now)


def seal_anew(services: Services, moment: Moment) -> int:
    """Documents, what agencies were sent, seeds of second factors and refused rows that were sealed with the secret before this
    one, or not at all."""
    with services.database.writing() as session:
        rows = services.tray.seal_anew(session)
    papers = seal_papers_anew(services.database, services.files)
    return rows + papers + services.signin.seal_seeds_anew() + services.filing.seal_anew()


def keeper_of(services: Services, now: datetime, heartbeat: Callable[[], None] = lambda: None) -> Keeper:
    """Who carries the rules of retention out on this server."""
    settings = services.settings
    zone = ZoneInfo(settings.timezone)
    return Keeper(services.database, services.ledger, settings.crs, zone, now, services.new_id, heartbeat)


def _write(services: Services, moment: Moment, write: Callable[[Outbox], None]) -> int:
    """Write mails in one transaction; returns how many were not there before."""
    with services.database.writing() as session:
        before = outbox.count_all(session)
        write(Outbox(session, moment.now, services.new_id))
        return outbox.count_all(session) - before


WATCHING = (Job("watch", Every(ROUND), watch_over),)
RINGING = (Job("telephone", Every(ROUND), ring),)
"""On a lane of its own: a gateway that hangs holds up nobody's next step."""
SENDING = (Job("mail", Every(ROUND), send_waiting),)
FETCHING = (Job("mailbox", Every(timedelta(minutes=1)), fetch_reports),)
PULLING = (Job("open311", Every(timedelta(minutes=10)), pull_reports),)
NOTIFYING = (
    Job("numbers of contacts", Every(timedelta(minutes=1)), number_contacts),
    Job("new for systems", Every(timedelta(minutes=1)), find_new),
    Job("hooks", Every(ROUND), tell_systems),
)
KEEPING = (
    Job("alerts", Every(ROUND), tell_reviewers),
    Job("reminders", Daily(MORNING), remind),
    Job("digests", Every(timedelta(minutes=5)), digest),
    Job("sealed", Every(timedelta(minutes=15)), open_sealed_boxes),
    Job("held for our faults", Every(timedelta(minutes=15)), judge_faults),
    Job("ledger", Every(timedelta(hours=1)), mark_ledger),
    Job("proof", Daily(time(4)), prove_derived),
    Job("boundaries", Daily(time(2)), change_boundaries),
    Job("same people", Every(timedelta(minutes=1)), look_for_same_people),
    Job("same people of the county", Daily(time(2)), look_through_county),
    Job("attachments", Daily(time(3)), forget_announced),
    Job("presence", Daily(time(3)), forget_presence),
    Job("documents", Every(timedelta(hours=1)), seal_anew),
    Job("retention", Daily(time(3)), keep_no_longer),
    Job("publications", Daily(time(5)), prepare_publications),
    Job("looks", Daily(time(4)), prove_looks),
    Job("audit seals", Every(timedelta(minutes=5)), seal_audit),
)
CONDITION = (Job("failures", Every(timedelta(minutes=5)), tell_of_trouble),)
"""On a lane of its own: what hangs in another is told all the same."""
LANES = {
    "watch": WATCHING,
    "telephone": RINGING,
    "mailbox": FETCHING,
    "open311": PULLING,
    "hooks": NOTIFYING,
    "jobs": KEEPING,
    "condition": CONDITION,
    "mail": SENDING,
}
"""Which jobs wait for one another, by the lease of each lane: nobody who is late waits until a night's clearing up is done.
In the order in which `lantern jobs` runs them: what is written is sent at once."""
JOBS = tuple(job for jobs in LANES.values() for job in jobs)
