"""What one worker hears of by e-mail: their own choice, kind by kind."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door
from server.queries.operation import addressees, outbox
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say
from shared.model.mail import MailChoice, MailKind
from shared.policy import Act
from shared.policy.mail import CHOICES, GATHERED, choices_of, default_choice, roles_for

SECTION = "/notifications"


class ChoicesForm(Form, frozen=True, kw_only=True):
    """One choice for each kind; what a role does not hear of is left empty."""

    new_on_list: str = ""
    conference_prepare: str = ""
    conference_circulated: str = ""
    conference_moved: str = ""
    conference_called_off: str = ""
    conference_changed: str = ""
    conference_minutes: str = ""
    put_forward_decided: str = ""
    case_handed_over: str = ""
    action_returned: str = ""
    question_asked: str = ""
    question_answered: str = ""
    service_referred: str = ""
    service_answered: str = ""
    plans_reminder: str = ""
    conference_actions: str = ""
    actions_reminder: str = ""
    agreement_renewal: str = ""
    together: str = ""
    """Pressed: everything that can come in one mail a day shall."""


@get(SECTION, opt={"action": Act.SIGNED_IN}, sync_to_thread=True, include_in_schema=False)
def show_choices(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The reader's own choices."""
    with door.open() as access:
        chosen = outbox.find_choices(access.session, access.actor.worker_id)
        kinds = choices_of(access.actor.roles)
        shared = addressees.find_shared_address(access.session, access.actor.agency_id)
        return page(
            request, "everyone/notifications.html", title="What you hear of by e-mail", worker=access.worker,
            has_gathered=any(kind in GATHERED for kind in kinds),
            kinds=[(kind, _options(kind), str(chosen.get(kind, default_choice(kind)))) for kind in kinds],
            hears_alerts=bool(access.actor.roles & roles_for(MailKind.ACCESS_ALERT)), has_mailbox=shared is not None,
        )  # fmt: skip


@post(SECTION, opt={"action": Act.SIGNED_IN}, sync_to_thread=True, include_in_schema=False)
def keep_choices(door: NamedDependency[Door], data: URLEncodedBody[ChoicesForm]) -> Response[Any]:
    """Keeps them. A word that is no choice leaves things as they are by default."""
    with door.open() as access:
        outbox.set_choices(access.session, access.actor.worker_id, _read(access, data))
    return go_to(SECTION, "choices_kept")


def _read(access: Access, form: ChoicesForm) -> dict[MailKind, MailChoice]:
    asked = {kind: getattr(form, kind.value) for kind in choices_of(access.actor.roles)}
    if form.together:
        asked |= {kind: str(MailChoice.DAILY) for kind in asked if kind in GATHERED}
    return {kind: MailChoice(word) for kind, word in asked.items() if word in {str(each) for each in CHOICES[kind]}}


def _options(kind: MailKind) -> list[tuple[str, str]]:
    return [(str(choice), say(choice)) for choice in CHOICES[kind]]
