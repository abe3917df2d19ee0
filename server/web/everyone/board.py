"""The notice board of those who work with one another, which names nobody."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody

from server.access import Access, Door
from server.actions.cases.case_study import may_take_down
from server.actions.partnership import board
from server.problems import InvalidFields
from server.queries.partnership import agencies, workers
from server.web.layout.dates import DateParts, read_parts
from server.web.layout.forms import EmptyForm, Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.model.value import Id
from shared.policy import Act

SECTION = "/board"


class NoticeForm(Form, frozen=True, kw_only=True):
    """A notice, and the last day on which it hangs."""

    title: str = ""
    content: str = ""
    until_on_day: str = ""
    until_on_month: str = ""
    until_on_year: str = ""

    @property
    def until_on(self) -> DateParts:
        """The last day as typed."""
        return DateParts(self.until_on_day, self.until_on_month, self.until_on_year)


class AnswerForm(Form, frozen=True, kw_only=True):
    """An answer to a notice."""

    content: str = ""


@get(SECTION, opt={"action": Act.SEE_LEARNING}, sync_to_thread=True, include_in_schema=False)
def show_board(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """What hangs today."""
    with door.open() as access:
        return _answer(request, access)


@post(SECTION, opt={"action": Act.WRITE_ON_BOARD}, sync_to_thread=True, include_in_schema=False)
def hang_notice(request: AnyRequest, door: NamedDependency[Door], data: URLEncodedBody[NoticeForm]) -> Response[Any]:
    """Hangs a notice, or says what in it tells of somebody."""
    try:
        with door.open() as access:
            access.require(Act.WRITE_ON_BOARD, purpose=board.PURPOSE)
            until_on = read_parts(data.until_on)
            if data.until_on.joined and until_on is None:
                raise InvalidFields({"until_on": "Enter a day, such as 12 3 2027."})
            board.hang(access, data.title, data.content.replace("\r\n", "\n"), until_on)
    except InvalidFields as refused:
        with door.open() as access:
            return _answer(request, access, dict(refused.by_field), data)
    return go_to(SECTION, "notice_hung")


@post(
    SECTION + "/{notice_id:str}/answer",
    opt={"action": Act.WRITE_ON_BOARD},
    sync_to_thread=True,
    include_in_schema=False,
)
def answer_notice(
    request: AnyRequest, door: NamedDependency[Door], notice_id: FromPath[Id], data: URLEncodedBody[AnswerForm]
) -> Response[Any]:
    """Answers a notice."""
    try:
        with door.open() as access:
            board.answer(access, notice_id, data.content.replace("\r\n", "\n"))
    except InvalidFields as refused:
        with door.open() as access:
            return _answer(request, access, dict(refused.by_field), answers={notice_id: data.content})
    return go_to(SECTION, "notice_hung")


@post(
    SECTION + "/{notice_id:str}/take-down", opt={"action": Act.TAKE_DOWN}, sync_to_thread=True, include_in_schema=False
)
def take_down_notice(
    door: NamedDependency[Door], notice_id: FromPath[Id], data: URLEncodedBody[EmptyForm]
) -> Response[Any]:
    """Takes down what one's own service hung; a coordinator anything."""
    with door.open() as access:
        board.take_down(access, notice_id)
    return go_to(SECTION, "taken_down")


def _answer(
    request: AnyRequest,
    access: Access,
    errors: Errors | None = None,
    form: NoticeForm | None = None,
    answers: dict[Id, str] | None = None,
) -> Response[str]:
    hangs = board.list_board(access)
    names = {each.id: each.name for each in agencies.list_agencies(access.session)}
    return page(
        request, "everyone/board.html", title="Notice board", section=SECTION, worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, form=form or NoticeForm(), typed=answers or {},
        notices=[each for each in hangs if each.answers_id is None],
        answers={each.id: [one for one in reversed(hangs) if one.answers_id == each.id] for each in hangs},
        names=names, people=workers.list_short_names(access.session, {each.worker_id for each in hangs}),
        removable={each.id for each in hangs if may_take_down(access, each.agency_id)},
        may_write=access.allows(Act.WRITE_ON_BOARD), hangs_days=board.HANGS_DAYS,
    )  # fmt: skip
