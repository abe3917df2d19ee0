"""Searching the audit, for whoever answers for privacy: what was done to one record, and what one worker did.

Each search is itself a line of the audit. No line says what a record says.
"""

from datetime import timedelta

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door
from server.queries.operation import audit
from server.queries.partnership import workers
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, page
from shared.policy import Act
from shared.rules.busy_hours import find_busy_hours

PATH = "/audit"
BUSY_DAYS = 7
LONGEST_ID = 64
SHOWN = 200


class SearchForm(Form, frozen=True, kw_only=True):
    """The id of a record, a worker, or both."""

    record: str = ""
    by: str = ""


@get(PATH, opt={"action": Act.REVIEW_ACCESS}, sync_to_thread=True, include_in_schema=False)
def show_audit(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The form, and who opened very many records in an hour."""
    with door.open() as access:
        access.require(Act.REVIEW_ACCESS, purpose="audit")
        return _answer(request, access, SearchForm(), None)


@post(PATH, opt={"action": Act.REVIEW_ACCESS}, status_code=200, sync_to_thread=True, include_in_schema=False)
def search_audit(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[SearchForm]) -> Response[str]:
    """The newest lines. By POST, so that no id stands in an address."""
    with door.open() as access:
        record, by = data.record.strip()[:LONGEST_ID], data.by.strip()[:LONGEST_ID]
        access.require(
            Act.REVIEW_ACCESS, purpose="search the audit", detail=f"record {record or 'any'}, by {by or 'anybody'}"
        )
        if not (record or by):
            return _answer(request, access, data, None, {"record": "Enter a record, or choose a worker."})
        found = audit.list_lines(access.session, subject_id=record or None, actor_id=by or None, limit=SHOWN)
        return _answer(request, access, data, found)


def _answer(
    request: AnyRequest,
    access: Access,
    form: SearchForm,
    found: list[audit.AuditLine] | None,
    errors: Errors | None = None,
) -> Response[str]:
    names = {each.id: each.name for each in workers.list_workers(access.session)}
    busy = find_busy_hours(audit.list_opened_records(access.session, access.now - timedelta(days=BUSY_DAYS)))
    return page(
        request, "admin/audit.html", title="What was done", section="/access-reviews", worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, form=form, found=found, names=names, shown=SHOWN, busy=busy,
        choices=[("", "Anybody"), *sorted(names.items(), key=lambda each: each[1])],
    )  # fmt: skip
