"""Whatever somebody who is signed in, or a phone that is enrolled, may send: no answer is a fault of ours (500).

schemathesis asks what the API describes (`test_live_server`); the pages are in no description, and behind a session or a
signature. Here every address is asked, by each of the cast who may, with what a browser could be made to send.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from litestar.handlers import HTTPRouteHandler
from litestar.testing import TestClient

from server.http.gate import has_action
from server.http.systems import is_for_systems
from shared.model.worker import Worker
from shared.policy import Act
from tests.server.cast import WATFORD, Cast
from tests.server.phone import Phone
from tests.sync.test_hostile_input import RECORDS

pytestmark = pytest.mark.slow

EXAMPLES = 2
FEW = settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
ODD = [
    "",
    "0",
    "-1",
    str(2**63),
    "9" * 40,
    "\0",
    "a\0b",
    "é" * 300,
    "x" * 10_000,
    "2026-11-12",
    "25:99",
    "1e400",
    "nan",
]
ODD_NUMBERS = [0, 1, -1, 2**31, 2**63, 10**40]
BY_HAND = ["/sign-out"]
"""Ends the session that the others need."""


@pytest.fixture
def known(phone: Phone, cast: Cast, new_id: Callable[[], str]) -> list[str]:
    """Ids that name something: Marek, his contact, the places and people of the cast."""
    marek, here = new_id(), {"latitude": WATFORD[0], "longitude": WATFORD[1], "source": "gps"}
    patch = phone.patch("person.patched", marek, name="Marek")
    contact = phone.contact(person_ids=[marek], position=here)
    assert phone.push(patch, contact).status_code == 200
    named = (cast.watford, cast.dacorum, cast.team, cast.outreach, cast.council, cast.aisha, cast.tom, cast.priya)
    return [marek, contact["id"], contact["e"], str(phone.number), *(each.id for each in named)]


def list_addresses(client: TestClient[Any]) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Every page: its method, its path and its handler."""
    for route in client.app.routes:
        for method, (handler, *_) in getattr(route, "route_handler_map", {}).items():
            if isinstance(handler, HTTPRouteHandler) and method in {"GET", "POST", "PUT"}:
                yield str(method), route.path, handler


def fields_of(handler: HTTPRouteHandler) -> list[str]:
    """The names that a form, or a query, may hold."""
    parameters = handler.parsed_fn_signature.parameters
    form: Any = parameters["data"].annotation if "data" in parameters else None
    names = [field.encode_name for field in msgspec.structs.fields(form)] if _is_struct(form) else ["file", "sure"]
    return [*names, *(name for name in parameters if name not in {"request", "door", "services", "data"})]


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def fill(path: str, data: st.DataObject, known: list[str]) -> str:
    """A path with something in the place of each of its parameters."""

    def choose(match: re.Match[str]) -> str:
        if match[0].endswith(":int}"):
            return str(data.draw(st.sampled_from([*ODD_NUMBERS, int(known[3])])))
        return quote(data.draw(st.sampled_from(known) | st.sampled_from(ODD) | st.text(max_size=12)), safe="") or "-"

    return re.sub(r"{[^}]+}", choose, path)


def ask(client: TestClient[Any], method: str, path: str, handler: HTTPRouteHandler, known: list[str]) -> list[str]:
    """Ask one address a few times; returns what went wrong on our side."""
    faults: list[str] = []
    value = st.sampled_from(known) | st.sampled_from(ODD) | st.text(max_size=30)
    sent = st.dictionaries(st.sampled_from(fields_of(handler) or ["x"]), value, max_size=8)

    @FEW
    @given(st.data(), sent, sent)
    def several_times(data: st.DataObject, query: dict[str, str], form: dict[str, str]) -> None:
        address = fill(path, data, known)
        headers = {"accept": data.draw(st.sampled_from(["text/html", "application/json"]))}
        headers["x-csrftoken"] = client.cookies.get("lantern-form") or ""
        body: dict[str, Any] = {"data": form} if method == "POST" else {}
        answer = client.request(method, address, params=query, headers=headers, follow_redirects=False, **body)
        if answer.status_code >= 500:
            faults.append(f"{method} {address} {query} {form}: {answer.status_code}")

    several_times()
    return faults


@pytest.mark.parametrize("who", ["olu", "tom", "priya", "helen", "aisha", "carol"])
def test_whatever_somebody_signed_in_sends_is_no_fault(
    who: str, cast: Cast, sign_in: Callable[[Worker], TestClient[Any]], known: list[str]
) -> None:
    worker: Worker = getattr(cast, who)
    client = sign_in(worker)
    faults: list[str] = []
    asked = 0
    for method, path, handler in list_addresses(client):
        action = handler.opt["action"]
        if is_for_systems(handler):
            continue  # tests/web/test_api.py asks these
        if action not in {Act.PUBLIC, Act.SYNC} and has_action(worker, action) and path not in BY_HAND:
            faults += ask(client, method, path, handler, known)
            asked += 1
    assert faults == []
    assert asked >= 2


def test_whatever_a_stranger_sends_is_no_fault(client: TestClient[Any], known: list[str]) -> None:
    client.get("/sign-in", headers={"accept": "text/html"})
    addresses = [each for each in list_addresses(client) if each[2].opt["action"] is Act.PUBLIC]
    faults = [fault for method, path, handler in addresses for fault in ask(client, method, path, handler, known)]
    assert faults == []
    assert len(addresses) > 5


SOUND = {"device": 1, "now": 0, "app": "1.0.0", "limit": 5, "cursors": {}, "events": [], "boxes": []}
BODIES = st.one_of(
    st.binary(max_size=60),
    RECORDS.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries({}, optional={name: st.just(value) | RECORDS for name, value in SOUND.items()}).map(
        lambda value: json.dumps(value).encode()
    ),
    st.lists(RECORDS, max_size=4).map(lambda events: json.dumps(SOUND | {"events": events}).encode()),
)


@pytest.mark.parametrize("door", ["push", "pull", "sealed", "token", "enrol", "renew", "wiped"])
def test_whatever_an_enrolled_phone_sends_is_no_fault(door: str, phone: Phone) -> None:
    faults: list[str] = []
    encodings = st.sampled_from(["", "gzip", "zstd", "br"])

    @settings(parent=FEW, max_examples=EXAMPLES * 5)
    @given(BODIES, encodings)
    def several_times(body: bytes, encoding: str) -> None:
        headers = {"content-encoding": encoding} if encoding else {}
        answer = phone.post(f"/sync/v1/{door}", body, headers=headers)
        if answer.status_code >= 500:
            faults.append(f"{door} {body!r} {encoding}: {answer.status_code}")

    several_times()
    assert faults == []
