"""The Rough Sleeper Tracker as a workbook: out for work offline and for Public Health, and in again, with what
changed named."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery

from server.access import Access, Door
from server.actions.cases.quarterly import find_share, write_share
from server.actions.cases.tracker import NewRow, TakenIn, compose_tracker, take_in
from server.actions.cases.tracker_workbook import read_downloaded, read_workbook, write_workbook
from server.hotspots.periods import last_settled_quarter, say_period
from server.http.services import Services
from server.problems import Invalid, NotFound
from server.web.coordinator.case_list import FOUND
from server.web.coordinator.conferences import choose_district
from server.web.layout.forms import read_upload
from server.web.layout.page import AnyRequest, page
from shared.model.district import District
from shared.model.value import Id
from shared.policy import Act

FROM_THE_TRACKER = "Typed into the tracker."
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@get("/tracker", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def show_tracker(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """Where the workbook goes out and comes in."""
    with door.open() as access:
        return _answer(request, access, choose_district(access, district, Act.SHARE_TRACKER))


@get("/tracker/workbook", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def download_tracker(door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[bytes]:
    """The tracker of one district as it stands."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        made = write_workbook(compose_tracker(access, chosen.id, chosen.name, for_file=True))
    headers = {"content-disposition": 'attachment; filename="tracker.xlsx"', "cache-control": "no-store"}
    return Response(made, media_type=WORKBOOK, headers=headers)


@post("/tracker", opt={"action": Act.SHARE_TRACKER}, status_code=200, sync_to_thread=True, include_in_schema=False)
def read_tracker(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    district: FromQuery[str] = "",
) -> Response[Any]:
    """Reads a workbook in, and says what it changed, what it did not take, and what it refused."""
    _, content = read_upload(data.get("data"))
    try:
        with door.open() as access:
            chosen, today = choose_district(access, district, Act.SHARE_TRACKER), access.today
        told, downloaded = read_workbook(content, chosen.name, today), read_downloaded(content, today)
        with door.open() as access:
            chosen = choose_district(access, chosen.id, Act.SHARE_TRACKER)
            taken = take_in(access, chosen.id, chosen.name, told, downloaded)
        keys = [_keep_new_row(services, door, chosen.id, row) for row in taken.new_rows]
        with door.open() as access:
            return _answer(request, access, chosen, taken=taken, keys=keys)
    except Invalid as refused:
        with door.open() as access:
            chosen = choose_district(access, district, Act.SHARE_TRACKER)
            return _answer(request, access, chosen, error=refused.problem.errors[0])


@get("/tracker/quarter", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def show_share(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """What Public Health is told of the last quarter."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        told = find_share(access, chosen.id)
        waits = last_settled_quarter(access.today)
        return page(
            request, "coordinator/share.html", title="Share with Public Health", section="/conferences",
            worker=access.worker, district=chosen, told=told, period=say_period(told.period) if told else "",
            shares=told.shares if told else (),
            waits=say_period(waits) if told is None or told.period != waits else "",
        )  # fmt: skip


@get("/tracker/quarter/workbook", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def download_share(door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[bytes]:
    """The same as a workbook."""
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        told = find_share(access, chosen.id)
        if told is None:
            raise NotFound
        made = write_share(told.shares, told.period)
    headers = {"content-disposition": 'attachment; filename="quarter.xlsx"', "cache-control": "no-store"}
    return Response(made, media_type=WORKBOOK, headers=headers)


def _keep_new_row(services: Services, door: Door, district_id: Id, row: NewRow) -> Id:
    """Keeps what a row says of somebody for the form by which they are put forward; returns its key, which says nothing."""
    key = services.new_id()
    born = row.date_of_birth.isoformat() if row.date_of_birth else ""
    said = {"words": row.name, "district": district_id, "born": born, "reason": " ".join((FROM_THE_TRACKER, *row.says))}
    services.drafts.keep(door.worker.id, FOUND, f"{FOUND}/{key}", said, services.clock())
    return key


def _answer(
    request: AnyRequest,
    access: Access,
    district: District,
    taken: TakenIn | None = None,
    error: str = "",
    keys: Sequence[Id] = (),
) -> Response[str]:
    return page(
        request, "coordinator/tracker.html", title="Tracker", section="/conferences", worker=access.worker,
        status=422 if error else 200, errors={"data": error} if error else {}, district=district, taken=taken,
        new_rows=list(zip(taken.new_rows, keys, strict=True)) if taken else [],
    )  # fmt: skip
