"""Bring your tracker: a district's own spreadsheet, matched column by column, mended in place, brought in and undone as one."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody
from msgspec import json

from server.access import Access, Door
from server.http.services import Services
from server.importers.caseload import applying, store
from server.importers.caseload.meanings import LEFT_OUT, NOTE, WITHHELD, list_meanings, say_meaning
from server.importers.caseload.reading import UNREADABLE, Cell
from server.importers.caseload.store import CaseloadConversation, Plan
from server.importers.files import UnusableFile
from server.problems import Failure, Invalid
from server.queries.people import brought_in
from server.queries.people.brought_in import Batch
from server.security.holding import Box
from server.web.coordinator.conferences import choose_district
from server.web.layout.forms import EmptyForm, Errors, read_upload, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act, SubjectKind

PATH = "/caseload"
MEND = re.compile(r"mend-(\d{1,5}-\d{1,3})")
ANSWER = re.compile(r"who-(\d{1,5}-\d)")
COLUMN = re.compile(r"column-(\d{1,3})")
LONGEST = 10_000
FATES = {
    "taken": "taken", "note": "kept as a note", "unreadable": "unreadable", "left_out": "left out, as you chose",
    "withheld": "not kept here", "heading": "headings within the list",
}  # fmt: skip
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get(PATH, opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def show_caseloads(request: AnyRequest, door: NamedDependency[Door], district: FromQuery[str] = "") -> Response[str]:
    """Where a file comes in, and every file that did."""
    with door.open() as access:
        return _front(request, access, choose_district(access, district, Act.SHARE_TRACKER).id)


@post(PATH, opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def bring_file(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    district: FromQuery[str] = "",
) -> Response[Any]:
    """Holds the file, sealed, and leads to what it would bring in. Nothing is brought in yet."""
    name, content = read_upload(data.get("data"))
    with door.open() as access:
        chosen = choose_district(access, district, Act.SHARE_TRACKER)
        try:
            if not content:
                raise UnusableFile("Choose a file.")
            batch = store.hold_file(access, _box(services), chosen.id, name, content)
        except UnusableFile as error:
            return _front(request, access, chosen.id, errors={"data": str(error)})
    return go_to(f"{PATH}/{batch.id}")


@get(f"{PATH}/{{batch_id:str}}", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def show_plan(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], batch_id: FromPath[Id]
) -> Response[str]:
    """What the file would bring in."""
    with door.open() as access:
        batch, state = store.open_batch(access, _box(services), batch_id)
        return _plan(request, access, batch, state)


@post(f"{PATH}/{{batch_id:str}}", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def keep_answers(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    batch_id: FromPath[Id],
    data: Typed,
) -> Response[Any]:
    """Keeps what was chosen and mended; shows the plan anew, or brings it in where that was pressed."""
    with door.open() as access:
        box = _box(services)
        batch, state = store.open_batch(access, box, batch_id)
        try:
            state = _read(access, batch, state, data)
        except Invalid as wrong:
            return _plan(request, access, batch, state, {"columns": " ".join(wrong.errors)})
        store.keep_state(access, box, batch, state)
        if str(data.get("press", "")) != "apply":
            return go_to(f"{PATH}/{batch_id}")
        plan = store.make_plan(access, batch, state)
        if plan.open_lines:
            return _plan(
                request, access, batch, state, {"answers": "Answer for every row that asks, then bring them in."}
            )
        applying.bring_in(access, services.project, batch, state, plan, access.new_id())
    return go_to(f"{PATH}?district={batch.district_id}", "brought_in")


@post(f"{PATH}/{{batch_id:str}}/undo", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def undo_file(
    request: AnyRequest, door: NamedDependency[Door], batch_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Takes out again whom a file brought in, and says who stays."""
    return _after(request, door, batch_id, lambda access: applying.undo(access, batch_id))


