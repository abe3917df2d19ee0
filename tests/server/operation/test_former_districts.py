"""What a district knew under another name, whoever works on its ground knows now: squares, follow-ups, since when."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
import shapely

from server.access import Door
from server.actions.partnership.returns import find_month
from server.database.engine import Database
from server.hotspots.former_ground import (
    find_stays_since,
    list_ground_known_since,
    list_ground_moves,
    list_ground_nights,
)
from server.hotspots.tonight import find_known
from server.http.services import Services
from server.places.basemap.clipping import FOLDER, DistrictPack
from server.places.basemap.ways import Way
from server.places.map_sketch import make_sketch
from server.queries.cases.case_moves import add_move
from server.queries.cases.cases import add_cases
from server.queries.maps.boundaries import Boundary, save_boundary
from server.queries.partnership import agencies, workers
from server.queries.partnership.boundary_changes import end_district, follow
from server.queries.partnership.districts import add_district
from server.queries.people.brought_in import Batch, BroughtIn, add_batch, add_facts
from server.queries.people.stays import add_stay
from server.web.lead.where_next import list_candidates
from shared.model.case import Case, CaseMove
from shared.model.codes import CaseState, StayKind
from shared.model.district import District
from shared.model.likely import LikelySquares
from shared.model.stay import Stay
from shared.rules.indicators import SeenNight, month_indicators
from tests.conftest import EVENING, Clock
from tests.server.cast import WATFORD, Cast
from tests.server.phone import Phone

NEW, OTHER = "south-west-herts", "north-herts"
DAY, HOUSED = date(2025, 5, 1), date(2026, 11, 1)


@pytest.fixture
def person_id(phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]) -> str:
    """Met in Watford, housed and brought in there; then the district ends."""
    found = new_id()
    answer = phone.push(phone.contact(person_ids=[found], position={"latitude": WATFORD[0], "longitude": WATFORD[1]}))
    assert answer.status_code == 200, answer.text
    told = Stay(
        id="s", person_id=found, kind=StayKind.HOSTEL, district_id=cast.watford.id, moved_in_on=date(2026, 11, 1),
        recorded_at=clock(), recorded_by=cast.priya.id,
    )  # fmt: skip
    since = BroughtIn(id="f", batch_id="b", person_id=found, kind="first_seen", day=date(2025, 5, 1), text="May 2025")
    with database.writing() as session:
        add_stay(session, told)
        add_batch(session, Batch(id="b", district_id=cast.watford.id, file_name="list", begun_at=clock(), begun_by="p"))
        add_facts(session, [since])
        end_district(session, cast.watford.id, date(2026, 11, 12))
    return found


def become(database: Database, cast: Cast, *ids: str) -> None:
    """Watford becomes these; the team walks the first."""
    with database.writing() as session:
        for each in ids:
            add_district(session, District(id=each, code=each, name=each, valid_from=date(2026, 11, 13)))
        follow(session, [cast.watford.id], ids, date(2026, 11, 13))
        agencies.set_team_districts(session, cast.team.id, ids[:1])


def test_the_teams_squares_are_known_and_the_phone_shows_them(
    phone: Phone, database: Database, cast: Cast, clock: Clock, services: Services, person_id: str
) -> None:
    become(database, cast, NEW)
    told = msgspec.json.decode(phone.get("/sync/v1/likely-cells").content, type=LikelySquares)
    assert len(told.squares) == 1, "the phone would show ground as unknown that its team knows"
    clock.advance(hours=24)
    with database.reading() as session:
        known = find_known(session, {NEW}, clock().date(), services.settings.crs)
        tom = workers.get_worker(session, cast.tom.id)
    assert (len(known.looks), known.is_of_others) == (1, False)
    with Door(database, tom, clock(), services.new_id, may_change=True).open() as access:
        team = next(each for each in agencies.list_teams(access.session) if each.id == cast.team.id)
        found = list_candidates(access, team, services.settings.crs).values()
    assert [each.kind for each in found] == ["follow_up"]


def test_nobody_is_new_and_no_stay_unheld_by_another_name(database: Database, cast: Cast, person_id: str) -> None:
    become(database, cast, NEW)
    with database.reading() as session:
        assert list_ground_known_since(session, NEW) == {person_id: date(2025, 5, 1)}
        assert find_stays_since(session, NEW) is not None


def test_phones_keep_the_streets_that_were_cut_for_the_old_district(
    database: Database, cast: Cast, tmp_path: Path, person_id: str
) -> None:
    become(database, cast, NEW)
    (tmp_path / FOLDER).mkdir()
    pack = DistrictPack(ways=(Way(kind=1, points=(5_165_000, -40_000, 10, 10)),))
    (tmp_path / FOLDER / f"{cast.watford.id}.json").write_bytes(msgspec.json.encode(pack))
    box = (-0.5, 51.6, -0.3, 51.7)
    with database.writing() as session:
        save_boundary(session, Boundary(NEW, shapely.to_geojson(shapely.box(*box)), *box), EVENING)
        assert make_sketch(session, cast.team.id, tmp_path).ways == pack.ways


def test_a_part_of_a_district_keeps_its_streets_and_whom_to_see_again(
    phone: Phone, database: Database, cast: Cast, clock: Clock, services: Services, tmp_path: Path, person_id: str
) -> None:
    """A phone of a part drew no streets until the file was cut anew, and its team was sent to nobody whom it had met."""
    become(database, cast, NEW, OTHER)
    (tmp_path / FOLDER).mkdir()
    pack = DistrictPack(ways=(Way(kind=1, points=(5_165_000, -40_000, 10, 10)),))
    (tmp_path / FOLDER / f"{cast.watford.id}.json").write_bytes(msgspec.json.encode(pack))
    box = (-0.45, 51.6, -0.35, 51.7)
    with database.writing() as session:
        save_boundary(session, Boundary(NEW, shapely.to_geojson(shapely.box(*box)), *box), EVENING)
        assert make_sketch(session, cast.team.id, tmp_path).ways == pack.ways
    clock.advance(hours=24)
    with database.reading() as session:
        tom = workers.get_worker(session, cast.tom.id)
    with Door(database, tom, clock(), services.new_id, may_change=True).open() as access:
        team = next(each for each in agencies.list_teams(access.session) if each.id == cast.team.id)
        found = list_candidates(access, team, services.settings.crs).values()
    assert [each.kind for each in found] == ["follow_up"]


def test_what_a_district_that_became_several_knew_is_known_to_whoever_works_in_all_of_them(
    database: Database, cast: Cast, clock: Clock, services: Services, person_id: str
) -> None:
    become(database, cast, NEW, OTHER)
    with database.reading() as session:
        assert find_known(session, {NEW}, clock().date(), services.settings.crs).looks == []
        assert len(find_known(session, {NEW, OTHER}, clock().date(), services.settings.crs).looks) == 1


def test_of_a_district_that_was_divided_each_part_knows_what_lay_on_its_own_ground(
    phone: Phone, database: Database, cast: Cast, clock: Clock, services: Services, person_id: str
) -> None:
    """A team that works in one of the two went out with no squares, and its return called people of years ago new."""
    become(database, cast, NEW, OTHER)
    here, there = (-0.45, 51.60, -0.35, 51.70), (-0.35, 51.60, -0.25, 51.70)
    assert here[0] < WATFORD[1] < here[2]
    with database.writing() as session:
        for name, box in ((NEW, here), (OTHER, there)):
            save_boundary(session, Boundary(name, shapely.to_geojson(shapely.box(*box)), *box), EVENING)

    told = msgspec.json.decode(phone.get("/sync/v1/likely-cells").content, type=LikelySquares)
    assert len(told.squares) == 1
    with database.reading() as session:
        crs, today = services.settings.crs, clock().date()
        looks = {each: len(find_known(session, {each}, today, crs).looks) for each in (NEW, OTHER)}
        assert looks == {NEW: 1, OTHER: 0}
        assert len(find_known(session, {NEW, OTHER}, today, crs).looks) == 1, "and nothing twice"
        met = {each: find_month(session, each, date(2026, 11, 1)).now.seen for each in (NEW, OTHER)}
        assert met == {NEW: {person_id}, OTHER: frozenset()}
        later = [*list_ground_nights(session, NEW), SeenNight(person_id=person_id, night=date(2026, 12, 3))]
        assert month_indicators(date(2026, 12, 1), later).new == frozenset(), "known here since November"


def test_stays_brought_in_facts_and_strangers_of_a_divided_district_are_in_one_part_each(
    phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str], person_id: str
) -> None:
    """The return of either part called whoever was brought in new, held no stay, and left the people nobody knew out."""
    here = {"latitude": WATFORD[0], "longitude": WATFORD[1]}
    unplaced, moved = new_id(), new_id()
    told = [
        phone.contact(person_ids=[], unidentified_people=2, position=here),
        phone.contact(person_ids=[], unidentified_people=3, position=here | {"longitude": -0.34}),
    ]
    assert phone.push(*told).status_code == 200
    become(database, cast, OTHER, NEW)  # what has no place goes to the first named
    boxes = {NEW: (-0.45, 51.60, -0.35, 51.70), OTHER: (-0.35, 51.60, -0.25, 51.70)}
    with database.writing() as session:
        for name, box in boxes.items():
            save_boundary(session, Boundary(name, shapely.to_geojson(shapely.box(*box)), *box), EVENING)
        for number, who in enumerate((unplaced, moved)):
            fact = BroughtIn(id=f"f{number}", batch_id="b", person_id=who, kind="first_seen", day=DAY, text="May 2025")
            add_facts(session, [fact])
            add_stay(
                session,
                Stay(
                    id=f"s{number}", person_id=who, kind=StayKind.HOSTEL, district_id=cast.watford.id, moved_in_on=HOUSED,
                    recorded_at=clock(), recorded_by=cast.priya.id,
                ),
            )  # fmt: skip
        closed = Case(
            id="c", person_id=moved, district_id=OTHER, state=CaseState.CLOSED, since=clock(), reason="housed",
            closed_at=clock(), outcome="housed",
        )  # fmt: skip
        add_cases(session, [closed])
        for number, (old, new) in enumerate(((cast.watford.id, NEW), (NEW, OTHER))):
            at = clock() + timedelta(days=number)
            add_move(
                session,
                CaseMove(id=f"m{number}", case_id="c", from_district_id=old, to_district_id=new, at=at, reason="so"),
            )

    with database.reading() as session:
        known = {each: set(list_ground_known_since(session, each)) for each in boxes}
        assert known == {NEW: {person_id, moved}, OTHER: {unplaced}}
        stays = {each: {move.person_id for move in list_ground_moves(session, each)} for each in boxes}
        assert stays == {NEW: {person_id, moved}, OTHER: {unplaced}}
        assert all(find_stays_since(session, each) is not None for each in boxes)
        months = {each: find_month(session, each, date(2026, 11, 1), EVENING.date()) for each in boxes}
        assert {each: found.coverage.unidentified for each, found in months.items()} == {NEW: 2, OTHER: 3}
        assert {each: found.coverage.on_night for each, found in months.items()} == {NEW: 2, OTHER: 3}
        assert months[NEW].now.accommodated == {person_id, moved}


def test_a_part_that_joined_another_district_brings_its_past_along(
    phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str], person_id: str
) -> None:
    """Watford is divided, and the part that is drawn joins one that is known by its postcodes: the new one has no outline."""
    unplaced, moved, joined = new_id(), new_id(), "all-herts"
    become(database, cast, OTHER, NEW)
    boxes = {NEW: (-0.45, 51.60, -0.35, 51.70), OTHER: (-0.35, 51.60, -0.25, 51.70)}
    with database.writing() as session:
        for name, box in boxes.items():
            save_boundary(session, Boundary(name, shapely.to_geojson(shapely.box(*box)), *box), EVENING)
        for number, who in enumerate((unplaced, moved)):
            fact = BroughtIn(id=f"f{number}", batch_id="b", person_id=who, kind="first_seen", day=DAY, text="May 2025")
            add_facts(session, [fact])
        closed = Case(
            id="c", person_id=moved, district_id=NEW, state=CaseState.CLOSED, since=clock(), reason="housed",
            closed_at=clock(), outcome="housed",
        )  # fmt: skip
        add_cases(session, [closed])
        went = CaseMove(
            id="m", case_id="c", from_district_id=cast.watford.id, to_district_id=NEW, at=clock(), reason="so"
        )
        add_move(session, went)
        add_district(session, District(id="drawn-by-codes", code="E1", name="Codes"))
        add_district(session, District(id=joined, code=joined, name=joined, valid_from=date(2026, 11, 20)))
        for each in (NEW, "drawn-by-codes"):
            end_district(session, each, date(2026, 11, 19))
        follow(session, [NEW, "drawn-by-codes"], [joined], date(2026, 11, 20))

    with database.reading() as session:
        met = {each: find_month(session, each, date(2026, 11, 1)).now.seen for each in (joined, OTHER)}
        assert met == {joined: {person_id}, OTHER: frozenset()}
        known = {each: set(list_ground_known_since(session, each)) for each in (joined, OTHER)}
        assert known == {
            joined: {person_id, moved},
            OTHER: {unplaced},
        }  # "all-herts" is before "north-herts" by name alone


def test_strangers_met_at_no_known_place_are_among_those_of_the_night(
    phone: Phone, database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    """They were in no square, and so not in the figure of a night that says it counts whom nobody knew."""
    at = {"latitude": WATFORD[0], "longitude": WATFORD[1]}
    told = [
        phone.contact(person_ids=[], unidentified_people=4),
        phone.contact(person_ids=[], unidentified_people=2, position=at),
    ]
    assert phone.push(*told).status_code == 200
    with database.reading() as session:
        assert find_month(session, cast.watford.id, date(2026, 11, 1), EVENING.date()).coverage.on_night == 6
