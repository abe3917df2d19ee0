"""What became of a report: kind, true, and giving nobody away. By its reference, which goes by POST and never by address, or by
the link that a mail brought. Here whoever told us says that they are still there, and answers what we asked."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody

from server.actions.referrals.answers import find_answered, find_told_language, say_answer
from server.actions.referrals.public_reports import find_report, say_more, say_still_there
from server.http.local_time import to_local
from server.http.services import Services
from server.importers.files import make_storable
from server.queries.referrals.inbox import InboxRow
from server.web.layout.forms import Errors, Form
from server.web.layout.limits import check_limit
from server.web.layout.page import AnyRequest, page
from server.web.referrer.words import NAMES, words_of
from shared.model.codes import ReferralState
from shared.policy import Act
from shared.rules.referral import is_open
from shared.rules.replies import ENGLISH, say_weekday, spoken

LONGEST_MORE = 1000


class StatusForm(Form, frozen=True, kw_only=True):
    """The reference that somebody kept, and the language of the page."""

    reference: str = ""
    lang: str = ENGLISH


class MoreForm(Form, frozen=True, kw_only=True):
    """What somebody adds to their report."""

    more: str = ""
    lang: str = ENGLISH


@get("/report/status", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_status_form(request: AnyRequest, lang: FromQuery[str] = ENGLISH) -> Response[str]:
    """Asks for the reference."""
    return _ask_for_reference(request, lang)


@post("/report/status", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def show_status(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[StatusForm]
) -> Response[str]:
    """Says where the report stands."""
    check_limit(request, services)
    with services.database.reading() as session:
        found = find_report(session, data.reference[:40])
    return _status(request, services, data, found)


@post("/report/still-there", opt={"action": Act.PUBLIC}, status_code=200, sync_to_thread=True, include_in_schema=False)
def tell_still_there(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[StatusForm]
) -> Response[str]:
    """Opens a report again that was over."""
    check_limit(request, services)
    reference = data.reference[:40]
    with services.database.writing() as session:
        is_again = say_still_there(session, find_report(session, reference), services.clock(), services.new_id)
        found = find_report(session, reference)
    return _status(request, services, data, found, "open_again" if is_again else "")


@get("/report/answer/{token:str}", opt={"action": Act.PUBLIC}, sync_to_thread=True, include_in_schema=False)
def show_answer(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], lang: FromQuery[str] = ""
) -> Response[str]:
    """Says where the report stands that a mail told of. Following the link changes nothing: mail scanners follow links."""
    with services.database.reading() as session:
        found = find_answered(session, token, services.keys.secret, to_local(services.clock()).date())
        language = lang or (find_told_language(session, token) if found else ENGLISH)
    return _answer(request, services, token, found, language)


@post(
    "/report/answer/{token:str}/still-there",
    opt={"action": Act.PUBLIC},
    status_code=200,
    sync_to_thread=True,
    include_in_schema=False,
)
def answer_still_there(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], data: URLEncodedBody[MoreForm]
) -> Response[str]:
    """Opens it again."""
    check_limit(request, services)
    now, secret = services.clock(), services.keys.secret
    with services.database.writing() as session:
        is_again = say_still_there(
            session, find_answered(session, token, secret, to_local(now).date()), now, services.new_id
        )
        found = find_answered(session, token, secret, to_local(now).date())
    return _answer(request, services, token, found, data.lang, "open_again" if is_again else "")


@post(
    "/report/answer/{token:str}/more",
    opt={"action": Act.PUBLIC},
    status_code=200,
    sync_to_thread=True,
    include_in_schema=False,
)
def answer_more(
    request: AnyRequest, services: NamedDependency[Services], token: FromPath[str], data: URLEncodedBody[MoreForm]
) -> Response[str]:
    """Keeps what was asked for, and the report is work again."""
    check_limit(request, services)
    now, secret = services.clock(), services.keys.secret
    errors: Errors = {}
    words = make_storable(data.more).strip()
    if not words:
        errors["more"] = words_of(data.lang)["bad_more"]
    elif len(words) > LONGEST_MORE:
        errors["more"] = words_of(data.lang)["too_long"].replace("{most}", f"{LONGEST_MORE:,}")
    with services.database.writing() as session:
        found = find_answered(session, token, secret, to_local(now).date())
        is_kept = not errors and say_more(session, found, words, now, services.new_id)
        found = find_answered(session, token, secret, to_local(now).date())
    return _answer(request, services, token, found, data.lang, "more_kept" if is_kept else "", errors, data.more)


def _ask_for_reference(
    request: AnyRequest, lang: str, reference: str = "", answer: str = "", promise: str | None = None,
    errors: Errors | None = None, *, is_over: bool = False, status: int = 200,
) -> Response[str]:  # fmt: skip
    words = words_of(lang)
    return page(
        request, "referrer/status.html", title=words["status_title"], reference=reference, answer=answer, is_over=is_over,
        promise=promise, errors=errors or {}, status=status, w=words, lang=spoken(lang), languages=NAMES,
        language_path="/report/status",
    )  # fmt: skip


def _status(
    request: AnyRequest, services: Services, data: StatusForm, found: InboxRow | None, done: str = ""
) -> Response[str]:
    reference, words = data.reference[:40], words_of(data.lang)
    if found is None:
        return _ask_for_reference(request, data.lang, reference, errors={"reference": words["unknown"]}, status=404)
    return _ask_for_reference(
        request, data.lang, reference, words[done] if done else say_answer(found, data.lang),
        _promise(services, found, data.lang), is_over=not is_open(found.referral),
    )  # fmt: skip


def _answer(
    request: AnyRequest, services: Services, token: str, found: InboxRow | None, lang: str, done: str = "",
    errors: Errors | None = None, more: str = "",
) -> Response[str]:  # fmt: skip
    """The page of a link; without a report behind it, the page that asks for a reference and says why."""
    words = words_of(lang)
    if found is None:
        return _ask_for_reference(request, lang, answer=words["over"], status=404)
    return page(
        request, "referrer/answer.html", title=words["status_title"], token=token, more=more, errors=errors or {},
        answer=words[done] if done else say_answer(found, lang), is_over=not is_open(found.referral),
        is_asked=found.referral.state is ReferralState.NEEDS_INFORMATION, promise=_promise(services, found, lang),
        status=422 if errors else 200, w=words, lang=spoken(lang), languages=NAMES, language_path=f"/report/answer/{token}",
    )  # fmt: skip


def _promise(services: Services, found: InboxRow, lang: str) -> str | None:
    """By when we promised an answer, in words, while one is owed and no more is asked."""
    if not is_open(found.referral) or found.referral.state is ReferralState.NEEDS_INFORMATION:
        return None
    day = found.promised_on or found.referral.due_on
    said = words_of(lang)["broken" if to_local(services.clock()).date() > day else "expected"]
    return said.replace("{day}", say_weekday(day, lang))
