"""Tells partners' systems what is new: which kind of thing and its id, signed, by one request each, and again where it was not
taken. What it says is read by the API, with a token: a hook that reaches somebody else tells them nothing of anybody.
"""

import ssl

import msgspec

from server.actions.partnership.systems import sign_hook, write_notices
from server.http.services import Services
from server.jobs.runner import Moment
from server.queries.partnership import systems
from server.queries.partnership.systems import Notice, NoticeKind, PartnerSystem
from server.queries.street import contacts
from server.security.outgoing import NotOutside, post
from shared.model.mail import MailState
from shared.model.value import Id
from shared.rules.mail import next_try

READ_AT = {NoticeKind.CASE: "cases", NoticeKind.ACTION: "actions"}
GONE = 410
AT_ONCE_AT_MOST = 200
"""How many are sent in one round."""
NUMBERED_AT_ONCE = 5_000
"""How many contacts are numbered in one transaction."""


def find_new(services: Services, moment: Moment) -> int:
    """Write down what each system is to be told; returns how many notices that were."""
    today = moment.now.astimezone(moment.zone).date()
    with services.database.writing() as session:
        added = write_notices(session, moment.since, moment.now, today, services.new_id)
        systems.forget_old_notices(session, moment.now)  # afterwards: what is still looked back at is not told anew
        return added


def number_contacts(services: Services, moment: Moment) -> int:
    """Number what was recorded since, for systems that read on from a number; returns how many contacts that were."""
    numbered = 0
    while True:
        with services.database.writing() as session:
            done = contacts.number_new(session, NUMBERED_AT_ONCE, services.clock())
        numbered += done
        if done < NUMBERED_AT_ONCE:
            return numbered
        moment.heartbeat()


def tell_systems(services: Services, moment: Moment) -> int:
    """Hand on what is due; returns how many were taken. Who takes one not is left alone for the rest of the round: a host that
    hangs costs the others ten seconds, not ten for each of its notices."""
    taken, passed_over = 0, set[Id]()
    for _ in range(AT_ONCE_AT_MOST):
        with services.database.writing() as session:
            claimed = systems.claim_notice(session, services.clock(), passed_over)
        if claimed is None:
            break
        moment.heartbeat()
        if _tell(services, *claimed):
            taken += 1
        else:
            passed_over.add(claimed[1].id)
    return taken


def make_body(services: Services, notice: Notice) -> bytes:
    """What a hook says: its kind, when it was written, and where to read more."""
    link = f"{services.settings.address}/api/v1/{READ_AT[notice.kind]}/{notice.about_id}"
    return msgspec.json.encode(
        {"type": str(notice.kind), "timestamp": notice.made_at, "data": {"id": notice.about_id, "url": link}}
    )


def _tell(services: Services, notice: Notice, system: PartnerSystem) -> bool:
    now, body = services.clock(), make_body(services, notice)
    at_s = int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": "Lantern",
        "webhook-id": notice.id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": sign_hook(services.keys.secret, system.id, notice.id, at_s, body),
    }
    try:
        status = post(system.hook_url, body, headers, services.settings.hook_hosts)
    except NotOutside as refused:
        return _settle(services, notice, f"Not sent: {refused}.", is_over=True)
    except ssl.SSLError:
        return _settle(services, notice, "The certificate of the host is not one that is trusted.")
    except OSError as error:
        return _settle(services, notice, f"The host could not be reached: {type(error).__name__}.")
    if not 200 <= status < 300:
        return _settle(services, notice, f"The host answered {status}.", is_over=status == GONE)
    with services.database.writing() as session:
        systems.settle_notice(session, notice.id, MailState.SENT, sent_at=services.clock())
    return True


def _settle(services: Services, notice: Notice, error: str, *, is_over: bool = False) -> bool:
    """Let it wait for the next try, or give it up."""
    again = None if is_over else next_try(notice.attempts, services.clock())
    state = MailState.FAILED if again is None else MailState.WAITING
    with services.database.writing() as session:
        systems.settle_notice(session, notice.id, state, next_try_at=again, error=error)
    return False
