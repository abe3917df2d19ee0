"""What became of a report: kind, true, and giving nobody away. By its reference, which goes by POST and never by address, or by
the link that a mail brought. Here whoever told us says that they are still there, and answers what we asked."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import day_of
from server.actions.referrals.answers import find_answered, say_answer
from server.actions.referrals.public_reports import find_report, say_more, say_still_there
from server.http.services import Services
from server.importers.files import make_storable
from server.queries.referrals.inbox import InboxRow
from server.web.layout.forms import Errors, Form, require_text
from server.web.layout.page import AnyRequest, page
from server.web.referrer.limits import check_limit
from shared.model.codes import ReferralState
from shared.policy import Act
from shared.rules.referral import is_late, is_open

AGAIN = "Thank you. Your report is open again, and a team leader reads it anew."
MORE = "Thank you. A team leader reads what you added."
UNKNOWN = "We have no report with this reference. Check each letter: it has twelve, in three groups."
OVER = "This link is over: we forget your address after 90 days. If you kept the reference of your report, look by it."
TITLE = "What happened to my report?"
LONGEST_MORE = 1000


class StatusForm(Form, frozen=True, kw_only=True):
    """The reference that somebody kept."""

    reference: str = ""


class MoreForm(Form, frozen=True, kw_only=True):
    """What somebody adds to their report."""

    more: str = ""


@get("/report/status", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_status_form(request: AnyRequest) -> Response[str]:
    """Asks for the reference."""
    return page(
        request, "referrer/status.html", title=TITLE, reference="", answer="", is_over=False, promise=None, errors={}
    )


@post("/report/status", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def show_status(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[StatusForm]
) -> Response[str]:
    """Says where the report stands."""
    check_limit(request, services)
    with services.database.reading() as session:
        found = find_report(session, data.reference[:40])
    return _status(request, services, data.reference[:40], found, say_answer(found) if found else "")


@post("/report/still-there", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def tell_still_there(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[StatusForm]
) -> Response[str]:
    """Opens a report again that was over."""
    check_limit(request, services)
    reference = data.reference[:40]
    with services.database.writing() as session:
        is_again = say_still_there(session, find_report(session, reference), services.clock(), services.new_id)
        found = find_report(session, reference)
    return _status(request, services, reference, found, AGAIN if is_again else say_answer(found) if found else "")


@get("/report/answer/{token:str}", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_answer(request: AnyRequest, services: NamedDependency[Services], token: FromPath[str]) -> Response[str]:
    """Says where the report stands that a mail told of. Following the link changes nothing: mail scanners follow links."""
    with services.database.reading() as session:
        found = find_answered(session, token, services.keys.secret, day_of(services.clock()))
    return _answer(request, services, token, found, say_answer(found) if found else "")


@post(
    "/report/answer/{token:str}/still-there",
    opt={"action": Act.PUBLIC},
    status_code=200,
    sync_to_thread=True,
    include_in_schema=False,
)
def answer_still_there(request: AnyRequest, services: NamedDependency[Services], token: FromPath[str]) -> Response[str]:
    """Opens it again."""
    check_limit(request, services)
    now, secret = services.clock(), services.keys.secret
    with services.database.writing() as session:
        is_again = say_still_there(session, find_answered(session, token, secret, day_of(now)), now, services.new_id)
        found = find_answered(session, token, secret, day_of(now))
    return _answer(request, services, token, found, AGAIN if is_again else say_answer(found) if found else "")


@post(
    "/report/answer/{token:str}/more",
    opt={"action": Act.PUBLIC},
    status_code=200,
    sync_to_thread=True,
    include_in_schema=False,
)
def answer_more(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], data: URLEncodedBody[MoreForm]
) -> Response[str]:
    """Keeps what was asked for, and the report is work again."""
    check_limit(request, services)
    now, secret = services.clock(), services.keys.secret
    errors: Errors = {}
    words = require_text(
        errors, "more", make_storable(data.more), "Say what would help us find the place.", longest=LONGEST_MORE
    )
    with services.database.writing() as session:
        found = find_answered(session, token, secret, day_of(now))
        is_kept = not errors and say_more(session, found, words, now, services.new_id)
        found = find_answered(session, token, secret, day_of(now))
    said = MORE if is_kept else say_answer(found) if found else ""
    return _answer(request, services, token, found, said, errors, data.more)


def _status(
    request: AnyRequest, services: Services, reference: str, found: InboxRow | None, answer: str
) -> Response[str]:
    return page(
        request, "referrer/status.html", title=TITLE, reference=reference, answer=answer,
        is_over=found is not None and not is_open(found.referral), promise=_promise(services, found),
        errors={} if found else {"reference": UNKNOWN}, status=200 if found else 404,
    )  # fmt: skip


def _answer(
    request: AnyRequest, services: Services, token: str, found: InboxRow | None, answer: str,
    errors: Errors | None = None, more: str = "",
) -> Response[str]:  # fmt: skip
    """The page of a link; without a report behind it, the page that asks for a reference and says why."""
    if found is None:
        return page(
            request, "referrer/status.html", title=TITLE, reference="", answer=OVER, is_over=False, promise=None,
            errors={}, status=404,
        )  # fmt: skip
    return page(
        request, "referrer/answer.html", title=TITLE, token=token, answer=answer, more=more, errors=errors or {},
        is_over=not is_open(found.referral), is_asked=found.referral.state is ReferralState.NEEDS_INFORMATION,
        promise=_promise(services, found), status=422 if errors else 200,
    )  # fmt: skip


def _promise(services: Services, found: InboxRow | None) -> str | None:
    """By when we promised an answer, in words, while one is owed and no more is asked."""
    if found is None or not is_open(found.referral) or found.referral.state is ReferralState.NEEDS_INFORMATION:
        return None
    due, today = found.referral.due_on, day_of(services.clock())
    day = f"{due:%A} {due.day} {due:%B}"
    if is_late(found.referral, today):
        return f"We said that we would know more by {day}. We do not yet, and we are sorry."
    return f"We expect to know more by {day}."
