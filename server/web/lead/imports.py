"""Bringing a file of reports in: dropped, looked at, its columns matched, its cells mended, then brought in and undone as one."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody
from msgspec import structs

from server.access import Access, Door, of_theirs
from server.database.context import Kind, acting
from server.http.services import Services
from server.importers import conversation, undoing
from server.importers.accounting import Importing
from server.importers.conversation import ORDERS, Answers, FileConversation, Plan
from server.importers.files import UnusableFile
from server.importers.inputs import look_over, of_bytes
from server.importers.referrals import import_referrals
from server.importers.report import Reading
from server.importers.sources import SOURCES
from server.importers.table import Layout
from server.problems import Failure, Invalid
from server.queries.partnership.districts import list_districts
from server.queries.referrals import imports
from server.queries.referrals.imports import HeldFile
from server.security.holding import Box
from server.web.layout.forms import EmptyForm, Errors, one_break, read_upload, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from server.web.lead.inbox import list_tabs
from shared.model.value import Id
from shared.policy import Act

PATH = "/imports"
COLUMN = re.compile(r"column-(\d{1,3})")
MEND = re.compile(r"mend-(\d{1,9})-(\d{1,3})")
MOST_ROWS = 10_000_000
SHOWN_FILES = 20
ENCODINGS = {"": "as the file shows", "utf-8": "UTF-8", "cp1252": "Windows (cp1252)", "utf-16": "UTF-16"}
DELIMITERS = {"": "as the file shows", ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
Typed = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get(PATH, opt={"action": Act.IMPORT_REFERRALS}, sync_to_thread=True, include_in_schema=False)
def show_imports(request: AnyRequest, door: NamedDependency[Door], page_number: FromQuery[int] = 1) -> Response[str]:
    """Where a file comes in, and those that the reader brought, with the rows that the reader mended."""
    with door.open() as access:
        return _front(request, access, number=max(1, page_number))


@post(PATH, opt={"action": Act.IMPORT_REFERRALS}, sync_to_thread=True, include_in_schema=False)
def bring_file(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[Any]:
    """Holds the file, sealed, and leads to what it would bring in. Nothing is brought in yet."""
    name, content = read_upload(data.get("data"))
    with door.open() as access:
        _require(access, "brought")
        try:
            if not content:
                raise UnusableFile("Choose a file.")
            file_id = conversation.hold(access, _box(services), name, content)
        except UnusableFile as error:
            return _front(request, access, {"data": str(error)})
    return go_to(f"{PATH}/{file_id}")


@get(f"{PATH}/{{file_id:str}}", opt={"action": Act.IMPORT_REFERRALS}, sync_to_thread=True, include_in_schema=False)
def show_file(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services], file_id: FromPath[Id]
) -> Response[str]:
    """What the file would bring in."""
    with door.open() as access:
        _require(access, file_id)
        held, state = conversation.open_held(access, _box(services), file_id)
        return _plan_page(request, access, services, held, state)


@post(f"{PATH}/{{file_id:str}}", opt={"action": Act.IMPORT_REFERRALS}, sync_to_thread=True, include_in_schema=False)
def answer(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    file_id: FromPath[Id],
    data: Typed,
) -> Response[Any]:
    """Keeps what was chosen and mended; shows the file anew, or brings it in where that was pressed."""
    with door.open() as access:
        _require(access, file_id)
        held, state = conversation.open_held(access, _box(services), file_id)
        try:
            state.answers = _read_answers(access, state, data)
        except (Invalid, UnusableFile) as wrong:
            errors = {"columns": " ".join(wrong.errors) if isinstance(wrong, Invalid) else str(wrong)}
            return _plan_page(request, access, services, held, state, errors)
        conversation.keep_answers(access, _box(services), file_id, state)
        if str(data.get("press", "")) != "apply":
            return go_to(f"{PATH}/{file_id}")
        plan = _make_plan(access, services, held, state)
        if plan.why_not:
            return _plan_page(request, access, services, held, state, {"columns": plan.why_not})
        run = _run(access, services, held, state)
    _bring_in(services, run, state)
    with door.open() as access:
        _require(access, "brought in")
        conversation.keep_mapping(access.session, state.answers, access.new_id(), run.now)
        imports.drop_held(access.session, file_id)
    return go_to(PATH, "reports_brought")


@post(
    f"{PATH}/{{file_id:str}}/drop", opt={"action": Act.IMPORT_REFERRALS}, sync_to_thread=True, include_in_schema=False
)
def drop_file(
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    file_id: FromPath[Id],
    data: URLEncodedBody[EmptyForm],
) -> Response[Any]:
    """Forgets a file that is not to be brought in."""
    with door.open() as access:
        _require(access, "dropped")
        conversation.open_held(access, _box(services), file_id)
        imports.drop_held(access.session, file_id)
    return go_to(PATH)


@post(
    f"{PATH}/{{file_id:str}}/undo", opt={"action": Act.IMPORT_REFERRALS}, sync_to_thread=True, include_in_schema=False
)
def undo_file(
    request: AnyRequest, door: NamedDependency[Door], file_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Takes out again what a file brought in, piece by piece, and says what stays."""
    try:
        left = undoing.undo(door, file_id)
    except Failure as failure:
        if failure.problem.status != 409:
            raise
        with door.open() as access:
            return _front(request, access, {"data": failure.detail})
    with door.open() as access:
        return _front(request, access, left=left, is_undone=True)


