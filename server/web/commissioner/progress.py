"""Is it getting better? The frozen figures of the quarters, as charts and as the tables that say the same: for a commissioner and
their committee; and for everybody the total by quarter, nothing finer. No figure is counted here.
"""

from collections.abc import Sequence

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.access import Door
from server.actions.partnership.figures import ToldQuarter, list_told_quarters
from server.http.services import Services
from server.problems import NotFound
from server.web.layout.page import AnyRequest, page
from server.web.layout.progress_charts import make_charts
from server.web.layout.progress_pdf import make_pdf
from server.web.layout.progress_tables import make_tables, public_rows
from server.web.layout.spreadsheets import ODS, Cell, Rows, write_csv, write_ods
from shared.policy import Act, SubjectKind

PATH = "/progress"
KINDS = {"csv": "text/csv; charset=utf-8", "ods": ODS, "pdf": "application/pdf"}


@get(PATH, opt={"action": Act.SEE_HOTSPOTS}, sync_to_thread=True, include_in_schema=False)
def show_progress(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The quarters that are told, the oldest first."""
    with door.open() as access:
        access.require(Act.SEE_HOTSPOTS)
        told = list_told_quarters(access.session)
        access.note_seen(
            SubjectKind.SYSTEM, [each.id for each in told], action=Act.SEE_HOTSPOTS, purpose="figures by quarter"
        )
        return page(
            request, "commissioner/progress.html", title="Is it getting better?", section=PATH, worker=access.worker,
            told=told, charts=make_charts(told), tables=_shown_tables(told), now=access.now,
        )  # fmt: skip


@get(PATH + "/file", opt={"action": Act.SEE_HOTSPOTS}, sync_to_thread=True, include_in_schema=False)
def download_progress(door: NamedDependency[Door], kind: FromQuery[str] = "pdf") -> Response[bytes]:
    """The page as a PDF for a committee, or its tables with their definitions as CSV or .ods."""
    with door.open() as access:
        access.require(Act.SEE_HOTSPOTS)
        told = list_told_quarters(access.session)
        if kind not in KINDS or not told:
            raise NotFound
        access.note_seen(
            SubjectKind.SYSTEM, [each.id for each in told], action=Act.SEE_HOTSPOTS, purpose=f"figures as {kind}"
        )
        today = access.today
    tables = make_tables(told)
    if kind == "pdf":
        made = make_pdf(make_charts(told), tables, today)
    elif kind == "ods":
        made = write_ods(tables)
    else:
        made = write_csv([row for name, rows in tables.items() for row in ((name,), *rows, ())])
    return _file(made, kind, f"figures-by-quarter.{kind}")


@get("/figures", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_public_figures(request: AnyRequest, services: NamedDependency[Services]) -> Response[str]:
    """The total of the authority by quarter, for anybody."""
    with services.database.reading() as session:
        told = list_told_quarters(session)
    return page(
        request, "commissioner/public.html", title="Rough sleeping by quarter", rows=public_rows(told),
        charts=make_charts(told, is_public=True),
    )  # fmt: skip


@get("/figures/open-data", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def download_open_data(services: NamedDependency[Services]) -> Response[bytes]:
    """The same as CSV."""
    with services.database.reading() as session:
        told = list_told_quarters(session)
    return _file(write_csv(public_rows(told)), "csv", "rough-sleeping-by-quarter.csv")


def _shown_tables(told: Sequence[ToldQuarter]) -> list[tuple[str, Sequence[Cell], Rows]]:
    """Each table as its name, its heads and its rows."""
    return [(name, rows[0], rows[1:]) for name, rows in make_tables(told).items() if len(rows) > 1]


def _file(made: bytes, kind: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made, media_type=KINDS[kind], headers=headers)
