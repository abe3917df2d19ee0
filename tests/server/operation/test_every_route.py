"""What holds for every address: it names its action, asks who is there, protects the browser, and fails in one shape."""

import gzip
import inspect
import os
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zstandard
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.testing import TestClient
from sqlmodel import SQLModel

from server.app import create_app
from server.database.engine import Database
from server.http.systems import is_for_systems
from server.problems import CATALOGUE
from server.queries.cases import cases
from server.queries.operation import audit
from server.queries.people import people
from server.settings import Settings
from shared.model.case import Case
from shared.model.codes import CaseState
from shared.model.worker import Worker
from shared.policy import Act
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.server.phone import Phone

PAGE = {"accept": "text/html"}
SignIn = Callable[[Worker], TestClient[Any]]


def list_handlers(client: TestClient[Any]) -> list[BaseRouteHandler]:
    handlers: dict[int, BaseRouteHandler] = {}
    for route in client.app.routes:
        if hasattr(route, "route_handler_map"):
            for handler, *_ in route.route_handler_map.values():
                handlers[id(handler)] = handler
        elif hasattr(route, "route_handler"):
            handlers[id(route.route_handler)] = route.route_handler
    return [handler for handler in handlers.values() if "OPTIONS" not in getattr(handler, "http_methods", ())]


def test_every_route_names_its_action(client: TestClient[Any]) -> None:
    handlers = list_handlers(client)
    nameless = [str(handler) for handler in handlers if not isinstance(handler.opt.get("action"), Act)]
    assert len(handlers) > 10
    assert nameless == []


@pytest.fixture
def own_client(settings: Settings, clock: Clock, new_id: Callable[[], str], cast: Cast) -> Iterator[TestClient[Any]]:
    """Over an application of the test's own: the lent one must not keep a route that a test has planted."""
    with TestClient(create_app(settings, clock, new_id), raise_server_exceptions=False) as opened:
        yield opened


def test_a_route_that_names_no_action_is_found_and_is_closed(own_client: TestClient[Any]) -> None:
    from litestar import get

    @get("/forgotten", sync_to_thread=False)
    def forgotten() -> str:
        return "open to all"

    own_client.app.register(forgotten)
    assert any(not isinstance(handler.opt.get("action"), Act) for handler in list_handlers(own_client))
    assert own_client.get("/forgotten").status_code == 403


def test_no_table_class_appears_in_a_handlers_signature(client: TestClient[Any]) -> None:
    for handler in list_handlers(client):
        if not isinstance(handler, HTTPRouteHandler):
            continue
        signature = handler.parsed_fn_signature
        for field in (*signature.parameters.values(), signature.return_type):
            for part in (field.annotation, *typing.get_args(field.annotation)):
                assert not (inspect.isclass(part) and issubclass(part, SQLModel)), handler


def test_nobody_gets_past_the_gate_unasked(client: TestClient[Any]) -> None:
    for handler in list_handlers(client):
        if handler.opt["action"] in {Act.PUBLIC, Act.SYNC} or not isinstance(handler, HTTPRouteHandler):
            continue
        if is_for_systems(handler):
            continue  # tests/web/test_api.py asks these
        for path in handler.paths:
            if "GET" in handler.http_methods:
                answer = client.get(path.replace("{", "").replace("}", ""), headers=PAGE, follow_redirects=False)
                assert answer.status_code in {303, 400, 404}, path
                assert "/sign-in" in answer.headers.get("location", "/sign-in")


def test_a_role_without_the_action_is_refused_in_words(sign_in: SignIn, cast: Cast) -> None:
    answer = sign_in(cast.helen).get("/cases")
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/403.1"


@pytest.fixture
def marek(database: Database, cast: Cast, phone: Phone, new_id: Callable[[], str]) -> str:
    """Marek, known in Watford: met by Aisha there, and on the district's list."""
    person_id = new_id()
    here = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    patch = phone.patch("person.patched", person_id, name="Marek")
    assert phone.push(patch, phone.contact(person_ids=[person_id], position=here)).status_code == 200
    return person_id


