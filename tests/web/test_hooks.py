"""A partner's system is told of new cases and actions of its agency: signed, once, again where it was not taken, and no more."""

import hmac
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from server.access import Door
from server.actions.cases.chasing import give_to
from server.actions.partnership import systems as acts
from server.actions.partnership.systems import Wanted, hook_secret
from server.app import create_services
from server.database.context import Kind, acting
from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import NOTIFYING
from server.jobs.runner import run_due
from server.queries.partnership import systems
from server.queries.partnership.workers import get_worker
from server.settings import Settings
from server.tables.cases.case import case_action, case_event, mdt_case
from server.tables.partnership.system import system_notice
from server.tables.partnership.worker import worker
from server.tables.people.person import person
from server.tables.street.contact import contact_person
from tests.conftest import Clock, as_application
from tests.web import county
from tests.web.test_api import hide


class Receiver(HTTPServer):
    """A partner's own server: keeps what it is told, and answers as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def services(
    filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> Iterator[Services]:  # fmt: skip
    named = replace(as_application(settings), hook_hosts=frozenset({"127.0.0.1"}))
    made = create_services(named, clock, new_id)
    yield made
    made.database.close()


@pytest.fixture
def run(services: Services) -> Callable[[], dict[str, int]]:
    """Both jobs of the lane, now; a job that failed says its error in the test."""

    def do() -> dict[str, int]:
        with acting(Kind.JOB):
            ran = run_due(services, NOTIFYING, "this test", names=["new for systems", "hooks"], lease="hooks")
        assert ran is not None
        assert [each.error for each in ran] == ["", ""]
        return {each.job: each.done for each in ran}

    return do


def let_in(services: Services, filled: Database, worker_id: str, url: str, *scopes: str) -> str:
    with filled.writing() as session:
        system_id = services.new_id()
        wanted = Wanted(name="Case book", worker_id=worker_id, scopes=scopes or ("cases", "actions"), hook_url=url)
        acts.register(session, wanted, {"127.0.0.1"}, services.clock(), system_id)
    return system_id


def agree(filled: Database, now: Any, action_id: str, person_id: str, agency_id: str) -> None:
    with filled.writing() as session:
        county.add(session, case_action, {
            "id": action_id, "case_id": f"case-{person_id}", "agency_id": agency_id, "text": "Ring them",
            "due_on": now.date(), "agreed_at": now, "agreed_by": "priya", "mdt_number": 1,
        })  # fmt: skip


def put_on_list(filled: Database, now: Any, person_id: str) -> None:
    with filled.writing() as session:
        session.execute(update(mdt_case).where(mdt_case.c.person_id == person_id).values(state="listed"))
        county.add(session, case_event, {
            "id": f"e-{person_id}", "case_id": f"case-{person_id}", "number": 2, "at": now, "step": "listed",
            "from_state": "candidate", "to_state": "listed", "reason": "", "district_id": county.WATFORD,
        })  # fmt: skip


def told(receiver: Receiver) -> list[tuple[str, str]]:
    bodies = [json.loads(body) for _, body in receiver.got]
    return [(each["type"], each["data"]["id"]) for each in bodies]


def test_a_new_action_is_told_once_signed_and_with_nothing_of_anybody(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    system_id = let_in(services, filled, "ruth", receiver.url)
    agree(filled, clock(), "a1", "stefan", "cgl")
    agree(filled, clock(), "a2", "marek", "watford-housing")
    assert run() == {"new for systems": 1, "hooks": 1}
    clock.advance(minutes=1)
    assert run() == {"new for systems": 0, "hooks": 0}

    ((headers, body),) = receiver.got
    assert json.loads(body) == {
        "type": "action.agreed", "timestamp": "2026-11-12T21:30:00Z",
        "data": {"id": "a1", "url": f"{services.settings.address}/api/v1/actions/a1"},
    }  # fmt: skip
    secret = hook_secret(services.keys.secret, system_id)
    key = b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()
    assert headers["webhook-signature"] == expected
    assert int(headers["webhook-timestamp"]) == int(clock().timestamp()) - 60
    for word in (b"Stefan", b"Ring", b"stairwell"):
        assert word not in body


def test_a_case_that_comes_onto_the_list_is_told_to_who_works_with_the_person(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "tom", receiver.url, "cases")
    let_in(services, filled, "ruth", receiver.url, "cases")
    put_on_list(filled, clock(), "red")

    assert run() == {"new for systems": 1, "hooks": 1}
    assert told(receiver) == [("case.listed", "case-red")]


def test_an_action_that_is_given_to_another_agency_is_told_to_its_system(
    services: Services, filled: Database, clock: Clock, new_id: Callable[[], str], receiver: Receiver,
    run: Callable[[], dict[str, int]],
) -> None:  # fmt: skip
    let_in(services, filled, "ruth", receiver.url, "actions")
    agree(filled, clock(), "a1", "stefan", "watford-housing")
    assert run() == {"new for systems": 0, "hooks": 0}
    clock.advance(days=3)
    for agency_id in ("cgl", "watford-housing", "cgl"):
        with filled.reading() as session:
            priya = get_worker(session, "priya")
        with Door(filled, priya, clock(), new_id, may_change=True).open() as access:
            give_to(access, "a1", agency_id)
    assert run() == {"new for systems": 0, "hooks": 1}
    assert told(receiver) == [("action.agreed", "a1")], "once"


def test_whom_an_agency_worked_with_long_ago_it_hears_nothing_of(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "tom", receiver.url, "cases")
    with filled.writing() as session:
        long_ago = clock() - timedelta(days=91)
        session.execute(update(contact_person).where(contact_person.c.person_id == "red").values(seen_at=long_ago))
        session.execute(update(person).where(person.c.id == "red").values(created_at=long_ago))
    put_on_list(filled, clock(), "red")

    assert run() == {"new for systems": 0, "hooks": 0}


def test_nobody_is_told_of_somebody_hidden_or_for_who_has_left(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "ruth", receiver.url)
    let_in(services, filled, "tom", receiver.url)
    hide(filled, "stefan", clock(), "watford-housing")
    agree(filled, clock(), "a1", "stefan", "cgl")
    put_on_list(filled, clock(), "red")
    with filled.writing() as session:
        session.execute(update(worker).where(worker.c.id == "tom").values(active=False))

    assert run() == {"new for systems": 0, "hooks": 0}
    assert receiver.got == []


def test_a_system_hears_of_nothing_that_it_may_not_read(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "ruth", receiver.url, "cases")
    let_in(services, filled, "tom", receiver.url, "actions")
    agree(filled, clock(), "a1", "stefan", "cgl")
    put_on_list(filled, clock(), "red")

    assert run() == {"new for systems": 0, "hooks": 0}


def test_what_was_not_taken_is_tried_again_and_given_up_at_last(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "ruth", receiver.url)
    agree(filled, clock(), "a1", "stefan", "cgl")
    receiver.status = 500
    run()
    run()
    assert len(receiver.got) == 1  # not before its time
    clock.advance(minutes=1)
    run()
    assert len(receiver.got) == 2
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
    for _ in range(12):
        clock.advance(hours=13)
        run()
    with filled.reading() as session:
        row = session.execute(select(system_notice)).mappings().one()
        (listed,) = systems.list_systems(session)

    assert (row["state"], row["attempts"], row["last_error"]) == ("failed", 12, "The host answered 500.")
    assert (listed.failed, listed.waiting, listed.last_error) == (1, 0, "The host answered 500.")
    assert len(receiver.got) == 12


def test_a_host_that_takes_nothing_is_asked_once_a_round_and_holds_up_nobody_else(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    nobody = receiver.url.replace(str(receiver.server_port), "9")
    broken = let_in(services, filled, "ruth", nobody)
    let_in(services, filled, "ruth", receiver.url)
    for number in range(3):
        agree(filled, clock(), f"a{number}", "stefan", "cgl")
    run()
    with filled.reading() as session:
        tried = session.scalars(select(system_notice.c.attempts).where(system_notice.c.system_id == broken)).all()

    assert sorted(tried) == [0, 0, 1]
    assert sorted(told(receiver)) == [("action.agreed", f"a{number}") for number in range(3)]


def test_a_receiver_that_is_gone_is_told_no_more(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "ruth", receiver.url)
    agree(filled, clock(), "a1", "stefan", "cgl")
    receiver.status = 410
    run()
    clock.advance(days=1)
    run()

    assert len(receiver.got) == 1


def test_an_ended_system_and_one_without_an_address_are_told_nothing(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    receiver.status = 500
    ended, quiet = let_in(services, filled, "ruth", receiver.url), let_in(services, filled, "ruth", receiver.url)
    agree(filled, clock(), "a1", "stefan", "cgl")
    run()
    assert len(receiver.got) == 2
    with filled.writing() as session:
        assert systems.end_system(session, ended, clock())
        acts.set_hook(session, quiet, "", (), clock(), "quiet hook")
    clock.advance(hours=1)
    run()

    assert len(receiver.got) == 2


def test_what_waits_for_a_system_whose_answerer_has_left_is_not_sent(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    receiver.status = 500
    let_in(services, filled, "ruth", receiver.url)
    agree(filled, clock(), "a1", "stefan", "cgl")
    run()
    assert len(receiver.got) == 1
    with filled.writing() as session:
        session.execute(update(worker).where(worker.c.id == "ruth").values(active=False))
    clock.advance(hours=1)
    run()
    assert len(receiver.got) == 1


def test_a_host_inside_that_nobody_named_is_never_spoken_to(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    """A name may come to lie inside after it was registered: it is asked anew at every sending."""
    system_id = let_in(services, filled, "ruth", receiver.url)
    with filled.writing() as session:
        assert systems.set_hook(session, system_id, f"https://127.0.0.2:{receiver.server_port}/hook")
    agree(filled, clock(), "a1", "stefan", "cgl")
    run()
    with filled.reading() as session:
        row = session.execute(select(system_notice)).mappings().one()

    assert (row["state"], row["last_error"]) == ("failed", "Not sent: the host has an address inside a network.")
    assert receiver.got == []


def test_what_was_new_while_the_server_was_off_is_told_when_it_is_on(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "ruth", receiver.url)
    run()
    agree(filled, clock.advance(minutes=5), "a1", "stefan", "cgl")
    clock.advance(days=3)
    run()
    clock.advance(days=1)
    run()

    assert told(receiver) == [("action.agreed", "a1")]


@pytest.mark.parametrize(
    "url",
    ["http://x.example/h", "https://ana:pw@x.example/", "https:///h", "https://x.example:0/", "https://x.example/#a",
     "https://x.example/\n", "ftp://x.example/", "https://x.example:99999/", "https://é.example/", "x" * 600],
)  # fmt: skip
def test_an_address_that_no_hook_can_go_to_is_refused(url: str) -> None:
    assert not acts.is_hook_url(url, {"127.0.0.1"})


def test_old_notices_are_forgotten_and_not_told_anew(
    services: Services, filled: Database, clock: Clock, receiver: Receiver, run: Callable[[], dict[str, int]]
) -> None:
    let_in(services, filled, "ruth", receiver.url)
    agree(filled, clock(), "a1", "stefan", "cgl")
    run()
    clock.advance(days=91)
    run()
    clock.advance(days=1)
    run()
    with filled.reading() as session:
        assert systems.count_notices(session) == 0
    assert len(receiver.got) == 1
    assert timedelta(days=90) == systems.KEPT_FOR


def test_what_is_being_sent_is_nobody_elses_until_its_sender_must_have_crashed(
    services: Services, filled: Database, clock: Clock, receiver: Receiver
) -> None:
    let_in(services, filled, "ruth", receiver.url)
    agree(filled, clock(), "a1", "stefan", "cgl")

    def claim() -> bool:
        with acting(Kind.JOB), services.database.writing() as session:
            return systems.claim_notice(session, clock()) is not None

    with acting(Kind.JOB):
        run_due(services, NOTIFYING, "this test", names=["new for systems"], lease="hooks")
    assert [claim(), claim()] == [True, False]
    clock.advance(minutes=9)
    assert not claim()
    clock.advance(minutes=2)
    assert claim()
