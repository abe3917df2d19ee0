"""Districts that end and others that begin: a plan, what it would do, and the day on which it is carried out."""

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.partnership import boundary_changes as changing
from server.actions.partnership.boundary_changes import Beginning, Plan
from server.actions.partnership.boundary_moves import carry_out
from server.http.services import Services
from server.importers.boundaries.parse import parse_whole
from server.importers.files import UnusableFile
from server.problems import Invalid, NotFound
from server.queries.maps.boundaries import list_districts_on
from server.queries.partnership import agencies, boundary_changes, workers
from server.queries.partnership.boundary_changes import Change
from server.queries.partnership.districts import list_districts
from server.settings import DOCUMENT_FORM_BYTES
from server.web.layout.forms import EmptyForm, Errors, read_date, read_upload
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.wording import say_list

PATH = "/boundaries"
SECTION = "/county"


EMPTY: dict[str, Any] = {"on_day": "", "code": "", "name": "", "ends": ()}


class Line(Value, frozen=True, kw_only=True):
    """One plan as the list shows it."""

    id: Id
    title: str
    change: Change


@get(PATH, opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def show_boundary_changes(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What is planned and what was done, and the form for another plan."""
    with door.open() as access:
        access.require(Act.MANAGE_DISTRICTS)
        return _answer(request, access, {}, {})


@post(
    PATH,
    opt={"action": Act.MANAGE_DISTRICTS},
    sync_to_thread=True,
    include_in_schema=False,
    request_max_body_size=DOCUMENT_FORM_BYTES,
)
def plan_boundary_change(
    request: AnyRequest,
    door: NamedDependency[Door],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Keeps a plan. Nothing is changed before its day."""
    errors: Errors = {}
    told = {name: str(data.get(name) or "").strip() for name in ("on_day", "code", "name")}
    on_day = read_date(errors, "on_day", told["on_day"], "Give the first day of the new districts.")
    begins = _read_beginnings(errors, told, data.get("outlines"))
    ends = data.get("ends") or ()
    plan = Plan(ends=tuple([ends] if isinstance(ends, str) else map(str, ends)), begins=begins)
    change = None
    try:
        with door.open() as access:
            if not errors and on_day is not None:
                change = changing.plan_change(access, on_day, plan)
    except Invalid as refused:
        errors["ends"] = " ".join(refused.errors)
    if change is not None:
        return go_to(f"{PATH}/{change.id}")
    with door.open() as access:
        access.require(Act.MANAGE_DISTRICTS)
        return _answer(request, access, errors, told | {"ends": plan.ends})


@get(f"{PATH}/{{change_id:str}}", opt={"action": Act.MANAGE_DISTRICTS}, sync_to_thread=True, include_in_schema=False)
def show_boundary_change(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], change_id: FromPath[Id]
) -> Response[str]:
    """What the plan would do if it were carried out now, or what it did."""
    with door.open() as access:
        access.require(Act.MANAGE_DISTRICTS)
        change = boundary_changes.find_change(access.session, change_id)
        if change is None:
            raise NotFound
        plan = changing.read_plan(change)
        shown = changing.show_change(access.session, change, ZoneInfo(services.settings.timezone))
        return page(
            request, "admin/boundary_change.html", title="Boundaries change", section=SECTION, worker=access.worker,
            change=change, shown=shown, title_words=_title(access, change), now=access.now,
            is_due=change.is_waiting and change.on_day <= access.today,
            staff=_list_staff(access, plan) if change.is_waiting and len(plan.begins) > 1 else [],
            choices=[("", "In all of them"), *((each.code, each.name) for each in plan.begins)],
        )  # fmt: skip


@post(
    f"{PATH}/{{change_id:str}}/staff",
    opt={"action": Act.MANAGE_DISTRICTS},
    sync_to_thread=True,
    include_in_schema=False,
)
def place_staff(
    door: NamedDependency[Door],
    change_id: FromPath[Id],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Keeps where teams and workers work from that day on."""
    chosen = {name.removeprefix("to-"): str(code) for name, code in data.items() if name.startswith("to-")}
    with door.open() as access:
        changing.place_staff(access, change_id, chosen)
    return go_to(f"{PATH}/{change_id}", "kept_record")


@post(
    f"{PATH}/{{change_id:str}}/apply",
    opt={"action": Act.MANAGE_DISTRICTS},
    sync_to_thread=True,
    include_in_schema=False,
)
def carry_out_now(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    change_id: FromPath[Id],
    data: URLEncodedBody[EmptyForm],
) -> Response[Any]:
    """Carries a plan out whose day has come, without waiting for the night's job. Pressed twice, it is done once."""
    with door.open() as access:
        carry_out(access, change_id, services.settings)
    return go_to(f"{PATH}/{change_id}", "county_changed")


@post(
    f"{PATH}/{{change_id:str}}/call-off",
    opt={"action": Act.MANAGE_DISTRICTS},
    sync_to_thread=True,
    include_in_schema=False,
)
def call_change_off(
    door: NamedDependency[Door], change_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """The plan will not be carried out."""
    with door.open() as access:
        changing.call_off(access, change_id)
    return go_to(PATH, "kept_record")


def _read_beginnings(errors: Errors, told: dict[str, str], sent: object) -> tuple[Beginning, ...]:
    """The districts of a file of outlines, or the one that was typed."""
    _, content = read_upload(sent)
    if not content:
        if not told["code"] or not told["name"]:
            errors["code"] = "Give the new district’s code and name, or bring the outlines of several."
        return (Beginning(code=told["code"], name=told["name"]),)
    try:
        areas = parse_whole(content)
    except UnusableFile as error:
        errors["outlines"] = str(error)
        return ()
    return tuple(Beginning(code=each.code, name=each.name, geojson=each.geojson) for each in areas)


def _answer(request: AnyRequest, access: Access, errors: Errors, form: dict[str, Any]) -> Response[str]:
    changes = boundary_changes.list_changes(access.session)
    standing = [each for each in list_districts_on(access.session, access.today) if each.valid_to is None]
    return page(
        request, "admin/boundary_changes.html", title="Boundaries change", section=SECTION, worker=access.worker,
        status=422 if errors else 200, errors=errors, form=EMPTY | form, now=access.now,
        lines=[Line(id=each.id, title=_title(access, each), change=each) for each in changes],
        districts=[(each.id, each.name) for each in standing],
    )  # fmt: skip


def _title(access: Access, change: Change) -> str:
    names = {each.id: each.name for each in list_districts(access.session)}
    plan = changing.read_plan(change)
    ended = say_list(names.get(each, "") for each in plan.ends)
    became = "become" if len(plan.ends) > 1 else "becomes"
    return f"{ended} {became} {say_list(each.name for each in plan.begins)}"


def _list_staff(access: Access, plan: Plan) -> list[tuple[Id, str, str]]:
    """Teams and workers of the districts that end, and where each works: (id, name, code)."""
    teams = {each.id: each.name for each in agencies.list_teams(access.session)}
    people = workers.list_short_names(access.session, boundary_changes.list_workers_in(access.session, plan.ends))
    found = [(each, teams.get(each, "")) for each in boundary_changes.list_teams_in(access.session, plan.ends)]
    found += sorted(people.items(), key=lambda each: each[1])
    return [(who, name, plan.works_in.get(who, "")) for who, name in found]
