"""Signing in with e-mail, password and code, and signing out.

A mistake is told kindly and without saying which part was wrong: nobody learns here who has an account.
"""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody

from server.actions.operation.signin import Attempt
from server.database.context import Kind
from server.http.cookies import clear_session, read_session, set_session
from server.http.form_guard import set_form_token
from server.http.services import Services
from server.problems import SECOND_FACTOR_NEEDED, WRONG_PASSWORD, Failure, TooManyTries
from server.web.layout.forms import Errors, Form
from server.web.layout.page import AnyRequest, go_to, page
from shared.policy import Act

CODE_HINT = "Leave this empty if you have not set up an authenticator app."
ERRORS_BY_NUMBER = {
    WRONG_PASSWORD.number: ("password", "That e-mail address and password do not match. Check both and try again."),
    SECOND_FACTOR_NEEDED.number: (
        "code",
        "Enter the six digits that your authenticator app shows now, or a recovery code.",
    ),
}


class SignInForm(Form, frozen=True, kw_only=True):
    """What somebody typed."""

    email: str = ""
    password: str = ""
    code: str = ""
    next: str = ""
    kept: str = ""
    again: str = ""


@get("/sign-in", opt={"action": Act.PUBLIC, "kind": Kind.SIGN_IN}, sync_to_thread=True, include_in_schema=False)
def show_sign_in(
    request: AnyRequest, services: NamedDependency[Services], next: FromQuery[str] = "", kept: FromQuery[str] = ""
) -> Response[str]:
    """The form. `kept` tells that words came after their session had ended, and are safe."""
    again = "yes" if request.query_params.get("done") == "prove_again" else ""
    return _form(request, services, SignInForm(next=next, kept=kept, again=again), {})


@post("/sign-in", opt={"action": Act.PUBLIC, "kind": Kind.SIGN_IN}, sync_to_thread=True, include_in_schema=False)
def sign_in(
    request: AnyRequest, services: NamedDependency[Services], data: URLEncodedBody[SignInForm]
) -> Response[Any]:
    """Opens a session under a new id and goes to where the person meant to go."""
    attempt = Attempt(
        email=data.email,
        password=data.password,
        code=data.code,
        address=request.client.host if request.client else "",
        old_token=read_session(request, services.settings),
    )
    try:
        opened = services.signin.sign_in(attempt, services.clock(), services.new_id)
    except TooManyTries as refused:
        return _form(request, services, data, {"password": _say_wait(refused)}, status=429, headers=refused.headers)
    except Failure as refused:
        field, message = ERRORS_BY_NUMBER.get(refused.kind.number, ("password", refused.detail))
        return _form(request, services, data, {field: message}, status=refused.kind.status)
    answer = go_to(own_path(data.next) or "/")
    set_session(answer, services.settings, opened.token)
    set_form_token(answer, services.settings, services.keys.secret, opened.token)
    return answer


@post("/sign-out", opt={"action": Act.PUBLIC, "kind": Kind.SIGN_IN}, sync_to_thread=True, include_in_schema=False)
def leave(request: AnyRequest, services: NamedDependency[Services]) -> Response[Any]:
    """Ends the session here and in the database. Signing out twice is fine."""
    token = read_session(request, services.settings)
    if token:
        address = request.client.host if request.client else ""
        services.signin.sign_out(token, address, services.clock(), services.new_id)
    answer = go_to("/sign-in", done="signed_out")
    clear_session(answer, services.settings)
    set_form_token(answer, services.settings, services.keys.secret, "")
    return answer


def own_path(path: str) -> str:
    """Returns the path if it is one of this server's own pages, else nothing: no sign-in ever leads elsewhere."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path and path.isprintable()
    return path if is_own else ""


def _form(
    request: AnyRequest,
    services: Services,
    data: SignInForm,
    errors: Errors,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[str]:
    answer = page(
        request, "signin/sign_in.html", title="Sign in", status=status, errors=errors, email=data.email,
        next=own_path(data.next), code_hint=CODE_HINT, kept=data.kept == "yes",
        agency_signin=services.settings.openid.name if services.agency_signin else "",
        signed_out=request.query_params.get("done") == "signed_out", again=data.again == "yes",
    )  # fmt: skip
    answer.headers.update(headers or {})
    return answer


def _say_wait(refused: TooManyTries) -> str:
    minutes = max(1, round(int(refused.headers["retry-after"]) / 60))
    return f"Too many tries. Wait {minutes} minute{'' if minutes == 1 else 's'}, then try again. Nobody else can lock you out."
