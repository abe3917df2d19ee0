"""A hospital, a prison or any public authority tells a district of somebody who will have nowhere to go, and reads the answer."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.actions.referrals.notices import KINDS, Told, find_faults, receive
from server.database.deadlocks import is_deadlock
from server.database.engine import BUSY
from server.http.local_time import to_local
from server.http.services import Services
from server.importers.files import make_storable
from server.problems import Invalid, TooManyTries
from server.queries.maps.boundaries import list_districts_on
from server.queries.referrals import notices
from server.web.layout.forms import Errors, Form, read_date
from server.web.layout.limits import check_limit
from server.web.layout.page import AnyRequest, page
from shared.model.notice import Notice, NoticeAnswer
from shared.policy import Act

PATH = "/notice"
TITLE = "Somebody will have nowhere to go"
TOO_OFTEN = "Many have written to us from your network this minute. Wait a minute, then send it again: nothing is lost."
TOO_BUSY = "The server is busy. Send it again in a moment: nothing is lost."
SAID = {
    NoticeAnswer.TAKEN_ON: "The district has taken them on: they are put forward for its case conference.",
    NoticeAnswer.HELPED: "Somebody helps them already, or will.",
    NoticeAnswer.NOT_REACHED: "They could not be reached. Tell us again if you know how.",
    NoticeAnswer.NOT_OURS: "They belong to another district, outside of this county.",
}


class NoticeForm(Form, frozen=True, kw_only=True):
    """What somebody typed. `key` was made with the empty form, so that sending it twice is one notice."""

    key: str = ""
    kind: str = ""
    institution: str = ""
    name: str = ""
    date_of_birth: str = ""
    expected_on: str = ""
    district: str = ""
    words: str = ""
    sender_name: str = ""
    sender_reach: str = ""
    agreed: str = ""


class ReferenceForm(Form, frozen=True, kw_only=True):
    """The reference that the sender kept."""

    reference: str = ""


@get(PATH, opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_notice_form(request: AnyRequest, services: NamedDependency[Services]) -> Response[str]:
    """The empty form."""
    return _form(request, services, NoticeForm(key=services.new_id()), {})


@post(PATH, opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def send_notice(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[NoticeForm]
) -> Response[str]:
    """Keeps the notice and says its reference. What is wrong is told beside its field; whatever goes wrong, nothing is lost."""
    data = NoticeForm(**{name: make_storable(text) for name, text in msgspec.structs.asdict(data).items()})
    try:
        return _send(request, services, data)
    except TooManyTries as refused:
        response = _form(request, services, data, {"kind": TOO_OFTEN}, status=429)
        response.headers.update(refused.headers)
    except BUSY as error:
        if is_deadlock(error):
            raise  # it is done again
        response = _form(request, services, data, {"kind": TOO_BUSY}, status=503)
        response.headers["retry-after"] = "2"
    return response


def _send(request: AnyRequest, services: Services, data: NoticeForm) -> Response[str]:
    check_limit(request, services)
    errors: Errors = {}
    now = services.clock()
    told = Told(
        key=data.key or services.new_id(), kind=data.kind, district_id=data.district, institution=data.institution,
        name=data.name, date_of_birth=_read_day(errors, "date_of_birth", data.date_of_birth),
        expected_on=_read_day(errors, "expected_on", data.expected_on), words=data.words, sender_name=data.sender_name,
        sender_reach=data.sender_reach,
    )  # fmt: skip
    errors |= find_faults(told, to_local(now).date())
    if data.agreed != "yes":
        errors["agreed"] = "Ask them first: a notice is sent with their agreement."
    if not errors:
        try:
            with services.database.writing() as session:
                kept, _ = receive(session, told, now, to_local(now).date(), services.new_id)
            return page(request, "referrer/notice_sent.html", title="Sent", reference=kept.reference)
        except Invalid as refused:
            errors["district"] = " ".join(refused.errors)
    return _form(request, services, data, errors, status=422)


@get(f"{PATH}/status", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_notice_status_form(request: AnyRequest) -> Response[str]:
    """Asks for the reference."""
    return _status(request, "", None, "")


@post(f"{PATH}/status", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def show_notice_status(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[ReferenceForm]
) -> Response[str]:
    """The district's answer, and nothing of the person."""
    check_limit(request, services)
    reference = make_storable(data.reference).strip().upper()[:40]
    with services.database.reading() as session:
        found = notices.find_by_reference(session, reference)
    if found is None:
        return _status(request, data.reference[:40], None, "We have no notice with this reference.")
    said = SAID[found.answer] if found.answer else "The district has it and has not answered yet."
    return _status(request, reference, found, said)


def _status(request: AnyRequest, reference: str, found: Notice | None, said: str) -> Response[str]:
    words = found.answer_words if found is not None and found.answer else ""
    return page(
        request, "referrer/notice_status.html", title="What became of a notice", reference=reference, answer=said,
        words=words, errors={},
    )  # fmt: skip


def _form(
    request: AnyRequest, services: Services, form: NoticeForm, errors: Errors, status: int = 200
) -> Response[str]:
    with services.database.reading() as session:
        standing = list_districts_on(session, to_local(services.clock()).date())
    options: list[tuple[str, Any]] = [("", "Choose"), *((each.id, each.name) for each in standing)]
    return page(
        request, "referrer/notice.html", title=TITLE, status=status, form=form, errors=errors,
        districts=options, kinds=[(str(kind), words) for kind, words in KINDS.items()],
    )  # fmt: skip


def _read_day(errors: Errors, field: str, text: str) -> date | None:
    return read_date(errors, field, text, "Give the day, or leave it empty.") if text.strip() else None
