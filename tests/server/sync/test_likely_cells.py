"""Where people are likely tonight, as a phone is told it: its own team's squares, to a phone and a worker who may know."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from server.database.engine import Database
from server.queries.operation import audit, devices
from server.queries.partnership import agencies
from server.queries.sync import store as sync
from shared.model.codes import DeviceStatus
from shared.model.likely import LikelySquares
from tests.server.cast import Cast
from tests.server.phone import Phone

PATH = "/sync/v1/likely-cells"
HERE = {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
IN_DACORUM = {"latitude": 51.75, "longitude": -0.5, "source": "gps"}


@pytest.fixture
def met(phone: Phone, new_id: Callable[[], str]) -> Phone:
    """Aisha's phone, after she met somebody in Watford and, on the way, somebody in Dacorum."""
    answer = phone.push(
        phone.contact(person_ids=[new_id()], position=HERE), phone.contact(person_ids=[new_id()], position=IN_DACORUM)
    )
    assert answer.status_code == 200, answer.text
    return phone


def read(answer: Any) -> LikelySquares:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=LikelySquares)


def test_a_phone_is_told_the_squares_of_its_teams_district_and_no_other(met: Phone, now: Any) -> None:
    told = read(met.get(PATH))
    (square,) = told.squares
    south, north = min(c[0] for c in square.corners), max(c[0] for c in square.corners)
    west, east = min(c[1] for c in square.corners), max(c[1] for c in square.corners)
    assert south <= HERE["latitude"] <= north and west <= HERE["longitude"] <= east
    assert north - south == pytest.approx(125 / 111_200, rel=0.05) and len(square.corners) == 4
    assert square.band == 2  # met once: possible, and no more is known
    assert told.night == now.date()


def test_that_the_squares_were_told_is_in_the_audit_once(met: Phone, cast: Cast, database: Database) -> None:
    read(met.get(PATH))
    with database.reading() as session:
        (line,) = [each for each in audit.list_lines(session) if each.action == "see_map"]
    assert (line.actor_id, line.device_number, line.allowed) == (cast.aisha.id, met.number, True)
    assert (line.subject_kind, line.subject_id) == ("district", cast.watford.id)


def test_they_are_told_again_only_when_they_have_changed(met: Phone, new_id: Callable[[], str]) -> None:
    first = met.get(PATH)
    again = met.get(PATH, first.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    met.push(met.contact(person_ids=[new_id()], position=HERE | {"latitude": 51.66}))
    assert len(read(met.get(PATH, first.headers["etag"])).squares) == 2


def test_where_nothing_is_known_there_is_no_square(phone: Phone) -> None:
    assert read(phone.get(PATH)).squares == ()


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        (DeviceStatus.REVOKED, "revoked"),
        (DeviceStatus.WIPE_AFTER_PUSH, "wipe"),
        (DeviceStatus.WIPE_NOW, "wipe"),
    ],
)
def test_a_withdrawn_phone_is_told_nothing(met: Phone, database: Database, status: DeviceStatus, refused: str) -> None:
    with database.writing() as session:
        sync.set_status(session, met.number, status)
    answer = met.get(PATH)
    assert (answer.status_code, answer.json()["refused"]) == (403, refused)
    assert "squares" not in answer.text


def test_a_phone_whose_digits_nobody_compared_is_told_nothing(met: Phone, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("update device_enrolment set confirmed_at = null"))
    answer = met.get(PATH)
    assert (answer.status_code, answer.json()["refused"]) == (403, "unconfirmed")
    with database.writing() as session:
        devices.confirm_enrolment(session, met.number, met.clock())
    assert len(read(met.get(PATH)).squares) == 1


def test_once_the_agreement_has_lapsed_nothing_is_told_and_that_is_written_down(met: Phone, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("update agreement set expires_on = '2026-11-01'"))
    answer = met.get(PATH)
    assert (answer.status_code, answer.json()["refused"]) == (403, "agreement")
    with database.reading() as session:
        refused = [line for line in audit.list_lines(session) if not line.allowed]
    assert [line.device_number for line in refused] == [met.number]
    assert "expired" in refused[0].reason


def test_a_worker_who_has_left_is_told_nothing(met: Phone, database: Database, cast: Cast) -> None:
    with database.writing() as session:
        session.execute(text("update worker set active = false where id = :id"), {"id": cast.aisha.id})
    assert met.get(PATH).status_code == 403


def test_a_worker_who_walks_with_the_team_no_more_is_told_nothing(met: Phone, database: Database, cast: Cast) -> None:
    with database.writing() as session:
        session.execute(text("delete from worker_team where worker_id = :id"), {"id": cast.aisha.id})
    assert met.get(PATH).status_code == 404


def test_a_team_that_walks_elsewhere_now_is_told_of_there(met: Phone, database: Database, cast: Cast) -> None:
    before = read(met.get(PATH)).squares
    with database.writing() as session:
        agencies.set_team_districts(session, cast.team.id, [cast.dacorum.id])
    (after,) = read(met.get(PATH)).squares
    assert after not in before
    assert min(corner[0] for corner in after.corners) > 51.7


def test_only_an_enrolled_phone_is_told(met: Phone, client: Any, clock: Any) -> None:
    assert met.tokens is not None
    assert client.get(PATH).status_code == 401
    assert client.get(PATH, headers={"authorization": f"Bearer {met.tokens.access}"}).status_code == 401
    assert met.get(PATH, token="x" * 43).status_code == 401
    clock.now += timedelta(days=1)
    assert met.get(PATH).status_code == 401
