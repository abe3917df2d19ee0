"""Tonight's list in a browser: where to go, in walking order, each with what can be done about it."""

from litestar import Response, get
from litestar.di import NamedDependency

from server.access import Door, of_theirs
from server.actions.street.to_visit import list_stops
from server.web.layout.page import AnyRequest, page
from shared.policy import Act


@get("/my-shift/tonight", opt={"action": Act.SEE_REFERRALS}, sync_to_thread=True, include_in_schema=False)
def show_tonights_list(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """Open reports of the reader's teams, and whom they met lately."""
    with door.open() as access:
        may_record = access.allows(Act.RECORD_CONTACT, of_theirs(access.actor))
        return page(
            request, "outreach/tonights_list.html", title="Tonight’s list", section="/my-shift", worker=access.worker,
            stops=list_stops(access, "tonight’s list on the web"), may_record=may_record,
        )  # fmt: skip