def comparable(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "content-security-policy"}}
    return answer.status_code, answer.content, headers


def test_another_districts_person_and_a_missing_one_answer_with_the_same_bytes(
    sign_in: SignIn, cast: Cast, marek: str, new_id: Callable[[], str], database: Database
) -> None:
    client = sign_in(cast.carol)
    hidden, missing = client.get(f"/people/{marek}"), client.get(f"/people/{new_id()}")
    assert hidden.status_code == 404
    assert comparable(hidden) == comparable(missing)
    with database.reading() as session:
        refusals = [line for line in audit.list_lines(session) if not line.allowed]
    assert {line.actor_id for line in refusals} == {cast.carol.id}
    assert sum(line.subject_id == marek for line in refusals) == 1


def test_another_districts_list_and_a_missing_one_answer_with_the_same_bytes(
    sign_in: SignIn, cast: Cast, new_id: Callable[[], str]
) -> None:
    client = sign_in(cast.priya)
    other, missing = client.get(f"/cases?district={cast.dacorum.id}"), client.get(f"/cases?district={new_id()}")
    assert other.status_code == 404
    assert comparable(other) == comparable(missing)


def test_priya_opens_marek_and_the_audit_says_so(sign_in: SignIn, cast: Cast, marek: str, database: Database) -> None:
    answer = sign_in(cast.priya).get(f"/people/{marek}", headers=PAGE)
    assert answer.status_code == 200
    assert "Marek" in answer.text
    with database.reading() as session:
        lines = audit.list_lines(session, subject_kind="person", subject_id=marek)
    seen = [line for line in lines if line.action == "see_person" and line.allowed]
    assert [(line.actor_id, line.agency_id) for line in seen] == [(cast.priya.id, cast.council.id)]


def test_a_list_of_three_people_is_three_read_events(
    sign_in: SignIn, cast: Cast, database: Database, new_id: Callable[[], str], now: Any
) -> None:
    ids = [new_id() for _ in range(3)]
    with database.writing() as session:
        people.add_people(session, [{"id": each, "name": "P", "created_at": now, "changed_at": now} for each in ids])
        cases.add_cases(
            session,
            [
                Case(
                    id=new_id(),
                    person_id=each,
                    district_id=cast.watford.id,
                    state=CaseState.LISTED,
                    since=now,
                    reason="r",
                )
                for each in ids
            ],
        )
    assert sign_in(cast.priya).get("/cases", headers=PAGE).status_code == 200
    with database.reading() as session:
        seen = [line.subject_id for line in audit.list_lines(session, subject_kind="person")]
    assert sorted(seen) == sorted(ids)


def test_an_expired_agreement_closes_every_person(sign_in: SignIn, cast: Cast, marek: str, database: Database) -> None:
    from sqlalchemy import text

    client = sign_in(cast.priya)
    with database.writing() as session:
        session.execute(text("update agreement set expires_on = '2026-11-01'"))
    answer = client.get(f"/people/{marek}")
    assert answer.status_code == 403
    assert "expired on 1 November 2026" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/no-such-page", "/problems/404.1", "/schema", "/static/none"])
