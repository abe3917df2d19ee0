"""One order of locks for every road (`server.actions.sync.saying`): a page and a push never wait for each other in a circle on
PostgreSQL; and where a circle is closed all the same, whoever was ended does it again, and nobody sees it."""

import random
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from server.access import Door
from server.actions.people.consents import Said, say_consent
from server.actions.people.erasure import forget_person
from server.actions.people.facts import change_facts
from server.actions.people.health import record_fact
from server.actions.people.hiding import hide_person
from server.actions.people.identity import judge, part
from server.actions.people.own_record import correct_person
from server.actions.people.verification import judge_verification
from server.actions.sync.projection.holding import hold_people
from server.database.engine import Database
from server.database.locks import lock_records
from server.database.sql import Sql
from server.http import once_more
from server.http.services import Services
from server.problems import Failure
from server.queries.people.people import find_person
from server.queries.street.contacts import list_contacts
from server.queries.sync.feed import lock_counter
from server.tables.people.consent import consent
from shared.model.codes import EvidenceBasis, IdentityWord, ReviewStatus
from shared.model.health import HealthFact, HealthKind
from shared.model.worker import Worker
from tests.conftest import Clock
from tests.server.cast import Cast, say_same
from tests.server.database.test_locks import wait_until_someone_waits
from tests.server.people.test_housing_needs import HERE, post
from tests.server.phone import Phone
from tests.server.sync.test_derived_equals_rebuilt import compare

pytestmark = pytest.mark.postgres


@pytest.fixture
def database_kind() -> str:
    """SQLite has one writer: there nobody waits half way."""
    return "postgresql"


@pytest.fixture
def pair(phone: Phone, new_id: Callable[[], str], database: Database, cast: Cast) -> tuple[str, str]:
    """Marek, and another record that Priya says is his too."""
    one, other = new_id(), new_id()
    for each in (one, other):
        met = (phone.patch("person.patched", each, name="Marek Nowak"), phone.contact(person_ids=[each], position=HERE))
        assert phone.push(*met).status_code == 200
    say_same(database, one, other, cast.priya, phone.clock(), new_id)
    return one, other


@pytest.fixture
def open_as(services: Services) -> Callable[[Worker], Any]:
    return lambda worker: Door(services.database, worker, services.clock(), services.new_id, may_change=True).open()


def roads(services: Services, cast: Cast, open_as: Any, one: str, other: str) -> dict[str, Callable[[], None]]:
    project, now = services.project, services.clock()
    today = now.date()

    def page(worker: Worker, do: Callable[..., Any], *told: Any) -> Callable[[], None]:
        def go() -> None:
            with open_as(worker) as access:
                do(access, *told)

        return go

    def erase() -> None:
        with services.database.writing() as session:
            forget_person(session, [one, other], int(now.timestamp() * 1000))

    died = HealthFact(
        id="", person_id=one, kind=HealthKind.DEATH, on=today, words="", agency_id="", recorded_at=now, recorded_by=""
    )
    judged = (cast.watford.id, ReviewStatus.CONFIRMED, EvidenceBasis.PROFESSIONAL_JUDGEMENT, "Seen by me")
    said = Said(what=("assessment",), agency_id=None, answer="agreed")
    return {
        "consent": page(cast.tom, say_consent, project, one, said),
        "facts": page(cast.tom, change_facts, project, one, {"language": "Polish"}, {"language": ""}),
        "own record": page(cast.tom, correct_person, project, one, "language", "Polish"),
        "verification": page(cast.priya, judge_verification, project, one, *judged),
        "death": page(cast.priya, record_fact, project, died),
        "join": page(cast.tom, judge, project, one, other, IdentityWord.SAME),
        "part": page(cast.tom, part, project, one, other),
        "hide": page(cast.tom, hide_person, one, [], "Her husband works there"),
        "erase": erase,
    }


ROADS = ("consent", "facts", "own record", "verification", "death", "part", "hide", "erase")


@pytest.mark.parametrize("road", ROADS)
def test_a_page_waits_for_a_push_before_it_holds_the_feed(
    road: str, services: Services, database: Database, cast: Cast, pair: tuple[str, str], open_as: Any
) -> None:
    with open_as(cast.tom) as access:
        assert judge(access, services.project, *pair, IdentityWord.SAME)
    faults: list[BaseException] = []
    go = roads(services, cast, open_as, *pair)[road]

    def walk() -> None:
        try:
            go()
        except BaseException as fault:
            faults.append(fault)

    page = threading.Thread(target=walk)
    with database.writing() as session:
        hold_people(session, [pair[1]])  # a phone brings a contact with the other record of the same person
        page.start()
        wait_until_someone_waits(database)
        lock_counter(Sql(session))
    page.join(timeout=120)
    assert not page.is_alive() and faults == []


