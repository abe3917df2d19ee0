"""Enrolling a phone: once, within ten minutes, by somebody who may; and stopping one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from sqlalchemy import select, text, update

from server.access import Door
from server.actions.operation.enrolment import confirm_device, stop_device
from server.actions.operation.enrolment import issue_code as issue_by_policy
from server.database.engine import Database
from server.http.services import Services
from server.problems import Forbidden, NotFound
from server.queries.operation import devices
from server.queries.sync import store as sync
from server.security.tokens import normalise_code
from server.tables.operation.audit import audit
from server.tables.partnership.agency import agreement
from shared.model.codes import DeviceStatus
from shared.model.device import EnrolmentRequest
from shared.model.worker import Worker
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.server.phone import Phone

Issue = Callable[[Worker], str]


@pytest.fixture
def fresh(client: TestClient[Any], clock: Clock, new_id: Callable[[], str]) -> Phone:
    """A phone that is not enrolled."""
    return Phone(client, clock, new_id)


def test_a_good_code_enrols_aishas_phone(fresh: Phone, issue_code: Issue, cast: Cast) -> None:
    enrolled = fresh.enrol(issue_code(cast.aisha))
    assert enrolled.config.worker.id == cast.aisha.id
    assert enrolled.config.team.id == cast.team.id
    assert {each.id for each in enrolled.config.colleagues} == {cast.dean.id, cast.tom.id}
    assert [each.code for each in enrolled.config.districts] == ["E07000103"]
    assert len(enrolled.match_digits) == 4
    assert fresh.pull().status_code == 200


def test_a_code_works_once(fresh: Phone, issue_code: Issue, cast: Cast) -> None:
    code = issue_code(cast.aisha)
    fresh.enrol(code)
    again = fresh.try_enrol(code)
    assert again.status_code == 410
    assert "Ask for a new one" in again.json()["detail"]


def test_a_phone_that_says_it_is_rooted_is_refused_and_the_code_stays_good(
    fresh: Phone, issue_code: Issue, cast: Cast
) -> None:
    code = issue_code(cast.aisha)
    for app in ("1.0.0+rooted", "1.0.0+debugged.rooted", "1.0.0+found_by_a_newer_app"):
        refused = fresh.try_enrol(code, app)
        assert refused.status_code == 403 and "keep apps apart" in refused.json()["title"]
    assert fresh.try_enrol(code).status_code == 201


def test_a_phone_whose_digits_nobody_compared_is_told_nothing_and_its_work_is_taken(
    fresh: Phone, services: Services, cast: Cast, new_id: Callable[[], str]
) -> None:
    """Rule B12: whoever used the code may not be whom it was meant for."""
    with door(services, cast.tom).open() as access:
        code = issue_by_policy(access, cast.aisha.id, cast.team.id, services.settings).code
    fresh.enrol(code)
    marek = new_id()
    pushed = fresh.push(fresh.patch("person.patched", marek, name="Marek"))
    assert pushed.status_code == 200 and pushed.json()["acked"] == 1
    held_back = fresh.pull()
    assert held_back.status_code == 403 and held_back.json()["refused"] == "unconfirmed"
    assert b"Marek" not in held_back.content
    with door(services, cast.tom).open() as access:
        confirm_device(access, fresh.number, services.project)
    assert fresh.pull().status_code == 200


def test_a_phone_of_an_organisation_whose_agreement_lapsed_is_told_nothing_and_its_work_is_taken(
    phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    """Rule A2; one audit line for each refusal: of the change that is held, and of what was asked."""
    assert phone.pull().status_code == 200
    with database.writing() as session:
        session.execute(update(agreement).values(expires_on=clock.now.date() - timedelta(days=1)))
    pushed = phone.push(phone.patch("person.patched", new_id(), name="Marek"))
    assert pushed.status_code == 200 and pushed.json()["acked"] == 1
    held_back = phone.pull()
    assert held_back.status_code == 403 and held_back.json()["refused"] == "agreement"
    assert "agreement expired on" in held_back.json()["detail"]
    assert b"Marek" not in held_back.content
    with database.reading() as session:
        lines = session.execute(select(audit).where(audit.c.allowed.is_(False))).mappings().all()
    assert [(each["actor_id"], each["agency_id"], each["device_number"]) for each in lines] == [
        (cast.aisha.id, cast.outreach.id, phone.number)
    ] * 2


def test_a_stolen_phone_hears_of_the_wipe_whatever_its_agreement(
    phone: Phone, database: Database, clock: Clock
) -> None:
    with database.writing() as session:
        session.execute(update(agreement).values(expires_on=clock.now.date() - timedelta(days=1)))
        sync.set_status(session, phone.number, DeviceStatus.WIPE_NOW)
    assert phone.pull().json()["refused"] == "wipe"


def test_a_server_that_lets_weak_phones_in_still_knows_of_them(
    fresh: Phone, issue_code: Issue, cast: Cast, services: Services, new_id: Callable[[], str]
) -> None:
    lenient = replace(services.enroller, settings=replace(services.settings, weak_phones=True))
    wanted = EnrolmentRequest(
        code=issue_code(cast.aisha), label="", app_version="1.0.0+rooted", signing_key=fresh.signing_key
    )
    number = lenient.enrol(wanted, services.clock(), new_id).device.number
    with services.database.reading() as session:
        enrolment = devices.find_enrolment(session, number)
    assert enrolment is not None and enrolment.app_version == "1.0.0+rooted"


def test_a_code_is_read_however_it_is_typed(fresh: Phone, issue_code: Issue, cast: Cast) -> None:
    assert fresh.try_enrol(issue_code(cast.aisha).lower().replace("-", " ")).status_code == 201


def test_a_code_ends_after_ten_minutes(fresh: Phone, issue_code: Issue, cast: Cast, clock: Clock) -> None:
    code = issue_code(cast.aisha)
    clock.advance(minutes=10, seconds=1)
    assert fresh.try_enrol(code).status_code == 410


def test_five_wrong_tries_spoil_a_code(fresh: Phone, issue_code: Issue, cast: Cast) -> None:
    code = issue_code(cast.aisha)
    wrong = code[:-4] + ("AAAA" if not code.endswith("AAAA") else "BBBB")
    for _ in range(5):
        assert fresh.try_enrol(wrong).status_code == 410
    assert fresh.try_enrol(code).status_code == 410


def test_enrolling_is_limited_by_address(fresh: Phone) -> None:
    answers = [fresh.try_enrol("ABCD-EFGH") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [410] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_the_code_itself_is_nowhere_in_the_database(issue_code: Issue, cast: Cast, database: Database) -> None:
    plain = normalise_code(issue_code(cast.aisha))
    assert len(plain) == 32  # base32: 160 bits
    with database.reading() as session:
        row = session.execute(text("select * from enrolment_code")).mappings().one()
    assert all(plain not in str(value) for value in row.values())


def test_a_key_that_is_none_is_refused_and_the_code_stays_good(fresh: Phone, issue_code: Issue, cast: Cast) -> None:
    code = issue_code(cast.aisha)
    body = f'{{"code": "{code}", "label": "x", "app_version": "1", "signing_key": "AAAA"}}'.encode()
    assert fresh.post("/sync/v1/enrol", body, token="").status_code == 401
    assert fresh.try_enrol(code).status_code == 201


def test_a_phone_that_does_not_hold_the_key_it_names_is_refused(
    fresh: Phone, issue_code: Issue, cast: Cast, client: TestClient[Any], clock: Clock, new_id: Callable[[], str]
) -> None:
    other = Phone(client, clock, new_id)
    code = issue_code(cast.aisha)
    body = f'{{"code": "{code}", "label": "x", "app_version": "1", "signing_key": "{other.signing_key}"}}'.encode()
    assert fresh.post("/sync/v1/enrol", body, token="").status_code == 401


def test_a_body_that_is_no_request_is_refused_kindly(fresh: Phone) -> None:
    answer = fresh.post("/sync/v1/enrol", b"[]", token="")
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/400.1"


def door(services: Services, worker: Worker) -> Door:
    return Door(services.database, worker, services.clock(), services.new_id, may_change=True)


def test_tom_may_enrol_for_his_team_and_helen_may_not(services: Services, cast: Cast) -> None:
    with door(services, cast.tom).open() as access:
        assert issue_by_policy(access, cast.aisha.id, cast.team.id, services.settings).code
    with pytest.raises(Forbidden), door(services, cast.helen).open() as access:
        issue_by_policy(access, cast.aisha.id, cast.team.id, services.settings)


def test_another_districts_coordinator_cannot_even_see_the_team(services: Services, cast: Cast) -> None:
    with pytest.raises(NotFound), door(services, cast.carol).open() as access:
        issue_by_policy(access, cast.aisha.id, cast.team.id, services.settings)


def test_a_wiped_phone_is_told_at_its_next_request(phone: Phone, services: Services, cast: Cast) -> None:
    with door(services, cast.tom).open() as access:
        stop_device(access, phone.number, DeviceStatus.WIPE_NOW)
    for answer in (phone.push(phone.contact()), phone.pull(), phone.refresh()):
        assert answer.status_code == 403
        assert answer.json()["refused"] == "wipe"
    assert [entry.kind for entry in services.ledger.read()] == ["device_enrolled", "device_status"]


def test_a_phone_that_took_a_new_number_keeps_its_tokens(phone: Phone, database: Database) -> None:
    answer = phone.post("/sync/v1/renew", b"{}")
    assert answer.status_code == 200
    new = answer.json()["device"]
    assert new != phone.number
    with database.reading() as session:
        assert devices.find_enrolment(session, new) is not None
    old = phone.pull()
    assert old.json()["refused"] == "another_device"
    body = f'{{"device": {new}, "cursors": {{}}, "now": {phone.now_ms}, "app": "1.0.0"}}'.encode()
    assert phone.post("/sync/v1/pull", body).status_code == 200
