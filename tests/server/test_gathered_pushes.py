"""Pushes that wait go together in one transaction, and each is answered as if it had come alone."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count

import msgspec
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from server.actions.validation import validate
from server.database import Database
from server.http.services import Services
from server.problems import PROOF_REFUSED, Failure
from server.queries import devices, sync
from server.queries.verification import find_status
from server.sync_api import gathered_pushes
from server.sync_api.gathered_pushes import GatheredPushes
from server.sync_api.identity import Caller
from sync.proof import Proof
from sync.reading import DecodedBatch, decode_batch
from sync.server import AcceptedChange
from sync.wire import PushAnswer, Refused
from tests.server.cast import WATFORD, Cast
from tests.server.phone import Phone

HERE = {"latitude": WATFORD[0], "longitude": WATFORD[1], "source": "gps", "accuracy_m": 12.0}
Told = dict[str, object]
on_either = pytest.mark.parametrize("database_kind", ["sqlite"])
"""Where it makes no difference which database it is."""


class Night:
    """Phones that push at the same moment: the first holds the turn until all the others wait for it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.pushes = GatheredPushes(services.database, self.project)
        self.gathered: list[list[int]] = []
        self.spoilt: set[str] = set()
        self.is_dying = False
        self.to_wait_for = 0
        self._nonces = count()

    def project(self, session: Session, accepted: Sequence[AcceptedChange]) -> None:
        """The real projection, which first lets the others come and notes who went together."""
        self._wait_for_the_others()
        self.gathered.append(sorted({each.device for each in accepted}))
        if self.is_dying:
            session.execute(text("select pg_terminate_backend(pg_backend_pid())"))
        if self.spoilt & {each.change.id for each in accepted}:
            raise ZeroDivisionError
        self.services.project(session, list(accepted))

    def _wait_for_the_others(self) -> None:
        deadline = time.monotonic() + 20
        while len(self.pushes._waiting) < self.to_wait_for:
            assert time.monotonic() < deadline, "they never came"
            time.sleep(0.002)
        self.to_wait_for = 0

    def call(self, phone: Phone, nonce: str = "") -> Caller:
        """A phone whose signature was found good."""
        with self.services.database.reading() as session:
            enrolment = devices.find_enrolment(session, phone.number)
        assert enrolment is not None
        return Caller(enrolment=enrolment, proof=Proof(phone.now_ms, nonce or f"nonce-{next(self._nonces)}", ""))

    def take(self, caller: Caller, batch: DecodedBatch) -> PushAnswer | Exception:
        try:
            return self.pushes.take(caller, batch, self.services.clock())
        except Exception as error:
            return error

    def push_at_once(self, *pushes: tuple[Caller, DecodedBatch]) -> list[PushAnswer | Exception]:
        """What each is answered; the first goes alone, the rest while it holds the turn."""
        self.to_wait_for = len(pushes) - 1
        answers: dict[int, PushAnswer | Exception] = {}
        threads = [
            threading.Thread(target=lambda place=place, push=push: answers.update({place: self.take(*push)}))
            for place, push in enumerate(pushes)
        ]
        for thread in threads:
            thread.start()
            if thread is threads[0]:
                self._wait_until_it_has_the_turn()
        for thread in threads:
            thread.join(timeout=60)
        return [answers[place] for place in range(len(pushes))]

    def _wait_until_it_has_the_turn(self) -> None:
        deadline = time.monotonic() + 20
        while not self.pushes._turn.locked():
            assert time.monotonic() < deadline, "nobody began"
            time.sleep(0.002)


@pytest.fixture
def night(services: Services) -> Iterator[Night]:
    yield Night(services)


@pytest.fixture
def phones(phone: Phone, issue_code: Callable[..., str], cast: Cast, new_id: Callable[[], str]) -> list[Phone]:
    """Aisha's, and three of Dean's: he keeps losing them."""
    others = [Phone(phone.client, phone.clock, new_id) for _ in range(3)]
    for other in others:
        other.enrol(issue_code(cast.dean))
    return [phone, *others]


def batch_of(phone: Phone, *changes: Told) -> DecodedBatch:
    request = {"device": phone.number, "now": phone.now_ms, "app": "1.0.0", "events": list(changes)}
    return decode_batch(msgspec.json.encode(request), validate=validate)


def meet(phone: Phone, *person_ids: str) -> Told:
    told: Told = phone.contact(person_ids=list(person_ids), position=HERE)
    return told


def count_rows(database: Database, table: str) -> int:
    with database.reading() as session:
        return int(session.execute(text(f"select count(*) from {table}")).scalar_one())


def test_those_who_wait_go_together_and_everything_is_stored(
    night: Night, phones: list[Phone], database: Database
) -> None:
    commits: list[object] = []
    event.listen(night.services.database.writing_engine, "commit", commits.append)
    pushes = [(night.call(each), batch_of(each, meet(each, "marek"))) for each in phones]
    began = len(commits)
    answers = night.push_at_once(*pushes)
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 1, 1, 1], answers
    assert night.gathered == [[phones[0].number], sorted(each.number for each in phones[1:])]
    assert len(commits) - began == 2
    assert count_rows(database, "contact") == count_rows(database, "sync_feed") == 4
    with database.reading() as session:
        status = find_status(session, "marek")
    assert status is not None and status.verified


