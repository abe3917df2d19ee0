"""What became of a report, by its reference: kind, true, and giving nobody away. The reference goes by POST, never by address."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.actions.referrals.answers import say_answer
from server.actions.referrals.public_reports import find_report, say_still_there
from server.http.services import Services
from server.web.layout.forms import Form
from server.web.layout.page import AnyRequest, page
from server.web.referrer.limits import check_limit
from shared.policy import Act
from shared.rules.referral import is_open

AGAIN = "Thank you. Your report is open again, and a team leader reads it anew."
UNKNOWN = "We have no report with this reference. Check each letter: it has twelve, in three groups."


class StatusForm(Form, frozen=True, kw_only=True):
    """The reference that somebody kept."""

    reference: str = ""


@get("/report/status", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_status_form(request: AnyRequest) -> Response[str]:
    """Asks for the reference."""
    return page(
        request,
        "referrer/status.html",
        title="What happened to my report?",
        reference="",
        answer="",
        is_over=False,
        errors={},
    )


@post("/report/status", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def show_status(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[StatusForm]
) -> Response[str]:
    """Says where the report stands."""
    check_limit(request, services)
    with services.database.reading() as session:
        found = find_report(session, data.reference[:40])
    return page(
        request, "referrer/status.html", title="What happened to my report?", reference=data.reference[:40],
        answer=say_answer(found) if found else "", is_over=found is not None and not is_open(found.referral),
        errors={} if found else {"reference": UNKNOWN}, status=200 if found else 404,
    )  # fmt: skip


@post("/report/still-there", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def tell_still_there(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[StatusForm]
) -> Response[str]:
    """Opens a report again that was over."""
    check_limit(request, services)
    with services.database.writing() as session:
        is_open_again = say_still_there(session, data.reference[:40], services.clock(), services.new_id)
        found = find_report(session, data.reference[:40])
    answer = AGAIN if is_open_again else say_answer(found) if found else ""
    return page(
        request, "referrer/status.html", title="What happened to my report?", reference=data.reference[:40],
        answer=answer, is_over=False, errors={} if found else {"reference": UNKNOWN}, status=200 if found else 404,
    )  # fmt: skip
