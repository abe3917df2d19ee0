"""Exact counts of a quarter, for whoever is named to read them; and naming them, on the open list of who sees what."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.access import Door
from server.actions.cases.quarterly import write_share
from server.actions.partnership import analysts as acts
from server.hotspots.periods import Period, say_period
from server.problems import Invalid
from server.web.everyone.recipients import SECTION, NamingForm, answer_recipients
from server.web.layout.forms import EmptyForm
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act

EXACT = "/exact-counts"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get(EXACT, opt={"action": Act.SEE_EXACT_COUNTS}, sync_to_thread=True, include_in_schema=False)
def show_exact(request: AnyRequest, door: NamedDependency[Door], quarter: FromQuery[str] = "") -> Response[str]:
    """A quarter with every number as it is; the latest where none is chosen."""
    with door.open() as access:
        quarters = acts.list_quarters(access)
        chosen = quarter or (quarters[0].id if quarters else "")
        read = acts.read_exact(access, chosen) if chosen else None
        return page(
            request, "everyone/exact.html", title="Exact counts", section=SECTION, worker=access.worker, read=read,
            chosen=chosen, period=say_period(read.period) if read else "", warning=acts.NOT_FOR_PUBLICATION,
            shares=read.shares if read else (),
            quarters=[(each.id, say_period(Period(each.starts_on, each.ends_on))) for each in quarters],
        )  # fmt: skip


@get(EXACT + "/workbook", opt={"action": Act.SEE_EXACT_COUNTS}, sync_to_thread=True, include_in_schema=False)
def download_exact(door: NamedDependency[Door], quarter: FromQuery[str] = "") -> Response[bytes]:
    """The same as a workbook, which says on every sheet that it is not for publication."""
    with door.open() as access:
        read = acts.read_exact(access, quarter)
        made = write_share(read.shares, read.period, acts.NOT_FOR_PUBLICATION)
    name = f"exact-not-for-publication-{read.period.first.isoformat()}.xlsx"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made, media_type=WORKBOOK, headers=headers)


@post(SECTION + "/analysts", opt={"action": Act.MANAGE_AGREEMENTS}, sync_to_thread=True, include_in_schema=False)
def name_analyst(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[NamingForm]) -> Response[Any]:
    """Names somebody to read exact counts."""
    try:
        with door.open() as access:
            acts.name_analyst(access, data.analyst, data.purpose)
    except Invalid as refused:
        with door.open() as access:
            return answer_recipients(request, access, {"purpose": refused.errors[0]}, naming=data)
    return go_to(SECTION, "analyst_named")


@post(
    SECTION + "/analysts/{analyst_id:str}/end",
    opt={"action": Act.MANAGE_AGREEMENTS},
    sync_to_thread=True,
    include_in_schema=False,
)
def end_naming(door: NamedDependency[Door], analyst_id: FromPath[Id], data: URLEncodedBody[EmptyForm]) -> Response[Any]:
    """From now on they read none."""
    with door.open() as access:
        acts.end_naming(access, analyst_id)
    return go_to(SECTION, "naming_ended")
