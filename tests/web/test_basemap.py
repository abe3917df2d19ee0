"""The ground under the maps of pages: only for who is signed in, and only of our districts."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from server.cli import main
from server.database.engine import Database
from server.places.basemap.serving import find_served
from server.queries.maps.boundaries import Boundary, save_boundary
from server.queries.maps.gazetteer import NamedPlace, add_places
from server.queries.partnership.boundary_changes import end_district
from server.settings import Settings
from tests.server.places.test_basemap import HERE, SQUARE, TILES, make
from tests.server.places.tiles import ZOOMSTACK, write_mbtiles, write_pmtiles
from tests.web import county

ENDED = datetime(2026, 11, 1, tzinfo=UTC)
Browse = Callable[[str], Any]
BOX: dict[str, Any] = {"west": -0.41, "south": 51.64, "east": -0.38, "north": 51.67}


@pytest.fixture
def bounded(filled: Database) -> Database:
    with filled.writing() as session:
        save_boundary(
            session,
            Boundary(district_id=county.WATFORD, geojson=SQUARE, **BOX),
            datetime(2026, 11, 12, tzinfo=UTC),
        )
        add_places(session, [NamedPlace("g1", "Vicarage Road", "vicarageroad", "Named Road", 51.65, -0.4)])
    return filled


def test_without_a_file_outlines_towns_and_the_gazetteers_streets_are_told(bounded: Database, browse: Browse) -> None:
    told = json.loads(browse("tom").get("/basemap").content)
    assert told["tiles"] is None and len(told["outlines"]) == 1
    names = {each["properties"]["text"]: each["properties"]["rank"] for each in told["names"]}
    assert names["Vicarage Road"] == 3 and names["Watford"] == 0


def test_the_outline_of_a_district_that_ended_is_on_no_map(bounded: Database, browse: Browse) -> None:
    """It was drawn over those that came after it, as if it stood."""
    with bounded.writing() as session:
        save_boundary(session, Boundary(district_id=county.THREE_RIVERS, geojson=SQUARE, **BOX), ENDED)
        end_district(session, county.THREE_RIVERS, ENDED.date())
    assert len(json.loads(browse("tom").get("/basemap").content)["outlines"]) == 1


def test_with_a_file_its_tiles_are_told_and_sent(
    bounded: Database, browse: Browse, settings: Settings, tmp_path: Path
) -> None:
    make(write_mbtiles(tmp_path / "streets", TILES), settings.data)
    tom = browse("tom")
    told = json.loads(tom.get("/basemap").content)
    assert told["names"] == [] and told["tiles"]["layers"]["roads"] == ["roads"]
    assert told["tiles"]["attribution"] == "Contains OS data © Crown 2026"
    zoom, column, row = HERE[14]
    path = told["tiles"]["path"].replace("{z}", str(zoom)).replace("{x}", str(column)).replace("{y}", str(row))
    tile = tom.get(path)
    assert (tile.status_code, tile.content) == (200, ZOOMSTACK)
    assert tile.headers["cache-control"].startswith("private")
    assert tom.get(path.replace(str(row), str(row + 40))).status_code == 204
    assert tom.get("/basemap/x/14/1/99999999").status_code == 204
    assert tom.get("/basemap/x/-1/0/0").status_code in (204, 404)


def test_nobody_is_told_anything_who_is_not_signed_in(bounded: Database, client: Any) -> None:
    for path in ("/basemap", "/basemap/x/14/8173/5437"):
        assert client.get(path, headers={"accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("write", [write_mbtiles, write_pmtiles])
def test_the_command_says_what_it_made_and_what_is_wrong(
    bounded: Database, database_url: str, tmp_path: Path, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANTERN_DATABASE", database_url)
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path / "own"))
    done = CliRunner().invoke(
        main, ["basemap", str(write(tmp_path / "streets", TILES)), "--attribution", "© <b>Us</b>"]
    )
    assert done.exit_code == 0, done.output
    assert "15 tiles" in done.output and "Watford: 0.0 MB for the phones." in done.output
    served = find_served(tmp_path / "own")
    assert served is not None and served.attribution == "© Us"
    (tmp_path / "no").write_text("no")
    wrong = CliRunner().invoke(main, ["basemap", str(tmp_path / "no")])
    assert wrong.exit_code == 2 and "neither MBTiles nor PMTiles" in wrong.output
    assert find_served(tmp_path / "own") == served
