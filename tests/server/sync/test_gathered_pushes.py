"""Pushes that wait go together in one transaction, and each is answered as if it had come alone."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.http.services import Services
from server.problems import PROOF_REFUSED, TOKEN_REFUSED, Failure
from server.queries.people.verification import find_status
from server.queries.sync import store as sync
from server.sync_api import gathered_pushes
from server.sync_api.gathered_pushes import GatheredPushes
from server.sync_api.identity import SignedRequest
from server.sync_api.reading_pushes import ReadPush, UnreadPush, read_pushes
from sync import proof as proofs
from sync.server import AcceptedChange
from sync.wire import PushAnswer, Refused
from tests.server.cast import WATFORD, Cast
from tests.server.phone import Phone

HERE = {"latitude": WATFORD[0], "longitude": WATFORD[1], "source": "gps", "accuracy_m": 12.0}
PUSH = "/sync/v1/push"
Told = dict[str, object]
Answers = list[PushAnswer | Exception]
on_either = pytest.mark.parametrize("database_kind", ["sqlite"])
"""Where it makes no difference which database it is."""


class Night:
    """Phones that push at the same moment: the first holds the turn until all the others wait for it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.pushes = GatheredPushes(
            services.database,
            (self.project, services.account),
            partial(read_pushes, services.database),
            services.clock,
        )
        self.gathered: list[list[int]] = []
        self.spoilt: set[str] = set()
        self.is_dying = False
        self.to_wait_for = 0
        self._began = threading.Event()

    def project(self, session: Session, accepted: Sequence[AcceptedChange]) -> None:
        """The real projection, which first lets the others come and notes who went together."""
        self._began.set()
        self._wait_for_the_others()
        self.gathered.append(sorted({each.device for each in accepted}))
        if self.is_dying:
            session.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        if self.spoilt & {each.change.id for each in accepted}:
            raise ZeroDivisionError
        self.services.project(session, list(accepted))

    def _wait_for_the_others(self) -> None:
        deadline = time.monotonic() + 60
        while len(self.pushes._waiting) < self.to_wait_for:
            assert time.monotonic() < deadline, "they never came"
            time.sleep(0.002)
        self.to_wait_for = 0

    def take(self, unread: UnreadPush) -> PushAnswer | Exception:
        """What one push is answered that comes alone."""
        (answered,) = asyncio.run(all_of(self.pushes.take(unread)))
        return answered

    def push_at_once(self, *pushes: UnreadPush) -> Answers:
        """What each is answered; the first goes alone, the rest while it holds the turn."""
        return asyncio.run(self._push_at_once(*pushes))

    async def _push_at_once(self, first: UnreadPush, *others: UnreadPush) -> Answers:
        self.to_wait_for = len(others)
        self._began.clear()
        going = asyncio.create_task(self.pushes.take(first))
        assert await asyncio.to_thread(self._began.wait, 20), "nobody began"
        return await all_of(going, *map(self.pushes.take, others))


async def all_of(*pushes: "asyncio.Task[PushAnswer] | Coroutine[Any, Any, PushAnswer]") -> Answers:
    """What each is answered, or why it is not."""
    answered = await asyncio.gather(*pushes, return_exceptions=True)
    return [each if isinstance(each, PushAnswer | Exception) else RuntimeError(each) for each in answered]


@pytest.fixture
def night(services: Services) -> Iterator[Night]:
    night = Night(services)
    yield night
    night.pushes.close()


@pytest.fixture
def phones(phone: Phone, issue_code: Callable[..., str], cast: Cast, new_id: Callable[[], str]) -> list[Phone]:
    """Aisha's, and three of Dean's: he keeps losing them."""
    others = [Phone(phone.client, phone.clock, new_id) for _ in range(3)]
    for other in others:
        other.enrol(issue_code(cast.dean))
    return [phone, *others]


