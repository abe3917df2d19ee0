"""Numbers of five thousand digits, times without a zone, signs that look like digits: on every address, told and no fault.

Every address is asked, and every form sent with each of its fields filled so, by somebody whose role has the page.
"""

from collections.abc import Callable, Iterator
from typing import Any, get_args

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from server.http.systems import is_for_systems
from server.web.layout.forms import Form
from shared.model.worker import Worker
from shared.policy import Act
from tests.server.cast import Cast
from tests.server.operation.test_every_route import list_handlers
from tests.server.phone import Phone

pytestmark = pytest.mark.slow

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
            if is_for_systems(handler):
                continue  # tests/web/test_api.py asks these
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


def takes_a_value(path: str, handler: HTTPRouteHandler, person_id: str) -> bool:
    """Is there any place for one: in the address, the query or the form?"""
    names = set(handler.parsed_fn_signature.parameters) - GIVEN if "GET" in handler.http_methods else fields_of(handler)
    return bool(names) or filled(path, "1", person_id) != filled(path, "2", person_id)


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
        for value in values if takes_a_value(path, handler, shown) else values[:1]:
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


# ------------------------------------------------------------------------------------------------ what bodies may hold

ZONELESS = '"2026-11-12T21:00:00"'
VALUES = {
    "five thousand digits": b"9" * 5_000,
    "a huge exponent": b"1e99999",
    "a digit that is none": '"²"'.encode(),
    "no UTF-8": b'"\xff\xfe\xc0\x80"',
    "a lone surrogate": b'"\\ud800"',
    "a bare surrogate": b'"\xed\xa0\x80"',
    "a NUL": b'"a\\u0000b"',
    "a time without its zone": ZONELESS.encode(),
    "ten thousand lists": b"[" * 10_000 + b"]" * 10_000,
    "ten thousand objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "lists that never end": b"[" * 10_000,
}
FRAMES = {
    "push": b'{"device":%d,"now":1,"app":"1","events":@}',
    "push, a record": b'{"device":%d,"now":1,"events":[{"id":"x","dev":1,"n":1,"hlc":1,"t":"person.patched","s":"team:a",'
    b'"e":@,"set":{"name":["X",{}]}}]}',
    "push, a value": b'{"device":%d,"now":1,"events":[{"id":"x","dev":1,"n":1,"hlc":1,"t":"person.patched","s":"team:a",'
    b'"e":"p","set":{"name":[@,{}]}}]}',
    "push, a time": b'{"device":%d,"now":1,"events":[{"id":"x","dev":1,"n":1,"hlc":1,"t":"checkin.made","s":"team:a",'
    b'"e":"p","p":{"id":"c","shift_id":"s","worker_id":"w","at":@}}]}',
    "pull": b'{"device":%d,"cursors":{},"now":@,"app":"1"}',
    "sealed": b'{"device":%d,"now":1,"boxes":@}',
    "enrol": b'{"code":@,"label":"x","app_version":"1","signing_key":"x"}',
    "token": b"@",
    "renew": b"@",
    "wiped": b'{"device":%d,"now":@}',
}


@pytest.mark.parametrize("frame", FRAMES)
def test_no_body_that_a_phone_sends_is_a_fault_of_ours(frame: str, phone: Phone) -> None:
    """400 with a reason; a record of a push that cannot be used is taken, held, and holds up nothing."""
    told = FRAMES[frame]
    whole = told % phone.number if b"%d" in told else told
    for name, value in VALUES.items():
        answer = phone.post(f"/sync/v1/{frame.split(',')[0]}", whole.replace(b"@", value))
        assert answer.status_code < 500, f"{name}: {answer.text[:300]}"
        if answer.status_code == 400:
            assert answer.json().get("detail") or answer.json().get("title"), name
    if frame != "renew":  # which gave it another number
        assert phone.push(phone.patch("person.patched", phone.new_id(), alias="Red")).status_code in {200, 409}


@pytest.mark.parametrize("value", [b"%ff%fe", b"%00", b"%ED%A0%80", b"%C2%B2", b"9" * 5_000, b"%5B" * 1_000])
def test_no_bytes_in_an_address_a_query_or_a_form_are_a_fault_of_ours(
    value: bytes, sign_in: SignIn, cast: Cast, shown: str
) -> None:
    client, text = sign_in(cast.tom), value.decode()
    faults = []
    for path, handler in list_pages(client):
        address = filled(path, text, shown)
        if "GET" in handler.http_methods:
            answer = client.get(f"{address}?before={text}&q={text}&page={text}", headers=PAGE, follow_redirects=False)
        else:
            token = client.cookies.get("lantern-form", "").encode()
            body = b"&".join([*(name.encode() + b"=" + value for name in fields_of(handler)), b"_csrf_token=" + token])
            headers = PAGE | {"content-type": "application/x-www-form-urlencoded"}
            answer = client.post(address, content=body, headers=headers, follow_redirects=False)
        if answer.status_code >= 500:
            faults.append((path, answer.status_code))
    assert faults == []