@post(
    f"{PATH}/{{batch_id:str}}/phones", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False
)
def let_onto_phones(
    request: AnyRequest, door: NamedDependency[Door], batch_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """From now on the team that walks the district has them on its phones."""
    return _after(request, door, batch_id, lambda access: [str(applying.let_onto_phones(access, batch_id))][:0])


@post(f"{PATH}/{{batch_id:str}}/drop", opt={"action": Act.SHARE_TRACKER}, sync_to_thread=True, include_in_schema=False)
def drop_file(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    batch_id: FromPath[Id],
    data: URLEncodedBody[EmptyForm],
) -> Response[Any]:
    """Forgets a file that is not to be brought in."""
    with door.open() as access:
        batch, _ = store.open_batch(access, _box(services), batch_id)
        brought_in.drop_batch(access.session, batch_id)
    return go_to(f"{PATH}?district={batch.district_id}")


def _after(request: AnyRequest, door: Door, batch_id: Id, act: Any) -> Response[Any]:
    try:
        with door.open() as access:
            left = act(access)
            batch = brought_in.find_batch(access.session, batch_id)
            district_id = batch.district_id if batch else ""
            if left:
                return _front(request, access, district_id, left=left)
    except Failure as failure:
        if failure.problem.status != 409:
            raise
        with door.open() as access:
            batch = brought_in.find_batch(access.session, batch_id)
            district_id = batch.district_id if batch else ""
            return _front(request, access, district_id, errors={"data": failure.detail})
    return go_to(f"{PATH}?district={district_id}", "caseload_done")


def _box(services: Services) -> Box[CaseloadConversation]:
    return store.make_box(services.keys.secret, *services.keys.secrets_before)


def _read(access: Access, batch: Batch, state: CaseloadConversation, data: Mapping[str, Any]) -> CaseloadConversation:
    """The answers as they were sent, laid over those that were given before. Raises Invalid."""
    sheet, heading = (
        read_whole(str(data.get("sheet", state.sheet)), 200),
        read_whole(str(data.get("heading", "")), 2_000),
    )
    before = (state.sheet, state.heading)
    wanted = None if heading is None or heading == 0 else heading - 1
    state = store.choose_sheet(
        access, batch, state, state.sheet if sheet is None else sheet, state.heading if wanted is None else wanted
    )
    if (state.sheet, state.heading) != before:
        return state
    meanings = list(state.meanings)
    for name, value in data.items():
        said = str(value)[:LONGEST]
        if (found := COLUMN.fullmatch(name)) and int(found[1]) <= len(meanings):
            meanings[int(found[1]) - 1] = said
        elif found := MEND.fullmatch(name):
            state.mends[found[1]] = said
        elif found := ANSWER.fullmatch(name):
            state.answers[found[1]] = said
    state.meanings = store.set_meanings(state, tuple(meanings))
    state.mapping_name = str(data.get("mapping_name", state.mapping_name))[:200]
    return state


def _front(
    request: AnyRequest, access: Access, district_id: Id, *, errors: Errors | None = None, left: list[str] | None = None
) -> Response[str]:
    district = choose_district(access, district_id, Act.SHARE_TRACKER)
    store.require(access, district.id, "files")
    batches = [
        (each, json.decode(each.account, type=dict[str, int]) if each.account else {})
        for each in brought_in.list_batches(access.session, district.id)
    ]
    return page(
        request, "coordinator/caseload.html", title="Bring your tracker", section="/cases", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, district=district, batches=batches, left=left or [],
        now=access.now,
    )  # fmt: skip


def _plan(
    request: AnyRequest, access: Access, batch: Batch, state: CaseloadConversation, errors: Errors | None = None
) -> Response[str]:
    plan = store.make_plan(access, batch, state)
    shown = {
        each.answer for line in plan.lines for each in line.candidates if not each.answer.startswith(store.SAME_ROW)
    }
    access.note_seen(SubjectKind.PERSON, sorted(shown), purpose="caseload")
    blocks = max((int(each.split(".")[1]) for each in state.meanings if each.startswith("mdt.")), default=0)
    return page(
        request, "coordinator/caseload_plan.html", title="What the file would bring in", section="/cases",
        worker=access.worker, status=422 if errors else 200, errors=errors or {}, batch=batch, state=state, plan=plan,
        columns=_columns(plan, state), meanings=[(each, say_meaning(each)) for each in list_meanings(blocks + 1)],
        account=[(plan.account[fate], words) for fate, words in FATES.items()], withheld=WITHHELD,
        mends=_to_mend(plan), others=applying.list_left_out_sheets(state),
        above=[text for row in plan.grid.rows[: state.heading] for text in row if text],
        kept_aside={fate: plan.caseload.of(fate) for fate in (NOTE, LEFT_OUT)},
    )  # fmt: skip


def _columns(plan: Plan, state: CaseloadConversation) -> list[tuple[int, str, str, str]]:
    """Each column: its number, what stands over it, its meaning, and what its first cells say."""
    rows = plan.grid.rows[state.heading + 1 :]
    return [
        (
            index + 1, said, state.meanings[index],
            ", ".join([cells[index][:40] for cells in rows if index < len(cells) and cells[index]][:3]),
        )
        for index, said in enumerate(plan.headings)
    ]  # fmt: skip


def _to_mend(plan: Plan) -> list[Cell]:
    """What asks for a mend: cells that could not be read, and those of rows that cannot be brought in as they stand."""
    rows = {line.draft.row for line in plan.lines if line.draft.why_not or "mend" in line.asks}
    name = plan.caseload.of(UNREADABLE)
    told = {(each.row, each.column) for each in name}
    more = [
        cell for cell in plan.caseload.cells
        if cell.row in rows and (cell.row, cell.column) not in told and "district" in cell.heading.casefold()
    ]  # fmt: skip
    return sorted([*name, *more], key=lambda cell: (cell.row, cell.column))
