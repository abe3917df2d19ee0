"""Notices of discharges, releases and by the duty to refer: who is expected when, what becomes of each, and a file of them."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.referrals import notices
from server.http.services import Services
from server.importers.accounting import Account
from server.importers.files import UnusableFile, make_storable
from server.importers.notices import bring_file, leave_out, list_refused, mend_row
from server.problems import Invalid
from server.queries.maps.boundaries import list_districts_on
from server.queries.partnership.workers import list_short_names
from server.web.layout.forms import Form, MendForm, read_day, read_upload
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.paging import make_paging
from shared.model.notice import NoticeAnswer
from shared.model.value import Id
from shared.policy import Act

PATH = "/notices"
ANSWERS = {
    NoticeAnswer.TAKEN_ON: "Taken on: put forward for our list",
    NoticeAnswer.HELPED: "Somebody helps them: no list has to",
    NoticeAnswer.NOT_REACHED: "Could not be reached",
    NoticeAnswer.NOT_OURS: "Outside of this county",
}


class AnswerForm(Form, frozen=True, kw_only=True):
    """What becomes of a notice, or the district that it goes to."""

    notice: Id = ""
    answer: str = ""
    words: str = ""
    send_to: Id = ""


class LackingForm(Form, frozen=True, kw_only=True):
    """What is added to a notice that lacked it."""

    notice: Id = ""
    name: str = ""
    date_of_birth: str = ""
    institution: str = ""
    expected_on: str = ""
    sender_name: str = ""
    sender_reach: str = ""


@get(PATH, opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def show_notices(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    page_number: FromQuery[int] = 1,
) -> Response[str]:
    """What waits, whoever is expected first first, and what was answered."""
    with door.open() as access:
        return _answer(request, access, services, {}, AnswerForm(), page_number=page_number)


@post(PATH, opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def answer_notice(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[AnswerForm],
) -> Response[Any]:
    """Keeps the answer, or sends it on."""
    try:
        with door.open() as access:
            notices.answer(access, services.project, data.notice, data.answer, make_storable(data.words), data.send_to)
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, services, {data.notice: " ".join(refused.errors)}, data)
    return go_to(PATH, "saved")


@post(f"{PATH}/lacking", opt={"action": Act.CHANGE_CASE}, sync_to_thread=True, include_in_schema=False)
def add_to_notice(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[LackingForm],
) -> Response[Any]:
    """Adds what a notice lacks."""
    try:
        with door.open() as access:
            access.require(Act.CHANGE_CASE, of_theirs(access.actor), purpose="notices")
            said = {name: make_storable(text).strip() for name, text in msgspec.structs.asdict(data).items()}
            days = {name: read_day(said[name]) for name in ("date_of_birth", "expected_on")}
            notices.add_lacking(access, data.notice, {**said, **days})
    except Invalid as refused:
        with door.open() as access:
            return _answer(request, access, services, {data.notice: " ".join(refused.errors)}, AnswerForm(), typed=data)
    return go_to(PATH, "saved")


@post(f"{PATH}/file", opt={"action": Act.CHANGE_CASE}, status_code=200, sync_to_thread=True, include_in_schema=False)
def bring_notices(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[str]:
    """Takes a spreadsheet in, and says what became of each row."""
    name, content = read_upload(data.get("file"))
    with door.open() as access:
        try:
            if not content:
                raise UnusableFile("Choose a file.")
            brought = bring_file(access, services.tray, str(data.get("district") or ""), content, make_storable(name))
        except UnusableFile as error:
            return _answer(request, access, services, {"file": str(error)}, AnswerForm())
        return _answer(request, access, services, {}, AnswerForm(), brought)


@post(
    f"{PATH}/refused/{{batch_id:str}}/{{row_number:int}}",
    opt={"action": Act.CHANGE_CASE},
    sync_to_thread=True,
    include_in_schema=False,
)
def mend_notice_row(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    batch_id: FromPath[str],
    row_number: FromPath[int],
    data: URLEncodedBody[MendForm],
) -> Response[Any]:
    """Reads a row of a list again with what was typed; what is still wrong is said beside it, with nothing lost."""
    cells = data.as_cells()
    try:
        with door.open() as access:
            access.require(Act.CHANGE_CASE, of_theirs(access.actor), purpose="notices")
            mend_row(access, batch_id, row_number, cells)
    except Invalid as refused:
        key = f"{batch_id}-{row_number}"
        with door.open() as access:
            errors = {key: " ".join(refused.errors)}
            return _answer(request, access, services, errors, AnswerForm(), mended=(batch_id, row_number, cells))
    return go_to(PATH, "notice_mended")


@post(
    f"{PATH}/refused/{{batch_id:str}}/{{row_number:int}}/leave-out",
    opt={"action": Act.CHANGE_CASE},
    sync_to_thread=True,
    include_in_schema=False,
)
def leave_notice_row_out(
    door: NamedDependency[Door], batch_id: FromPath[str], row_number: FromPath[int]
) -> Response[Any]:
    """Says that a row of a list is no notice: a total, a note, a test."""
    with door.open() as access:
        access.require(Act.CHANGE_CASE, of_theirs(access.actor), purpose="notices")
        leave_out(access, batch_id, row_number)
    return go_to(PATH, "notice_left_out")


def _answer(
    request: AnyRequest,
    access: Access,
    services: Services,
    errors: dict[str, str],
    form: AnswerForm,
    brought: Account | None = None,
    page_number: int = 1,
    typed: LackingForm | None = None,
    mended: tuple[Id, int, dict[str, str]] | None = None,
) -> Response[str]:
    access.require(Act.CHANGE_CASE, of_theirs(access.actor), purpose="notices")
    desk = notices.read_desk(access, page_number)
    every = list_districts_on(access.session, access.today)
    refused, refused_in_all = list_refused(access, services.tray)
    who = list_short_names(access.session, {each.answered_by for each in desk.answered if each.answered_by})
    return page(
        request, "coordinator/notices.html", title="Notices", section=PATH, worker=access.worker,
        status=422 if errors else 200, errors=errors, form=form, desk=desk, who=who,
        typed=typed or LackingForm(), labels=notices.LACKING,
        lacking={each.id: notices.list_lacking(each) for each in desk.waits},
        today=access.today, now=access.now, most_answered=notices.ANSWERED_SHOWN, kinds=notices.KINDS,
        said=ANSWERS, brought=brought,
        days=notices.list_days_until(desk.waits, access.today), names={each.id: each.name for each in every},
        answers=[("", "Choose"), *((str(each), words) for each, words in ANSWERS.items())],
        elsewhere=[("", "It stays here"), *((each.id, each.name) for each in every)],
        own=[(each.id, each.name) for each in every if each.id in access.actor.district_ids],
        refused=refused, refused_beyond=refused_in_all - len(refused), mended=mended,
        paging=make_paging(desk.page, desk.pages, lambda number: f"{PATH}?page_number={number}"),
    )  # fmt: skip