def _require(access: Access, detail: str) -> None:
    access.require(Act.IMPORT_REFERRALS, of_theirs(access.actor), purpose="import", detail=detail)


def _box(services: Services) -> Box[FileConversation]:
    return conversation.make_box(services.keys.secret, *services.keys.secrets_before)


def _run(access: Access, services: Services, held: HeldFile, state: FileConversation) -> Importing:
    return Importing(
        "referrals", state.answers.source, held.file_name, b"", access.now, access.new_id, services.settings.timezone,
        file_sha256=look_over(of_bytes(state.data)), by=access.actor.worker_id, tray=services.tray,
        in_own_words=conversation.name_cells(state.answers),
    )  # fmt: skip


def _bring_in(services: Services, run: Importing, state: FileConversation) -> None:
    """Whoever pressed it was let through the door; a file may tell of every district, and is stored as a command stores it."""
    reports = conversation.open_reports(of_bytes(state.data), state.answers, Reading(run.zone, run.now))
    with acting(Kind.COMMAND):
        import_referrals(services.database, run, reports, services.settings.data)


def _make_plan(access: Access, services: Services, held: HeldFile, state: FileConversation) -> Plan:
    run = _run(access, services, held, state)
    return conversation.make_plan(
        access.session, of_bytes(state.data, held.file_name), state.answers, run, services.settings.data
    )


def _read_answers(access: Access, state: FileConversation, data: Mapping[str, Any]) -> Answers:
    """The answers as they were sent, laid over those that were given before. Raises Invalid and UnusableFile."""
    source = of_bytes(state.data)
    answers = structs.replace(state.answers, meanings=dict(state.answers.meanings), mends=dict(state.answers.mends))
    layout = _read_layout(answers.layout, data)
    name = str(data.get("source", answers.source))
    if name not in SOURCES:
        raise Invalid("Choose one of the sources.")
    is_read_anew = (name, layout.sheet, layout.heading_row, layout.encoding, layout.delimiter) != (
        answers.source, answers.layout.sheet, answers.layout.heading_row, answers.layout.encoding, answers.layout.delimiter,
    )  # fmt: skip
    answers.source, answers.layout = name, layout
    answers.mapping_name = str(data.get("mapping_name", answers.mapping_name))[:200]
    if is_read_anew:
        answers.meanings, answers.mends = {}, {}
        return conversation.match_columns(access.session, source, answers)
    _read_cells(answers, data)
    return answers


def _read_cells(answers: Answers, data: Mapping[str, Any]) -> None:
    headings = list(answers.meanings)
    wanted = {}
    for field, value in data.items():
        said = one_break(str(value))
        if (found := COLUMN.fullmatch(field)) and int(found[1]) <= len(headings):
            wanted[headings[int(found[1]) - 1]] = said
        elif found := MEND.fullmatch(field):
            heading = str(data.get(f"of-{found[1]}-{found[2]}", ""))
            if heading and said != one_break(str(data.get(f"was-{found[1]}-{found[2]}", said))):
                conversation.mend(answers, int(found[1]), heading, said)
    conversation.set_meanings(answers, wanted)


def _read_layout(layout: Layout, data: Mapping[str, Any]) -> Layout:
    row = str(data.get("heading_row", layout.heading_row or "")).strip()
    number = read_whole(row, MOST_ROWS) if row else 0
    if number is None:
        raise Invalid("Write the row of the headings as a number.")
    said = {name: str(data.get(name, getattr(layout, name))) for name in ("sheet", "encoding", "delimiter", "order")}
    if said["encoding"] not in ENCODINGS or said["delimiter"] not in DELIMITERS or said["order"] not in ORDERS:
        raise Invalid("Choose from the lists.")
    return Layout(heading_row=number, **said)


def _front(
    request: AnyRequest, access: Access, errors: Errors | None = None, left: list[str] | None = None, *,
    is_undone: bool = False, number: int = 1,
) -> Response[str]:  # fmt: skip
    _require(access, "files")
    batches = imports.list_batches(
        access.session, access.actor.worker_id, limit=SHOWN_FILES + 1, offset=(number - 1) * SHOWN_FILES
    )
    return page(
        request, "lead/imports.html", title="Bring a file of reports", section="/referrals", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, tabs=list_tabs(access, "imports"), now=access.now,
        left=left or [], is_undone=is_undone, waiting=imports.list_held(access.session, access.actor.worker_id),
        batches=batches[:SHOWN_FILES], previous_path=f"{PATH}?page_number={number - 1}" if number > 1 else "",
        next_path=f"{PATH}?page_number={number + 1}" if len(batches) > SHOWN_FILES else "",
        source_words={name: conversation.say_source(each) for name, each in SOURCES.items()},
    )  # fmt: skip


def _plan_page(
    request: AnyRequest,
    access: Access,
    services: Services,
    held: HeldFile,
    state: FileConversation,
    errors: Errors | None = None,
) -> Response[str]:
    plan = _make_plan(access, services, held, state)
    districts = {each.id: each.name for each in list_districts(access.session)}
    return page(
        request, "lead/import_plan.html", title="What the file would bring in", section="/referrals", worker=access.worker,
        status=422 if errors else 200, errors=errors or {}, held=held, answers=state.answers, plan=plan, now=access.now,
        districts=districts, encodings=ENCODINGS.items(), delimiters=DELIMITERS.items(), orders=ORDERS.items(),
        sources=[(name, conversation.say_source(each)) for name, each in sorted(SOURCES.items())],
    )  # fmt: skip