def test_two_records_of_one_person_are_held_in_one_order_whichever_is_named(
    database: Database, services: Services, cast: Cast, pair: tuple[str, str], open_as: Any
) -> None:
    with open_as(cast.tom) as access:
        assert judge(access, services.project, *pair, IdentityWord.SAME)
    held: list[Any] = []

    def hold(name: str) -> None:
        with database.writing() as session:
            held.append(hold_people(session, [name]))

    both = [threading.Thread(target=hold, args=(each,)) for each in pair for _ in range(8)]
    for each in both:
        each.start()
    for each in both:
        each.join(timeout=120)
    assert held == [frozenset(pair)] * 16


def test_who_was_erased_while_a_push_waited_is_not_begun_again_by_it(
    phone: Phone, database: Database, pair: tuple[str, str]
) -> None:
    """What a phone brings is judged by what stands once it is its turn."""
    answered: list[Any] = []
    told = (phone.patch("person.patched", pair[0], alias="Red"), phone.contact(person_ids=[pair[0]], position=HERE))
    push = threading.Thread(target=lambda: answered.append(phone.push(*told)))
    with database.writing() as session:
        forget_person(session, [pair[0]], phone.now_ms)
        push.start()
        wait_until_someone_waits(database)
    push.join(timeout=120)
    assert answered[0].status_code == 200
    with database.reading() as session:
        assert find_person(session, pair[0]) is None
        assert list_contacts(session, [told[1]["e"]]) == {}


def test_whoever_was_ended_in_a_circle_does_it_again_and_nobody_sees_it(
    sign_in: Any, cast: Cast, pair: tuple[str, str], database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tom, answered = sign_in(cast.tom), []
    path = f"/people/{pair[0]}/consent"

    def press() -> None:
        answered.append(post(tom, path, answer="agreed", what="assessment"))

    page = threading.Thread(target=press)
    with database.writing() as session:
        lock_counter(Sql(session))
        page.start()
        wait_until_someone_waits(database)
        lock_records(session, [pair[0]])  # the wrong way round, as nothing of ours does: PostgreSQL ends the page
    page.join(timeout=120)
    assert answered[0].status_code == 303
    assert [each.name for each in caplog.records if "circle" in each.message] == [once_more.logger.name]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(consent)) == 1


@pytest.fixture
def phones(client: Any, clock: Any, new_id: Any, issue_code: Any, cast: Cast, phone: Phone) -> list[Phone]:
    other = Phone(client, clock, new_id)
    other.enrol(issue_code(cast.dean))
    return [phone, other]


@pytest.mark.parametrize("seed", range(2))
def test_roads_at_once_never_wait_in_a_circle(
    seed: int,
    services: Services,
    database: Database,
    cast: Cast,
    pair: tuple[str, str],
    open_as: Any,
    phones: list[Phone],
    clock: Clock,
) -> None:
    """Two phones and four desks over one person who is joined and parted meanwhile: no deadlock, and what is derived is right."""
    chance, before = random.Random(seed), count_deadlocks(database)
    pushed = [[(each, chance.sample(pair, chance.randint(1, 2))) for _ in range(8)] for each in phones]
    brought = [[partial(bring, *each) for each in some] for some in pushed]
    turned = [roads(services, cast, open_as, *chance.sample(pair, 2)) for _ in range(6)]
    desks = [[each[name] for each in turned] for name in ("consent", "facts", "verification")]
    settled = [turned[0]["join" if number % 2 == 0 else "part"] for number in range(6)]
    assert do_at_once([*brought, *desks, settled]) == []
    assert count_deadlocks(database) == before
    with database.reading() as session:
        for each in pair:
            compare(session, each, clock)


def bring(phone: Phone, met: list[str]) -> None:
    told = [phone.contact(person_ids=met, position=HERE), phone.patch("person.patched", met[0], alias="Red")]
    assert phone.push(*told).status_code == 200


def do_at_once(lines: Sequence[Sequence[Callable[[], Any]]]) -> list[Exception]:
    """Each line by a thread of its own; returns what went wrong. What policy refuses is no fault."""
    faults: list[Exception] = []

    def do(line: Sequence[Callable[[], Any]]) -> None:
        for each in line:
            try:
                each()
            except Failure:
                continue
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=do, args=(each,)) for each in lines]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=120)
    return faults


def count_deadlocks(database: Database) -> int:
    with database.reading() as session:
        session.connection().exec_driver_sql("select pg_stat_clear_snapshot()")
        query = "select deadlocks from pg_stat_database where datname = current_database()"
        return int(session.connection().exec_driver_sql(query).scalar_one())
