"""The e-mails of this server: what waits, what was sent, what could not be, and why not. No address and no name is shown.
Below them, when each of the jobs that write and send them last ran."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Door
from server.actions.operation.outbox import try_again
from server.http.services import Services
from server.queries.operation import addressees, jobs, outbox
from server.queries.operation.addressees import Named
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import lower_first, say
from shared.model.codes import Role
from shared.model.mail import Mail, MailState
from shared.model.value import Id
from shared.policy import Act

SECTION = "/outbox"
SENT_SHOWN = 50
STOPPED_AFTER = timedelta(minutes=10)
JOBS = {
    "alerts": "Tells reviewers who looked in vain",
    "reminders": "Writes reminders, in the morning",
    "digests": "Counts who is new on the lists",
    "retention": "Deletes what is past its time, at night",
    "mail": "Hands e-mails to the mail server",
}
"""What runs by itself, in words."""


class AgainForm(Form, frozen=True, kw_only=True):
    """A press of a button."""


@get(SECTION, opt={"action": Act.SEE_OUTBOX}, sync_to_thread=True, include_in_schema=False)
def show_outbox(request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]) -> Response[str]:
    """What is not sent first, then the newest of what was."""
    with door.open() as access:
        access.require(Act.SEE_OUTBOX)
        unsent = outbox.list_unsent(access.session)
        sent = [each for each in outbox.list_posted(access.session, SENT_SHOWN) if each.state is MailState.SENT]
        every = jobs.list_runs(access.session).values()
        runs = sorted(
            (each for each in every if each.name != jobs.BACKUP), key=lambda run: run.started_at, reverse=True
        )
        named = addressees.describe(access.session, [each.mail for each in (*unsent, *sent)])
        return page(
            request, "admin/outbox.html", title="E-mails", section=SECTION, worker=access.worker, now=access.now,
            lines=[(each, _say_whom(each.mail, named[each.mail.id])) for each in (*unsent, *sent)],
            counts=outbox.count_by_state(access.session), server_set=bool(services.settings.mail.host),
            states=MailState, runs=[(JOBS.get(run.name, run.name), run) for run in runs],
            stopped=not runs or access.now - runs[0].started_at > STOPPED_AFTER,
        )  # fmt: skip


@post(SECTION + "/{mail_id:str}/again", opt={"action": Act.SEE_OUTBOX}, sync_to_thread=True, include_in_schema=False)
def send_again(door: NamedDependency[Door], mail_id: FromPath[Id], data: URLEncodedBody[AgainForm]) -> Response[Any]:
    """Lets a mail that failed be tried again."""
    with door.open() as access:
        try_again(access, mail_id)
    return go_to(SECTION, "mail_again")


def _say_whom(mail: Mail, named: Named) -> str:
    """Whom a mail is for, by what they are: `CGL Spectrum, partner agency member`."""
    if mail.alert_id is not None:
        return "Whoever told us"
    if mail.worker_id is None:
        return f"{named.agency_name}, the agency’s mailbox"
    roles = " and ".join(lower_first(say(Role(role))) for role in named.roles)
    return f"{named.agency_name}, {roles}" if roles else named.agency_name