def push_of(phone: Phone, *changes: Told) -> UnreadPush:
    """A push as it comes over the wire, signed."""
    assert phone.tokens is not None
    body = msgspec.json.encode({"device": phone.number, "now": phone.now_ms, "app": "1.0.0", "events": list(changes)})
    token = phone.tokens.access
    proof = proofs.read_header(phone.sign("POST", PUSH, body, token))
    signed = SignedRequest(method="POST", target=PUSH, body=body, token=token, proof=proof)
    return UnreadPush(signed=signed, open_body=lambda: body, now=phone.clock())


def meet(phone: Phone, *person_ids: str) -> Told:
    told: Told = phone.contact(person_ids=list(person_ids), position=HERE)
    return told


def be_gone(*_: object) -> None:
    """What a database that is gone says to every statement."""
    raise OperationalError("any statement", None, Exception("gone"))


def count_rows(database: Database, table: str) -> int:
    with database.reading() as session:
        return int(session.execute(text(f"select count(*) from {table}")).scalar_one())


def test_those_who_wait_go_together_and_everything_is_stored(
    night: Night, phones: list[Phone], database: Database
) -> None:
    commits: list[Connection] = []
    event.listen(night.services.database.writing_engine, "commit", commits.append)
    pushes = [push_of(each, meet(each, "marek")) for each in phones]
    answers = night.push_at_once(*pushes)
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 1, 1, 1], answers
    assert night.gathered == [[phones[0].number], sorted(each.number for each in phones[1:])]
    assert len([each for each in commits if not each.get_execution_options().get("postgresql_readonly")]) == 2
    assert count_rows(database, "contact") == count_rows(database, "sync_feed") == 4
    with database.reading() as session:
        status = find_status(session, "marek")
    assert status is not None and status.verified


def test_one_that_is_refused_keeps_nobody_back_and_is_counted(
    night: Night, phones: list[Phone], database: Database
) -> None:
    first, gone, good, _ = phones
    gone.last_n = 7
    answers = night.push_at_once(*(push_of(each, meet(each)) for each in (first, gone, good)))
    assert isinstance(answers[1], Refused) and answers[1].code == "gap" and answers[1].refusal.need == 1
    assert isinstance(answers[2], PushAnswer) and answers[2].acked == 1
    assert len(night.gathered) == 2
    with database.reading() as session:
        gaps = {each.number: each.gaps for each in sync.list_device_health(session)}
    assert (gaps[gone.number], gaps[good.number]) == (1, 0)


def test_a_change_that_cannot_be_applied_spoils_no_other_phones_push(
    night: Night, phones: list[Phone], database: Database
) -> None:
    first, bad, good, _ = phones
    spoilt = meet(bad)
    night.spoilt = {str(spoilt["id"])}
    pushes = [(first, [meet(first)]), (bad, [spoilt, meet(bad)]), (good, [meet(good)])]
    answers = night.push_at_once(*(push_of(each, *told) for each, told in pushes))
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 2, 1]
    with database.reading() as session:
        held = sync.list_quarantined(session)
    assert [each.id for each in held] == [spoilt["id"]]
    assert count_rows(database, "contact") == 3


def test_two_pushes_of_one_phone_follow_each_other(night: Night, phones: list[Phone], database: Database) -> None:
    first, again, _, _ = phones
    told = meet(again)
    answers = night.push_at_once(push_of(first, meet(first)), push_of(again, told), push_of(again, told))
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 1, 1]
    assert night.gathered == [[first.number], [again.number]]
    assert count_rows(database, "sync_change") == 2


def test_a_phone_and_its_copy_follow_each_other(night: Night, phones: list[Phone], database: Database) -> None:
    """A copy that took a new number brings the same changes under it."""
    first, phone, copy, _ = phones
    told = meet(phone)
    renumbered = {**told, "dev": copy.number}
    answers = night.push_at_once(push_of(first, meet(first)), push_of(phone, told), push_of(copy, renumbered))
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 1, 1], answers
    assert [len(each) for each in night.gathered] == [1, 1], "the later one brought nothing new"
    assert count_rows(database, "sync_change") == 2


