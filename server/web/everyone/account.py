"""Somebody's own way in: their password, codes for the day the second factor is lost, and where they are signed in."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import URLEncodedBody

from server.access import Access, Door, of_theirs
from server.actions.operation import account
from server.actions.operation.account import Proof
from server.http.cookies import read_session
from server.http.gate import address_of, has_action
from server.http.services import Services
from server.problems import Invalid, TooManyTries
from server.web.layout.forms import Errors, Form, read_whole
from server.web.layout.page import AnyRequest, go_to, page
from server.web.layout.words import say_promise
from shared.policy import Act
from shared.rules.check_ins import PROMISES

SIGNED_IN: dict[str, Any] = {"opt": {"action": Act.SIGNED_IN}, "sync_to_thread": True, "include_in_schema": False}


class PasswordForm(Form, frozen=True, kw_only=True):
    """The password now, and the one to be, twice."""

    old: str = ""
    new: str = ""
    again: str = ""


class CodesForm(Form, frozen=True, kw_only=True):
    """The password, typed once more."""

    password: str = ""


class SessionForm(Form, frozen=True, kw_only=True):
    """Which session is to end, and the password, typed once more."""

    mark: str = ""
    proof: str = ""


class SignForm(Form, frozen=True, kw_only=True):
    """The promise that says that somebody makes them say that they are well, and the password, typed once more."""

    minutes: str = ""
    sign_proof: str = ""


@get("/account", **SIGNED_IN)
def show_account(
    request: AnyRequest, door: NamedDependency[Door], services: NamedDependency[Services]
) -> Response[str]:
    """All of it on one page."""
    with door.open() as access:
        return _answer(request, access, services)


@post("/account/password", **SIGNED_IN)
def change_password(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[PasswordForm],
) -> Response[Any]:
    """Another password."""
    proof = _proof(request, services, data.old)
    try:
        if data.new != data.again:
            raise Invalid("The two are not the same.")
        account.change_own_password(services.signin, door.worker, proof, data.new, services.clock(), services.new_id)
    except (Invalid, TooManyTries) as refused:
        with door.open() as access:
            return _answer(request, access, services, {"new": _words(refused)})
    return go_to("/account", "password_changed")


@post("/account/end-session", **SIGNED_IN)
def end_session(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[SessionForm],
) -> Response[Any]:
    """Ends one of their own sessions."""
    proof = _proof(request, services, data.proof)
    try:
        account.end_own_session(services.signin, door.worker, proof, data.mark, services.clock(), services.new_id)
    except (Invalid, TooManyTries) as refused:
        with door.open() as access:
            return _answer(request, access, services, {"proof": _words(refused)})
    return go_to("/account", "session_ended")


@post("/account/sign", opt={"action": Act.RECORD_CONTACT}, sync_to_thread=True, include_in_schema=False)
def choose_sign(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[SignForm],
) -> Response[Any]:
    """Another sign. What was chosen is shown to nobody."""
    with door.open() as access:
        access.require(Act.RECORD_CONTACT, of_theirs(access.actor), purpose="a sign of their own")
    proof = _proof(request, services, data.sign_proof)
    try:
        minutes = read_whole(data.minutes, max(PROMISES)) or 0
        account.choose_sign(services.signin, door.worker, proof, minutes, services.clock(), services.new_id)
    except (Invalid, TooManyTries) as refused:
        field = "sign_proof" if data.minutes else "minutes"
        with door.open() as access:
            return _answer(request, access, services, {field: _words(refused)})
    return go_to("/account", "sign_chosen")


@post("/account/recovery-codes", **SIGNED_IN)
def make_codes(
    request: AnyRequest,
    door: NamedDependency[Door],
    services: NamedDependency[Services],
    data: URLEncodedBody[CodesForm],
) -> Response[str]:
    """Makes codes and shows them, once, to whoever types the password again."""
    proof = _proof(request, services, data.password)
    try:
        codes = account.make_recovery_codes(services.signin, door.worker, proof, services.clock(), services.new_id)
    except (Invalid, TooManyTries) as refused:
        with door.open() as access:
            return _answer(request, access, services, {"password": _words(refused)})
    with door.open() as access:
        return _answer(request, access, services, codes=codes)


def _proof(request: AnyRequest, services: Services, password: str) -> Proof:
    return Proof(password=password, token=read_session(request, services.settings), address=address_of(request))


def _words(refused: Invalid | TooManyTries) -> str:
    return refused.errors[0] if refused.errors else refused.detail


def _answer(
    request: AnyRequest,
    access: Access,
    services: Services,
    errors: Errors | None = None,
    codes: list[str] | None = None,
) -> Response[str]:
    token = read_session(request, services.settings)
    return page(
        request, "everyone/account.html", title="Your account", worker=access.worker, now=access.now,
        status=422 if errors else 200, errors=errors or {}, sessions=account.list_own_sessions(access, token),
        has_password=account.has_password(access), codes=codes or [], codes_left=account.count_recovery_codes(access),
        promises=_promises(access), has_sign=account.has_sign(access),
    )  # fmt: skip


def _promises(access: Access) -> list[tuple[str, str]]:
    """What may be chosen as a sign; nothing for whoever never goes out."""
    goes_out = has_action(access.worker, Act.RECORD_CONTACT)
    return [("", "Choose"), *((str(each), say_promise(each)) for each in PROMISES)] if goes_out else []
