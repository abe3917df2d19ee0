"""What a privacy officer goes through: every broken glass, and every look at notes that was refused. Nobody's name
is here but
the readers'."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.people.notes import EVERY_CAUSE, REVIEW_WITHIN, review
from server.problems import Invalid
from server.queries.partnership import agencies, workers
from server.queries.people import notes
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act

SECTION = "/access-reviews"
ATTEMPTS_DAYS = 28


class ReviewForm(Form, frozen=True, kw_only=True):
    """What was found."""

    finding: str = ""


@get(SECTION, opt={"action": Act.REVIEW_ACCESS}, sync_to_thread=True, include_in_schema=False)
def show_reviews(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What waits for review, the oldest first, and the refused looks of four weeks."""
    with door.open() as access:
        return _answer(request, access)


@post(SECTION + "/{opened_id:str}", opt={"action": Act.REVIEW_ACCESS}, sync_to_thread=True, include_in_schema=False)
def review_one(
    request: AnyRequest, door: NamedDependency[Door], opened_id: FromPath[Id], data: URLEncodedBody[ReviewForm]
) -> Response[Any]:
    """Keeps what a review found."""
    try:
        with door.open() as access:
            review(access, opened_id, data.finding)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, {f"finding-{opened_id}": refused.problem.errors[0]})
    return go_to(SECTION, "reviewed")


def _answer(request: AnyRequest, access: Access, errors: Errors | None = None) -> Response[str]:
    access.require(Act.REVIEW_ACCESS, purpose="review")
    waiting = notes.list_unreviewed(access.session)
    names = {agency.id: agency.name for agency in agencies.list_agencies(access.session)}
    readers = workers.list_short_names(access.session, {each.worker_id for each in waiting})
    late_before = access.now - REVIEW_WITHIN
    return page(
        request, "admin/reviews.html", title="Reviews", section=SECTION, worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {},
        waiting=[
            (each, readers.get(each.worker_id, ""), names[each.agency_id], EVERY_CAUSE.get(each.cause, each.cause),
             each.at < late_before)
            for each in waiting
        ],
        exports=notes.list_exports(access.session, access.now - timedelta(days=ATTEMPTS_DAYS)),
        most=notes.MOST, reviewed=notes.count_reviewed(access.session, access.now - timedelta(days=ATTEMPTS_DAYS)),
        attempts=notes.list_attempts(access.session, access.now - timedelta(days=ATTEMPTS_DAYS)),
    )  # fmt: skip