def test_one_that_is_refused_keeps_nobody_back_and_is_counted(
    night: Night, phones: list[Phone], database: Database
) -> None:
    first, gone, good, _ = phones
    gone.last_n = 7
    answers = night.push_at_once(*((night.call(each), batch_of(each, meet(each))) for each in (first, gone, good)))
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
    answers = night.push_at_once(*((night.call(each), batch_of(each, *told)) for each, told in pushes))
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 2, 1]
    with database.reading() as session:
        held = sync.list_quarantined(session)
    assert [each.id for each in held] == [spoilt["id"]]
    assert count_rows(database, "contact") == 3


def test_two_pushes_of_one_phone_follow_each_other(night: Night, phones: list[Phone], database: Database) -> None:
    first, again, _, _ = phones
    told = batch_of(again, meet(again))
    answers = night.push_at_once(
        (night.call(first), batch_of(first, meet(first))), (night.call(again), told), (night.call(again), told)
    )
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 1, 1]
    assert night.gathered == [[first.number], [again.number]]
    assert count_rows(database, "sync_change") == 2


def test_a_phone_and_its_copy_follow_each_other(night: Night, phones: list[Phone], database: Database) -> None:
    """A copy that took a new number brings the same changes under it."""
    first, phone, copy, _ = phones
    told = meet(phone)
    renumbered = {**told, "dev": copy.number}
    answers = night.push_at_once(
        (night.call(first), batch_of(first, meet(first))),
        (night.call(phone), batch_of(phone, told)),
        (night.call(copy), batch_of(copy, renumbered)),
    )
    assert [each.acked for each in answers if isinstance(each, PushAnswer)] == [1, 1, 1], answers
    assert [len(each) for each in night.gathered] == [1, 1], "the later one brought nothing new"
    assert count_rows(database, "sync_change") == 2


def test_a_request_that_came_before_is_not_heard_again(night: Night, phones: list[Phone], database: Database) -> None:
    first, replayed, good, _ = phones
    assert isinstance(night.take(night.call(replayed, "once"), batch_of(replayed, meet(replayed))), PushAnswer)
    pushes = [
        (night.call(first), batch_of(first, meet(first))),
        (night.call(replayed, "once"), batch_of(replayed, meet(replayed))),
        (night.call(good), batch_of(good, meet(good))),
    ]
    answers = night.push_at_once(*pushes)
    assert isinstance(answers[1], Failure) and answers[1].kind is PROOF_REFUSED
    assert isinstance(answers[2], PushAnswer)
    assert count_rows(database, "sync_change") == 3


@on_either
def test_no_transaction_takes_more_than_its_share(
    night: Night, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered_pushes, "CHANGES_MAX", 2)
    answers = night.push_at_once(*((night.call(each), batch_of(each, meet(each))) for each in phones))
    assert all(isinstance(each, PushAnswer) for each in answers)
    assert [len(each) for each in night.gathered] == [1, 2, 1]


@on_either
def test_what_fails_for_all_is_tried_for_each(
    night: Night, phones: list[Phone], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that is no phone's refusal, nor a change's: it may be one push that brings it about."""
    first, bad, good, _ = phones
    push_together = sync.push_together

    def fail(session: Session, arrivals: Sequence[sync.Arrival], project: sync.Project) -> list[PushAnswer | Refused]:
        if any(each.device == bad.number for each in arrivals):
            raise ZeroDivisionError
        return push_together(session, arrivals, project)

    monkeypatch.setattr(sync, "push_together", fail)
    answers = night.push_at_once(*((night.call(each), batch_of(each, meet(each))) for each in (first, bad, good)))
    assert isinstance(answers[1], ZeroDivisionError)
    assert isinstance(answers[2], PushAnswer)
    assert count_rows(database, "sync_change") == 2


@on_either
def test_a_database_that_is_gone_is_told_as_busy_and_nothing_is_stored(
    night: Night, phones: list[Phone], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def be_gone(*_: object) -> None:
        raise OperationalError("insert", None, Exception("gone"))

    monkeypatch.setattr(sync, "push_together", be_gone)
    caller, batch = night.call(phones[0]), batch_of(phones[0], meet(phones[0]))
    answer = night.take(caller, batch)
    assert isinstance(answer, Refused) and answer.code == "busy" and answer.refusal.retry_after_s == 5
    monkeypatch.undo()
    assert isinstance(night.take(caller, batch), PushAnswer), "its nonce was not used up either"
    assert count_rows(database, "sync_change") == 1


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_database_that_dies_in_the_middle_is_told_as_busy_too(night: Night, phones: list[Phone]) -> None:
    caller, batch = night.call(phones[0]), batch_of(phones[0], meet(phones[0]))
    night.is_dying = True
    answer = night.take(caller, batch)
    assert isinstance(answer, Refused) and answer.code == "busy", answer
    night.is_dying = False
    assert isinstance(night.take(caller, batch), PushAnswer)


@on_either
def test_whoever_waits_too_long_is_told_so_and_leaves_nothing_behind(
    night: Night, phones: list[Phone], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered_pushes, "WAIT_S", 0.01)
    with night.pushes._turn:
        answer = night.take(night.call(phones[0]), batch_of(phones[0], meet(phones[0])))
    assert isinstance(answer, Refused) and answer.code == "busy"
    assert night.pushes._waiting == []
    assert count_rows(database, "sync_change") == 0
