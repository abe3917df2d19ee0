"""Likely squares come with a sync into the encrypted store and nowhere else; whatever goes wrong, the old ones stay."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from mobile.field.views import ContactDraft, PersonDraft
from mobile.store.database import Store
from mobile.store.errors import StoreLocked
from mobile.syncing import cell_fetch
from mobile.syncing.server_client import ServerClient
from shared.model.codes import ContactState
from shared.model.likely import LikelySquare, LikelySquares
from shared.model.position import Position
from tests.mobile import real_server
from tests.mobile.rig import PIN, Rig

pytestmark = pytest.mark.slow

Answer = Callable[[httpx.Request], httpx.Response]
HOUR_MS = 3_600_000
CORNERS = ((51.64321, -0.41234), (51.64321, -0.41054), (51.64433, -0.41054), (51.64433, -0.41234))
TOLD = LikelySquares(night=date(2026, 11, 13), squares=(LikelySquare(corners=CORNERS, band=4),))


@pytest.fixture
def store(rig: Rig) -> Store:
    return rig.field._open.record.store


def fetch(rig: Rig, store: Store, answer: Answer, at_ms: int = 0) -> bool:
    rig.server.answer = answer
    wall_ms = int(rig.clocks.now().timestamp() * 1000)
    client = ServerClient("https://lantern.test", rig.keystore, lambda: wall_ms, rig.server)
    return cell_fetch.fetch_if_due(store, client, "token", at_ms)


def gives(told: LikelySquares, tag: str = '"1"') -> Answer:
    return lambda _: httpx.Response(200, content=msgspec.json.encode(told), headers={"etag": tag})


def status(code: int) -> Answer:
    return lambda _: httpx.Response(code)


def files_of(rig: Rig) -> bytes:
    return b"".join(file.read_bytes() for file in rig.data.rglob("*") if file.is_file())


def test_the_squares_outlive_a_restart_and_a_locked_phone_tells_none(rig: Rig, store: Store) -> None:
    assert rig.field.likely_cells() == ()
    assert fetch(rig, store, gives(TOLD))
    field = rig.restart()
    with pytest.raises(StoreLocked):
        field.likely_cells()
    assert field.unlock(PIN).is_unlocked
    assert [(cell.corners, cell.strength) for cell in field.likely_cells()] == [(CORNERS, 4)]


def test_no_file_of_the_phone_holds_a_corner_in_the_clear(rig: Rig, store: Store) -> None:
    assert fetch(rig, store, gives(TOLD))
    held = files_of(rig)
    assert len(held) > 1000
    assert b"51.64321" not in held and b"0.41234" not in held and b"corners" not in held


@pytest.mark.parametrize(
    "broken",
    [
        status(401),
        status(429),
        status(500),
        lambda _: httpx.Response(200, content=b"{"),
        lambda _: httpx.Response(200, content=b'{"night":"2026-11-13","squares":[{"corners":3,"band":1}]}'),
        lambda _: httpx.Response(200, content=b" " * 1_000_001),
    ],
)
def test_a_bad_answer_leaves_the_squares_and_is_asked_again(rig: Rig, store: Store, broken: Answer) -> None:
    fetch(rig, store, gives(TOLD))
    assert not fetch(rig, store, broken, HOUR_MS)
    assert len(rig.field.likely_cells()) == 1
    assert fetch(rig, store, gives(LikelySquares(night=TOLD.night)), HOUR_MS)


def test_no_network_leaves_the_squares(rig: Rig, store: Store) -> None:
    def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network")

    fetch(rig, store, gives(TOLD))
    assert not fetch(rig, store, lost, HOUR_MS)
    assert len(rig.field.likely_cells()) == 1


@pytest.mark.parametrize("code", [403, 404])
def test_a_phone_that_may_know_no_more_forgets_them(rig: Rig, store: Store, code: int) -> None:
    fetch(rig, store, gives(TOLD))
    assert fetch(rig, store, status(code), HOUR_MS)
    assert rig.field.likely_cells() == ()


def test_they_are_asked_for_once_an_hour_with_the_tag_of_the_last(rig: Rig, store: Store) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("if-none-match", ""))
        return httpx.Response(304) if asked[-1] else gives(TOLD)(request)

    came = [fetch(rig, store, answer, at) for at in (0, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 2 * HOUR_MS)]
    assert came == [True, False, False, False, False]
    assert asked == ["", '"1"', '"1"']
    assert len(rig.field.likely_cells()) == 1


def meet(rig: Rig) -> None:
    red, here = PersonDraft(alias="Red"), Position(latitude=51.65, longitude=-0.4)
    rig.field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN, new_people=(red,), position=here))


def lapse_agreements(server: real_server.RealServer, expired_on: date) -> None:
    from sqlalchemy import text

    with server.services.database.writing() as session:
        session.execute(text("update agreement set expires_on = :day"), {"day": expired_on.isoformat()})


def test_what_aisha_met_is_a_square_on_her_map_after_a_sync_with_the_real_server(tmp_path: Path) -> None:
    with real_server.running(tmp_path / "server") as server:
        rig = Rig(tmp_path / "aisha", real_network=True)
        assert rig.field.enrol(server.code_for(server.cast.aisha), server.url, PIN).enrolled
        meet(rig)
        assert rig.field.sync_once().message.startswith("All sent")
        (cell,) = rig.field.likely_cells()
        assert min(c[0] for c in cell.corners) <= 51.65 <= max(c[0] for c in cell.corners)
        assert min(c[1] for c in cell.corners) <= -0.4 <= max(c[1] for c in cell.corners)
        assert cell.strength == 2  # met once: possible, as one night is judged mostly by what other squares are like
        held = files_of(rig)
        assert not any(f"{corner[0]:.5f}".encode() in held for corner in cell.corners)
        lapse_agreements(server, rig.clocks.now().date() - timedelta(days=1))
        rig.clocks.wall += timedelta(hours=1)
        meet(rig)
        assert rig.field.sync_once().trouble == "agreement"
        assert rig.field.likely_cells() == (), "squares stayed on a phone that may know of nobody"
        rig.field.close()
