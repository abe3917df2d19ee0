"""What waits for the reader's service and is not a conference's: whom others referred to it, and plans to look at together again.
A partner has it on its page of today; this is for those who are out in the street or coordinate, and where e-mails lead."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from markupsafe import Markup

from server.access import Access, Door
from server.actions.people import doors, plan_reviews
from server.queries.partnership import agencies, workers
from server.web.agency.doors import SERVICE_ANSWERS, WAITING
from server.web.layout.page import AnyRequest, page
from shared.policy import Act, Subject, SubjectKind


@get(WAITING, opt={"action": Act.RECORD_AT_DOOR}, sync_to_thread=True, include_in_schema=False)
def show_waiting_for_us(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Referrals first: somebody waits for an answer."""
    with door.open() as access:
        ours = access.actor.agency_id
        access.require(
            Act.RECORD_AT_DOOR,
            Subject(
                kind=SubjectKind.AGENCY, id=ours, working_agency_ids=frozenset({ours}), district_ids=access.actor.district_ids
            ),
            purpose="waiting for us",
        )  # fmt: skip
        agency = agencies.find_agency(access.session, ours)
        return page(
            request, "agency/waiting.html", title="Waiting for us", section=WAITING, worker=access.worker, now=access.now,
            today=access.today, agency_name=agency.name if agency else "",
            back_field=Markup('<input type="hidden" name="back" value="{}">').format(WAITING), **list_for_us(access),
        )  # fmt: skip


def list_for_us(access: Access) -> dict[str, Any]:
    """What the parts of such a page are told."""
    reviews = plan_reviews.show_due(access)
    named = {each.due.worker_id for each in reviews if each.due.worker_id is not None}
    return {
        "received": doors.list_received(access), "service_answers": SERVICE_ANSWERS, "says": dict(SERVICE_ANSWERS),
        "reviews": reviews, "leads": workers.list_short_names(access.session, named),
    }  # fmt: skip
