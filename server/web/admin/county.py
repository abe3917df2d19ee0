"""The county in a file: what it would change line by line, applied in one press, undone as one, and taken along."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, URLEncodedBody

from server.access import Access, Door
from server.http.services import Services
from server.importers.county import store
from server.importers.county.ending import say_left_behind
from server.importers.county.plan import Plan, Verb
from server.importers.county.sheets import read_county, write_workbook
from server.importers.files import UnusableFile
from server.problems import NotFound
from server.queries.partnership import county
from server.security.holding import Box
from server.web.layout.forms import EmptyForm, Errors, Form, read_upload
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act

SECTION = "/county"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ACTS = (Act.MANAGE_DISTRICTS, Act.MANAGE_WORKERS, Act.MANAGE_AGREEMENTS)
"""A file may hold all of it, so whoever brings one may do all of it."""


class ApplyForm(Form, frozen=True, kw_only=True):
    """That the plan is meant which the page has shown."""

    shown: str = ""


@get(SECTION, opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def show_county(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    with door.open() as access:
        _require(access, "")
        return _answer(request, access)


@get(f"{SECTION}/workbook", opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def download_county(door: NamedDependency[Door]) -> Response[bytes]:
    with door.open() as access:
        _require(access, "exported")
        made = write_workbook(store.read_standing(access.session))
    headers = {"content-disposition": 'attachment; filename="county.xlsx"', "cache-control": "no-store"}
    return Response(made, media_type=WORKBOOK, headers=headers)


@post(SECTION, opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def plan_county(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Keeps the file for a day, and shows what it would change. Nothing is changed yet."""
    name, content = read_upload(data.get("data"))
    with door.open() as access:
        _require(access, "planned")
    try:
        if not content:
            raise UnusableFile("Choose a file.")
        file = read_county(content)
    except UnusableFile as error:
        with door.open() as access:
            return _answer(request, access, errors={"data": str(error)})
    with door.open() as access:
        _require(access, "planned")
        batch = store.keep_plan(
            access.session, box_of(services), file, name, access.actor.worker_id, access.now, access.new_id()
        )
    return go_to(f"{SECTION}/{batch.id}")


@get(f"{SECTION}/{{batch_id:str}}", opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def show_plan(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], batch_id: FromPath[Id]
) -> Response[Any]:
    with door.open() as access:
        _require(access, "")
        batch = county.find_batch(access.session, batch_id)
        if batch is None:
            raise NotFound
        if batch.applied_at is not None:
            return go_to(SECTION)
        return _show(request, access, batch.file_name, batch_id, store.plan_of(access.session, box_of(services), batch))


@post(
    f"{SECTION}/{{batch_id:str}}/apply",
    opt={"action": Act.MANAGE_DISTRICTS},
    sync_to_thread=True,
    include_in_schema=False,
)
def apply_plan(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    batch_id: FromPath[Id],
    data: URLEncodedBody[ApplyForm],
) -> Response[Any]:
    """Carries the plan out as it was shown; what has come to mean something else since is shown again. Pressed twice, it is done
    once."""
    try:
        with door.open() as access:
            _require(access, f"applied {batch_id}")
            batch = county.find_batch(access.session, batch_id)
            if batch is None or batch.applied_at is None:
                store.apply(access.session, box_of(services), batch_id, access.now, access.new_id, data.shown)
    except store.Otherwise:
        with door.open() as access:
            _require(access, "")
            batch = county.find_batch(access.session, batch_id)
            if batch is None or batch.applied_at is not None:
                return go_to(SECTION)
            plan = store.plan_of(access.session, box_of(services), batch)
            return _show(request, access, batch.file_name, batch_id, plan, is_otherwise=True)
    return go_to(SECTION, "county_applied")


@post(
    f"{SECTION}/{{batch_id:str}}/undo", opt={"action": Act.MANAGE_DISTRICTS}, status_code=200, sync_to_thread=True,
    include_in_schema=False,
)  # fmt: skip
def undo_plan(
    request: AnyRequest, door: NamedDependency[Door], batch_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Puts back what stood before, and says what could not be."""
    with door.open() as access:
        _require(access, f"undone {batch_id}")
        left = store.undo(access.session, batch_id, access.now, access.new_id)
        return _answer(request, access, left=left, undone=True)


def box_of(services: Services) -> Box[store.Kept]:
    """What the server seals a county's file with."""
    return store.make_box(services.keys.secret, *services.keys.secrets_before)


def _require(access: Access, detail: str) -> None:
    for act in ACTS:
        access.require(act, detail=detail)


def _answer(
    request: AnyRequest,
    access: Access,
    *,
    errors: Errors | None = None,
    left: list[str] | None = None,
    undone: bool = False,
) -> Response[str]:
    return page(
        request, "admin/county.html", title="The county in a file", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, left=left or [], undone=undone, now=access.now,
        applied=county.list_applied(access.session),
    )  # fmt: skip


def _show(
    request: AnyRequest, access: Access, name: str, batch_id: Id, plan: Plan, *, is_otherwise: bool = False
) -> Response[str]:
    return page(
        request, "admin/county_plan.html", title="What the file would change", section=SECTION, worker=access.worker,
        name=name, batch_id=batch_id, refused=plan.of(Verb.REFUSE), added=plan.of(Verb.ADD),
        changed=plan.of(Verb.CHANGE), same=len(plan.of(Verb.SAME)), unread=plan.unread,
        left=[(sheet, number) for sheet, number in plan.left.items() if number], shown=store.digest_of(plan),
        behind=say_left_behind(access.session, plan), is_otherwise=is_otherwise, status=409 if is_otherwise else 200,
    )  # fmt: skip
