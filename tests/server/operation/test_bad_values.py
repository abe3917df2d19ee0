"""Numbers of five thousand digits, times without a zone, signs that look like digits: on every address, told and no fault.

Every address is asked, and every form sent with each of its fields filled so, by somebody whose role has the page.
"""

from collections.abc import Callable, Iterator
from typing import Any, get_args

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from server.web.layout.forms import Form
from shared.model.worker import Worker
from shared.policy import Act
from tests.server.cast import Cast
from tests.server.operation.test_every_route import list_handlers
from tests.server.phone import Phone

PAGE = {"accept": "text/html"}
HOSTILE = ("9" * 5_000, "²", "2026-11-12T21:00:00", "١", "-1", "1e400", "🙂\u202e", "' OR 1=1 --", "a%09b%0D%0A")
SignIn = Callable[[Worker], TestClient[Any]]
GIVEN = {"request", "door", "services", "data", "pushes"}


@pytest.fixture
def shown(phone: Phone, new_id: Callable[[], str]) -> str:
    """Somebody whose record is there, so that pages come as far as reading what they were sent."""
    marek = new_id()
    told = phone.contact(person_ids=[marek], position={"latitude": 51.65, "longitude": -0.4, "source": "gps"})
    assert phone.push(told, phone.patch("person.patched", marek, name="Marek")).status_code == 200
    return marek


def list_pages(client: TestClient[Any]) -> Iterator[tuple[str, HTTPRouteHandler]]:
    for handler in list_handlers(client):
        if isinstance(handler, HTTPRouteHandler) and handler.opt.get("action") is not Act.SYNC:
            for path in sorted(handler.paths):
                if not path.startswith(("/static", "/schema", "/sign-out")):
                    yield path, handler


def filled(path: str, value: str, person_id: str) -> str:
    """The address with what it names: the person where it names one, the value elsewhere."""
    return "/".join(
        (person_id if "person_id" in part else value) if part.startswith("{") else part for part in path.split("/")
    )


def fields_of(handler: HTTPRouteHandler) -> list[str]:
    """The fields of the form that a handler takes."""
    for parameter in handler.parsed_fn_signature.parameters.values():
        for part in (parameter.annotation, *get_args(parameter.annotation)):
            if isinstance(part, type) and issubclass(part, Form):
                return [field.encode_name for field in msgspec.structs.fields(part) if field.name != "csrf"]
    return []


def ask(client: TestClient[Any], path: str, handler: HTTPRouteHandler, value: str, person_id: str) -> int:
    target, method = filled(path, value, person_id), min(handler.http_methods)
    if "GET" in handler.http_methods:
        names = [name for name in handler.parsed_fn_signature.parameters if name not in GIVEN]
        sent = {"params": dict.fromkeys(names, value)}
        method = "GET"
    else:
        token = client.cookies.get("lantern-form", "")
        sent = {"data": dict.fromkeys(fields_of(handler), value) | {"_csrf_token": token}}
    return client.request(method, target, headers=PAGE, follow_redirects=False, **sent).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize("who", ["priya", "tom", "olu"])
def test_no_value_is_a_fault_of_ours(sign_in: SignIn, cast: Cast, shown: str, who: str) -> None:
    client = sign_in(getattr(cast, who))
    values = HOSTILE if who == "priya" else HOSTILE[:3]
    faults, asked = [], 0
    for path, handler in list_pages(client):
        for value in values:
            status = ask(client, path, handler, value, shown)
            asked += 1
            if status >= 500:
                faults.append((min(handler.http_methods), path, value[:20], status))
    assert faults == []
    assert asked > 200


@pytest.mark.parametrize(
    "path", ["/cases/news?district={district}&since=2026-11-12T21:00:00", "/people/{person}?before=2026-11-12T21:00:00"]
)
def test_a_time_without_its_zone_is_told(sign_in: SignIn, cast: Cast, shown: str, path: str) -> None:
    answer = sign_in(cast.priya).get(
        path.format(person=shown, district=cast.watford.id), headers={"accept": "application/json"}
    )
    assert answer.status_code == 400, answer.text


def test_static_files_bring_no_cookie(client: TestClient[Any]) -> None:
    page = client.get("/sign-in", headers=PAGE).text
    address = page.split("/static/", 1)[1].split('"', 1)[0]
    client.cookies.clear()
    answer = client.get(f"/static/{address}")
    assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
