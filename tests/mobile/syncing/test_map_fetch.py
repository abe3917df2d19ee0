"""The map comes with a sync, once, and only ground is kept; whatever goes wrong, the old map stays and syncing goes on."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from mobile.device.map_pack import FOLDER, SKETCH, MapPack, SketchFile
from mobile.ports import MapCell, MapSketch
from mobile.syncing.pack_fetch import PackFetch
from mobile.syncing.server_client import ServerClient
from tests.mobile import real_server
from tests.mobile.ground import town
from tests.mobile.rig import PIN, Rig

pytestmark = pytest.mark.slow

Answer = Callable[[httpx.Request], httpx.Response]


def test_a_phone_that_has_synced_draws_its_teams_district(tmp_path: Path) -> None:
    with real_server.running(tmp_path / "server") as server:
        rig = Rig(tmp_path / "aisha", real_network=True)
        assert rig.field.enrol(server.code_for(server.cast.aisha), server.url, PIN).enrolled
        assert MapPack(rig.data / FOLDER).map_sketch() == MapSketch()
        rig.field.sync_once()
        sketch = MapPack(rig.data / FOLDER).map_sketch()
        assert len(sketch.outlines) == 1
        assert "Watford" in {place.name for place in sketch.places}
        before = (rig.data / FOLDER / SKETCH).stat().st_mtime_ns
        rig.clocks.wall += timedelta(hours=7)
        assert rig.field.sync_once().message.startswith("All sent")
        assert (rig.data / FOLDER / SKETCH).stat().st_mtime_ns == before, "the same map was written twice"
        rig.field.close()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    made = Rig(tmp_path)
    made.keystore.make_keys()
    return made


def client_of(rig: Rig, answer: Answer) -> ServerClient:
    rig.server.answer = answer
    wall_ms = int(rig.clocks.now().timestamp() * 1000)
    return ServerClient("https://lantern.test", rig.keystore, lambda: wall_ms, rig.server)


def fetch(rig: Rig, answer: Answer) -> bool:
    return PackFetch("/map-pack", SketchFile(rig.data)).fetch_if_due(client_of(rig, answer), "token", 1_000)


def gives(sketch: MapSketch, tag: str = '"1"') -> Answer:
    return lambda _: httpx.Response(200, content=msgspec.json.encode(sketch), headers={"etag": tag})


def kept(rig: Rig) -> MapSketch:
    return MapPack(rig.data / FOLDER).map_sketch()


def test_no_cell_and_no_path_is_kept_without_a_key(rig: Rig) -> None:
    corners = ((51.6, -0.4), (51.6, -0.3), (51.7, -0.3))
    told = msgspec.structs.replace(town(), cells=(MapCell(corners=corners, strength=4),), tiles_path="/elsewhere")
    assert fetch(rig, gives(told))
    assert kept(rig) == msgspec.structs.replace(town(), cells=(), tiles_path="")
    assert b"strength" not in (rig.data / FOLDER / SKETCH).read_bytes()


def test_the_tag_of_the_map_that_is_here_goes_along(rig: Rig) -> None:
    fetch(rig, gives(MapSketch(), '"one"'))
    assert not fetch(rig, lambda request: httpx.Response(304 if request.headers["if-none-match"] == '"one"' else 500))
    (rig.data / FOLDER / SKETCH).unlink()
    assert fetch(
        rig, lambda request: httpx.Response(500) if "if-none-match" in request.headers else gives(town())(request)
    )


@pytest.mark.parametrize(
    "broken",
    [
        lambda _: httpx.Response(404),
        lambda _: httpx.Response(401),
        lambda _: httpx.Response(200, content=b"{"),
        lambda _: httpx.Response(200, content=b'{"outlines": 3}'),
        lambda _: httpx.Response(200, content=b" " * 20_000_001),
        lambda _: httpx.Response(200, content=b'{"new": ' + b"[" * 5_000),
    ],
)
def test_a_bad_answer_leaves_the_old_map(rig: Rig, broken: Answer) -> None:
    fetch(rig, gives(town()))
    assert not fetch(rig, broken)
    assert kept(rig).outlines == town().outlines


def test_a_tag_that_is_none_costs_no_sync(rig: Rig) -> None:
    body = msgspec.json.encode(town())
    assert not fetch(rig, lambda _: httpx.Response(200, content=body, headers={b"etag": b"\xe9"}))
    assert kept(rig).outlines == town().outlines


def test_no_network_leaves_the_old_map(rig: Rig) -> None:
    def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network")

    fetch(rig, gives(town()))
    assert not fetch(rig, lost)
    assert kept(rig).outlines == town().outlines


def test_where_nothing_can_be_written_syncing_goes_on(rig: Rig) -> None:
    (rig.data).mkdir(parents=True, exist_ok=True)
    (rig.data / FOLDER).write_bytes(b"a file where the folder should be")
    assert not fetch(rig, gives(town()))


def test_it_is_asked_for_again_after_six_hours_and_not_before(rig: Rig) -> None:
    asked, mine = client_of(rig, gives(MapSketch())), PackFetch("/map-pack", SketchFile(rig.data))
    hour = 3_600_000
    assert [mine.fetch_if_due(asked, "token", at) for at in (0, 5 * hour, 6 * hour)] == [True, False, True]


def test_a_map_cut_off_while_it_was_written_is_asked_for_again(rig: Rig) -> None:
    fetch(rig, gives(town()))
    (rig.data / FOLDER / "sketch.etag").write_text("")
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("if-none-match", ""))
        return gives(town())(request)

    assert fetch(rig, answer)
    assert seen == [""]


def test_the_operators_own_map_is_left_alone(rig: Rig) -> None:
    (rig.data / FOLDER).mkdir(parents=True)
    (rig.data / FOLDER / SKETCH).write_bytes(msgspec.json.encode(town()))
    assert not fetch(rig, gives(MapSketch()))
    assert rig.server.requests == []
    assert kept(rig) == town()