def test_a_request_that_came_before_is_not_heard_again(night: Night, phones: list[Phone], database: Database) -> None:
    first, replayed, good, _ = phones
    told = push_of(replayed, meet(replayed))
    assert isinstance(night.take(told), PushAnswer)
    answers = night.push_at_once(push_of(first, meet(first)), told, push_of(good, meet(good)))
    assert isinstance(answers[1], Failure) and answers[1].kind is PROOF_REFUSED
    assert isinstance(answers[2], PushAnswer)
    assert count_rows(database, "sync_change") == 3


@on_either
def test_no_transaction_takes_more_than_its_share(
    night: Night, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered_pushes, "CHANGES_MAX", 2)
    answers = night.push_at_once(*(push_of(each, meet(each)) for each in phones))
    assert all(isinstance(each, PushAnswer) for each in answers)
    assert [len(each) for each in night.gathered] == [1, 2, 1]


@on_either
def test_what_fails_for_all_is_tried_for_each(
    night: Night, phones: list[Phone], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that is no phone's refusal, nor a change's: it may be one push that brings it about."""
    first, bad, good, _ = phones
    push_together = sync.push_together

    def fail(session: Session, arrivals: Sequence[sync.Arrival], *domain: Any) -> list[PushAnswer | Refused]:
        if any(each.device == bad.number for each in arrivals):
            raise ZeroDivisionError
        return push_together(session, arrivals, *domain)

    monkeypatch.setattr(sync, "push_together", fail)
    answers = night.push_at_once(*(push_of(each, meet(each)) for each in (first, bad, good)))
    assert isinstance(answers[1], ZeroDivisionError)
    assert isinstance(answers[2], PushAnswer)
    assert count_rows(database, "sync_change") == 2


@on_either
def test_a_database_that_is_gone_is_told_as_busy_and_nothing_is_stored(
    night: Night, phones: list[Phone], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "push_together", be_gone)
    told = push_of(phones[0], meet(phones[0]))
    answer = night.take(told)
    assert isinstance(answer, Refused) and answer.code == "busy" and answer.refusal.retry_after_s == 5
    monkeypatch.undo()
    assert isinstance(night.take(told), PushAnswer), "its nonce was not used up either"
    assert count_rows(database, "sync_change") == 1


@on_either
def test_a_refusal_that_cannot_be_counted_is_told_as_busy_and_given_the_next_time(
    night: Night, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    phones[0].last_n = 7
    change = meet(phones[0])
    monkeypatch.setattr(sync, "record_refusal", be_gone)
    uncounted = night.take(push_of(phones[0], change))
    monkeypatch.undo()
    counted = night.take(push_of(phones[0], change))
    assert [each.code for each in (uncounted, counted) if isinstance(each, Refused)] == ["busy", "gap"]


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_database_that_dies_in_the_middle_is_told_as_busy_too(night: Night, phones: list[Phone]) -> None:
    told = push_of(phones[0], meet(phones[0]))
    night.is_dying = True
    answer = night.take(told)
    assert isinstance(answer, Refused) and answer.code == "busy", answer
    night.is_dying = False
    assert isinstance(night.take(told), PushAnswer)


@on_either
def test_whoever_waits_too_long_is_told_so_and_leaves_nothing_behind(
    night: Night, phones: list[Phone], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is not told so: it is on its way, and may be durable already."""
    first, late, _, _ = phones
    go_on = threading.Event()
    monkeypatch.setattr(night, "_wait_for_the_others", lambda: go_on.wait(60))

    async def push() -> Answers:
        going = asyncio.create_task(night.pushes.take(push_of(first, meet(first))))
        assert await asyncio.to_thread(night._began.wait, 20)
        monkeypatch.setattr(gathered_pushes, "WAIT_S", 0.01)  # from now on: the first has begun, however long that took
        (waited,) = await all_of(night.pushes.take(push_of(late, meet(late))))
        assert night.pushes._waiting == []
        go_on.set()
        return [waited, *await all_of(going)]

    waited, stored = asyncio.run(push())
    assert isinstance(waited, Refused) and waited.code == "busy"
    assert isinstance(stored, PushAnswer)
    assert count_rows(database, "sync_change") == 1


def test_one_that_cannot_be_read_keeps_nobody_back(night: Night, phones: list[Phone], database: Database) -> None:
    """Each hears why; those that wait with it are stored."""
    first, garbled, unknown, good = phones
    assert unknown.tokens is not None
    unknown.tokens = msgspec.structs.replace(unknown.tokens, access="nobody's")
    answers = night.push_at_once(
        push_of(first, meet(first)),
        replace(push_of(garbled), open_body=lambda: b"no push"),
        push_of(unknown, meet(unknown)),
        push_of(good, meet(good)),
    )
    assert isinstance(answers[1], Refused) and answers[1].code == "malformed"
    assert isinstance(answers[2], Failure) and answers[2].kind is TOKEN_REFUSED
    assert isinstance(answers[3], PushAnswer)
    assert count_rows(database, "sync_change") == 2


@on_either
def test_a_fault_in_reading_is_answered_and_the_next_push_goes_its_way(
    night: Night, phones: list[Phone], database: Database
) -> None:
    read, told = night.pushes._read, push_of(phones[0], meet(phones[0]))

    def fail(_unread: Sequence[UnreadPush]) -> Sequence[ReadPush | Exception]:
        raise ZeroDivisionError

    night.pushes._read = fail
    assert isinstance(night.take(told), ZeroDivisionError)
    night.pushes._read = read
    assert isinstance(night.take(told), PushAnswer)
    assert night.pushes._waiting == []


@on_either
def test_no_more_is_read_in_one_go_than_fills_a_transaction(
    night: Night, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushes = [push_of(each, meet(each)) for each in phones]
    monkeypatch.setattr(gathered_pushes, "BYTES_MAX", pushes[1].size + pushes[2].size)
    monkeypatch.setattr(gathered_pushes, "MOMENTS", 0)
    answers = night.push_at_once(*pushes)
    assert all(isinstance(each, PushAnswer) for each in answers)
    assert [len(each) for each in night.gathered] == [1, 2, 1]


@on_either
def test_one_that_is_larger_than_that_is_read_all_the_same(
    night: Night, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered_pushes, "BYTES_MAX", 1)
    answers = night.push_at_once(*(push_of(each, meet(each)) for each in phones))
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 1, 1, 1]


@on_either
def test_phones_that_went_together_go_together_with_their_next_page(
    night: Night, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that is quicker waits for the others that were just answered, if only for a moment."""
    monkeypatch.setattr(gathered_pushes, "MOMENTS", 20_000)

    async def push() -> None:
        night.to_wait_for = len(phones) - 1
        first = asyncio.create_task(push_pages(night, phones[0], 3))
        assert await asyncio.to_thread(night._began.wait, 20)
        await asyncio.gather(first, *(push_pages(night, each, 2) for each in phones[1:]))

    asyncio.run(push())
    everyone = sorted(each.number for each in phones)
    assert night.gathered == [[phones[0].number], everyone, everyone]


@on_either
def test_a_phone_that_is_alone_is_not_kept_waiting_for_siblings(
    night: Night, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered_pushes, "MOMENTS", 20_000)

    async def push() -> None:
        await push_pages(night, phones[0], 3)
        assert night.pushes._committing is not None and night.pushes._committing.done(), "it waits for somebody"

    asyncio.run(push())
    assert night.gathered == [[phones[0].number]] * 3


async def push_pages(night: Night, phone: Phone, count: int) -> None:
    """Page after page, each as soon as the last was answered."""
    for _ in range(count):
        await night.pushes.take(push_of(phone, meet(phone)))
