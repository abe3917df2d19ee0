"""The map that a phone takes along: its own team's ground, nothing about anybody, told again only when it has changed."""

from collections.abc import Callable
from typing import Any

import msgspec

from mobile.ports import MapSketch
from server.database.engine import Database
from server.places.map_sketch import draw_outlines, name_places
from server.places.towns import Town
from server.queries.maps import boundaries, gazetteer
from server.queries.maps.boundaries import Boundary
from server.queries.maps.gazetteer import NamedPlace
from server.security.tokens import hash_token
from server.tables.operation.device import device_token
from tests.server.cast import Cast
from tests.server.phone import Phone

PATH = "/sync/v1/map-pack"


def fetch(phone: Phone, known: str = "", token: str = "") -> Any:
    return phone.get(PATH, known, token)


def read(answer: Any) -> MapSketch:
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=MapSketch)


def test_a_phone_gets_the_outline_of_its_teams_district_and_no_other(phone: Phone) -> None:
    sketch = read(fetch(phone))
    (outline,) = sketch.outlines
    assert set(outline) == {(51.6, -0.5), (51.6, -0.3), (51.7, -0.3), (51.7, -0.5)}
    assert sketch.cells == ()
    assert "Watford" in {place.name for place in sketch.places}
    assert "Luton" not in {place.name for place in sketch.places}


def test_the_operators_places_are_on_it(phone: Phone, database: Database, new_id: Callable[[], str]) -> None:
    here = NamedPlace(new_id(), "Lower High Street", "lowerhighstreet", "street", 51.652, -0.391)
    spot = NamedPlace(new_id(), "Cassiobury Park", "cassioburypark", "park", 51.66, -0.42)
    away = NamedPlace(new_id(), "Somewhere Else", "somewhereelse", "street", 53.0, -0.391)
    with database.writing() as session:
        gazetteer.add_places(session, [here, spot, away])
    found = {place.name: place.rank for place in read(fetch(phone)).places}
    assert (found["Cassiobury Park"], found["Lower High Street"]) == (2, 3), "streets last (decision 108)"
    assert "Somewhere Else" not in found


def test_nothing_about_anybody_is_in_it(phone: Phone, new_id: Callable[[], str]) -> None:
    here = {"latitude": 51.654371, "longitude": -0.432189, "source": "gps"}
    marek, stairwell = new_id(), new_id()
    phone.push(
        phone.patch("person.patched", marek, name="Marek"),
        phone.patch("site.patched", stairwell, name="Station stairwell", position=here),
        phone.contact(person_ids=[marek], site_id=stairwell, position=here),
    )
    told = fetch(phone).text
    assert "Marek" not in told and "stairwell" not in told
    assert "51.65437" not in told and "0.43218" not in told


def test_it_is_told_again_only_when_it_has_changed(phone: Phone, database: Database, cast: Cast, now: Any) -> None:
    first = fetch(phone)
    again = fetch(phone, first.headers["etag"])
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    ring = [[-0.5, 51.6], [-0.3, 51.6], [-0.3, 51.65], [-0.5, 51.65], [-0.5, 51.6]]
    area = Boundary(
        district_id=cast.watford.id, west=-0.5, south=51.6, east=-0.3, north=51.65,
        geojson=msgspec.json.encode({"type": "Polygon", "coordinates": [ring]}).decode(),
    )  # fmt: skip
    with database.writing() as session:
        boundaries.save_boundary(session, area, now)
    changed = fetch(phone, first.headers["etag"])
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_only_an_enrolled_phone_is_told(phone: Phone, client: Any, database: Database) -> None:
    assert phone.tokens is not None
    assert client.get(PATH).status_code == 401
    assert client.get(PATH, headers={"authorization": f"Bearer {phone.tokens.access}"}).status_code == 401
    assert fetch(phone, token="x" * 43).status_code == 401
    with database.writing() as session:
        mine = device_token.c.access_hash == hash_token(phone.tokens.access)
        session.execute(device_token.update().where(mine).values(revoked_at=phone.clock()))
    assert fetch(phone).status_code == 401


def test_without_boundaries_the_map_is_empty(phone: Phone, database: Database) -> None:
    from server.tables.partnership.district import boundary

    with database.writing() as session:
        session.execute(boundary.delete())
    assert read(fetch(phone)) == MapSketch()


def test_islands_are_lines_of_their_own_and_specks_are_left_out() -> None:
    island = [[0.0, 51.0], [0.1, 51.0], [0.1, 51.1], [0.0, 51.0]]
    speck = [[1.0, 51.0], [1.0001, 51.0], [1.0001, 51.0001], [1.0, 51.0]]
    shape = {"type": "MultiPolygon", "coordinates": [[island], [speck], [[[x + 2, y] for x, y in island]]]}
    area = Boundary("a", msgspec.json.encode(shape).decode(), 0.0, 51.0, 2.1, 51.1)
    lines = draw_outlines([area])
    assert [line[0] for line in lines] == [(51.0, 0.0), (51.0, 2.0)]


def test_stations_are_drawn_at_every_zoom_and_a_limit_costs_none(database: Database, new_id: Callable[[], str]) -> None:
    streets = [NamedPlace(new_id(), f"A{n} Street", f"a{n}street", "street", 51.65, -0.39 + n / 1e4) for n in range(5)]
    station = NamedPlace(new_id(), "Watford Junction", "watfordjunction", "Railway Station", 51.6635, -0.3965)
    with database.writing() as session:
        gazetteer.add_places(session, [*streets, station])
        named = gazetteer.list_within(session, -0.5, 51.6, -0.3, 51.7, 3)
    places = name_places([Town("Watford", 51.66, -0.4, 125_000)], named)
    assert [(place.name, place.rank) for place in places[:3]] == [
        ("Watford Junction", 0), ("Watford", 0), ("A0 Street", 3),
    ]  # fmt: skip


def test_a_name_is_written_once_and_large_towns_come_first() -> None:
    towns = [Town("Watford", 51.66, -0.4, 125_000), Town("Bushey", 51.64, -0.36, 900)]
    places = name_places(towns, [NamedPlace("1", "watford", "watford", "town", 51.0, 0.0)])
    assert [(place.name, place.rank) for place in places] == [("Watford", 0), ("Bushey", 1)]