def test_every_answer_carries_the_headers(client: TestClient[Any], path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http:" not in policy and "https:" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"


def test_a_nonce_is_never_used_twice(client: TestClient[Any]) -> None:
    policies = {client.get("/health").headers["content-security-policy"] for _ in range(5)}
    assert len(policies) == 5


def test_static_files_are_kept_for_ever_under_an_address_that_changes_with_them(client: TestClient[Any]) -> None:
    from server.web.layout.assets import asset_url

    answer = client.get(asset_url("lantern.css"))
    assert answer.status_code == 200
    assert (
        answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        or "immutable" in answer.headers["cache-control"]
    )


def test_the_api_page_asks_no_other_host(client: TestClient[Any]) -> None:
    page = client.get("/schema", headers=PAGE).text
    assert "http://" not in page and "https://" not in page
    assert "swagger-ui-bundle.js" in page


def test_every_operation_documents_its_failures_as_they_look(client: TestClient[Any]) -> None:
    described = client.get("/schema/openapi.json").json()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    assert list(response["content"]) == ["application/problem+json"], (path, status)
            assert "500" in operation["responses"], path


def test_every_problem_of_the_catalogue_has_a_page_and_advice(client: TestClient[Any]) -> None:
    for number, kind in CATALOGUE.items():
        assert kind.advice.endswith(".")
        assert client.get(f"/problems/{number}").json()["title"] == kind.title


@pytest.fixture
def broken(own_client: TestClient[Any]) -> TestClient[Any]:
    from litestar import get

    name = "Ma" + "rek"

    @get("/broken", opt={"action": Act.PUBLIC}, sync_to_thread=True)
    def break_down() -> str:
        raise RuntimeError(name + " sleeps behind the station")

    own_client.app.register(break_down)
    return own_client


def test_an_unexpected_error_is_logged_by_place_and_told_without_a_word_of_it(
    broken: TestClient[Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = broken.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/500.1"
    assert "Marek" not in answer.text
    assert "Marek" not in caplog.text
    assert "break_down" in caplog.text and "RuntimeError" in caplog.text


def test_ten_megabytes_are_refused_at_the_form_and_at_sync(client: TestClient[Any], phone: Phone) -> None:
    big = b"x" * 10_000_000
    client.get("/sign-in", headers=PAGE)
    form = client.post("/sign-in", content=big, headers={"content-type": "application/x-www-form-urlencoded"})
    assert form.status_code in {403, 413}
    answer = phone.post("/sync/v1/push", big)
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_bomb_is_refused_before_it_swells(phone: Phone, encoding: str) -> None:
    bomb = {"gzip": gzip.compress, "zstd": zstandard.compress}[encoding](b" " * 50_000_000)
    answer = phone.post("/sync/v1/push", bomb, headers={"content-encoding": encoding})
    assert answer.status_code == 413
    assert answer.json()["refused"] == "too_large"


WHOLE = b'{"device": 1, "now": 0, "events": [' + b" " * 300_000 + b"]}"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (zstandard.compress(os.urandom(200_000) + WHOLE)[:-1], "zstd"),
        (zstandard.compress(WHOLE)[:-1], "zstd"),
        (zstandard.compress(WHOLE) + b"more", "zstd"),
        (zstandard.compress(WHOLE) * 2, "zstd"),
        (gzip.compress(WHOLE)[:-1], "gzip"),
        (gzip.compress(WHOLE) * 2, "gzip"),
    ],
)
def test_a_body_that_was_cut_off_or_goes_on_after_its_end_is_malformed(
    phone: Phone, body: bytes, encoding: str
) -> None:
    answer = phone.post("/sync/v1/push", body, headers={"content-encoding": encoding})
    assert (answer.status_code, answer.json()["refused"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"{", ""), (b"\x1f\x8b\x08cut", "gzip"), (b"zstd?", "zstd"), (b"{}", "br"), (b"\xff\xfe", "")],
)
def test_a_body_that_cannot_be_read_is_malformed_and_nothing_is_lost(phone: Phone, body: bytes, encoding: str) -> None:
    answer = phone.post("/sync/v1/push", body, headers={"content-encoding": encoding} if encoding else {})
    assert answer.status_code == 400
    assert answer.json()["refused"] == "malformed"
    assert phone.push(phone.contact()).json()["acked"] == 1


def test_answers_are_squeezed_as_the_phone_can_take_them(phone: Phone) -> None:
    phone.push(*(phone.contact(note="words " * 50) for _ in range(20)))
    body = b'{"device": %d, "cursors": {}, "now": 0, "app": "1.0.0"}' % phone.number
    for encoding in ("gzip", "zstd"):
        answer = phone.post("/sync/v1/pull", body, headers={"accept-encoding": encoding})
        assert answer.headers["content-encoding"] == encoding
        assert answer.headers["vary"] == "Accept-Encoding"
