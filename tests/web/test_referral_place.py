"""Tom puts a report on the map: by a name that its words may mean, a point, a postcode; what waited for a place is work again."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from server.database.engine import Database
from server.places.gazetteer import make_name_key
from server.queries.maps.boundaries import Boundary, save_boundary
from server.queries.sync.store import list_changes
from server.tables.maps.gazetteer import gazetteer_place
from server.tables.referrals.referral import alert, referral
from shared.geo.distance import distance_m
from shared.model.position import Position
from tests.web import county
from tests.web.conftest import Browser
from tests.web.test_browser import watch  # noqa: F401 - a fixture
from tests.web.test_pages import plain

BOX = (-0.45, 51.62, -0.35, 51.72)


@pytest.fixture
def ground(filled: Database, now: datetime) -> Database:
    """Watford's outline, and Tesco on the map."""
    west, south, east, north = BOX
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    drawn = msgspec.json.encode({"type": "Polygon", "coordinates": [ring]}).decode()
    place = {
        "id": "tesco",
        "name": "Tesco",
        "name_key": make_name_key("Tesco"),
        "kind": "Shop",
        "latitude": 51.66,
        "longitude": -0.4,
    }
    with filled.writing() as session:
        save_boundary(session, Boundary(county.WATFORD, drawn, west, south, east, north), now)
        session.execute(insert(gazetteer_place), [place])
    return filled


def stands(filled: Database, referral_id: str) -> Any:
    with filled.reading() as session:
        return session.execute(select(referral).where(referral.c.id == referral_id)).mappings().one()


def test_the_words_of_a_report_offer_places_with_how_sure_they_are(
    browse: Callable[[str], Browser], ground: Database
) -> None:
    tom = browse("tom")
    assert "Put it on a map" in tom.get("/referrals/r3").text
    page = tom.get("/referrals/r3/place").text
    assert "Tesco (shop), 90 % sure" in plain(page) and 'value="51.66000, -0.40000"' in page
    assert "No such name is in the gazetteer" in plain(
        tom.send("/referrals/r3/place", take="find", words="Atlantis").text
    )


def test_the_chosen_one_is_taken_and_the_report_is_work_again(
    browse: Callable[[str], Browser], ground: Database
) -> None:
    answer = browse("tom").send("/referrals/r3/place", choice="51.66000, -0.40000", point="", take="choice")
    assert "Put on the map" in plain(answer.text)
    row = stands(ground, "r3")
    assert (row["state"], row["latitude"], row["longitude"], row["pin_source"], row["team_id"]) == (
        "received", 51.66, -0.4, "map_tap", "watford-outreach",
    )  # fmt: skip
    with ground.reading() as session:
        assert session.scalar(select(alert.c.latitude).where(alert.c.id == "alert-r3")) == 51.66
        assert [each.change.t for each in list_changes(session, "r3") if each.change] == [
            "referral.received", "referral.progressed", "referral.received",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("point", "at"),
    [
        ("51.67, -0.41", (51.67, -0.41)), ("51.67 -0.41", (51.67, -0.41)), ("WD17 1EU", (51.66, -0.4)),
        ("https://www.google.com/maps?q=51.67,-0.41", (51.67, -0.41)), ("TQ 1100 9700", (51.66, -0.4)),
    ],
)  # fmt: skip
def test_a_point_is_read_as_a_person_writes_it(
    browse: Callable[[str], Browser], ground: Database, point: str, at: tuple[float, float]
) -> None:
    browse("tom").send("/referrals/r1/place", point=point)
    row = stands(ground, "r1")
    assert (row["latitude"], row["longitude"]) == pytest.approx(at, abs=0.01)
    assert (row["moved_from_latitude"], row["state"]) == (51.66385, "received")


@pytest.mark.parametrize(
    "point", ["", "by the canal", "95, 200", "-0.39, 51.66", "48.85, 2.35", "nan, nan", "1e999, 0"]
)
def test_what_is_no_point_of_ours_is_told_with_what_was_typed(
    browse: Callable[[str], Browser], ground: Database, point: str
) -> None:
    answer = browse("tom").send("/referrals/r1/place", point=point)
    assert answer.status_code == 422
    assert f'value="{point}"' in answer.text
    assert stands(ground, "r1")["latitude"] == 51.66385


def test_another_districts_report_is_not_moved(
    browse: Callable[[str], Browser], ground: Database, now: datetime
) -> None:
    with ground.writing() as session:
        county.put_referral(session, now, "theirs", at=(51.64, -0.5), district_id=county.THREE_RIVERS)
    tom = browse("tom")
    assert tom.get("/referrals/theirs/place").status_code == 404
    assert tom.send("/referrals/theirs/place", point="51.66, -0.4").status_code == 404


@pytest.mark.browser
@pytest.mark.slow
def test_a_press_on_the_map_says_where(ground: Database, watch: Callable[..., Any]) -> None:  # noqa: F811
    with watch(1280) as watched:
        watched.sign_in("tom")
        watched.open("/referrals/r3/place")
        watched.page.locator("#map[data-drawn=yes]").wait_for(timeout=60_000)
        watched.page.locator("#map canvas").click(position={"x": 300, "y": 200})
        latitude, longitude = (float(half) for half in watched.page.input_value("#point").split(","))
        assert BOX[1] - 0.05 < latitude < BOX[3] + 0.05 and BOX[0] - 0.1 < longitude < BOX[2] + 0.1
        assert watched.page.locator(".maplibregl-marker").count() == 1
        watched.check()
        watched.page.locator("button[value=point]").click()
        watched.page.wait_for_url("**/referrals/r3?done=put_on_map")
    assert stands(ground, "r3")["latitude"] == pytest.approx(latitude, abs=1e-5)


def test_the_map_has_both_rings_and_the_open_reports_within_them(
    browse: Callable[[str], Browser], ground: Database, now: datetime
) -> None:
    with ground.writing() as session:
        county.put_referral(session, now, "over", at=(51.6640, -0.3961), state="closed")
        county.put_referral(session, now, "theirs", at=(51.6641, -0.3962), district_id=county.THREE_RIVERS)
    page = browse("tom").get("/referrals/r1/place").text
    drawn = json.loads(page.partition('id="map-data"')[2].partition(">")[2].partition("</script>")[0])
    reports = {tuple(pin["geometry"]["coordinates"]) for pin in drawn["pins"] if pin["properties"]["kind"] == "report"}
    assert reports == {(-0.3961, 51.66385), (-0.396, 51.6639)}
    rings = [area["geometry"]["coordinates"][0] for area in drawn["areas"] if area["properties"]["words"] != "District"]
    here = Position(latitude=51.66385, longitude=-0.3961)
    reach = [{round(distance_m(here, Position(latitude=at, longitude=on))) for on, at in ring} for ring in rings]
    assert [(min(each), max(each)) for each in reach] == [(50, 50), (250, 250)]
