"""In April 2028 two districts become one, and one becomes two: shown first, carried out on the day, read under the old name."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select

from server.access import Door
from server.actions.cases.cases import add_case, list_case
from server.actions.cases.moves import hand_over
from server.actions.partnership import boundary_changes as changing
from server.actions.partnership.boundary_changes import Beginning, Plan, show_plan
from server.actions.partnership.boundary_moves import carry_out_due
from server.actions.people.offers import add_vacancy, answer_offer, make_offer, open_cold_nights
from server.actions.people.stays import record_stay
from server.actions.referrals.notices import Told, answer, receive
from server.database.engine import Database
from server.http.services import Services
from server.importers.caseload.store import CaseloadConversation, hold_file
from server.importers.notices import bring_file, list_refused
from server.jobs.catalogue import rebuilder_of
from server.problems import Failure, Invalid
from server.queries.cases import case_events, cases
from server.queries.conferences.places import find_newcomer_places, set_newcomer_places
from server.queries.conferences.representatives import Representative, list_at_table, set_representative
from server.queries.maps import snapshots
from server.queries.maps.indicators import list_seen_nights
from server.queries.maps.snapshots import Snapshot
from server.queries.operation import audit
from server.queries.partnership import boundary_changes, districts, workers
from server.queries.people import brought_in, offers
from server.queries.people.offers import ColdNights, find_cold_nights, list_offers, list_vacancies
from server.queries.people.stays import list_stays
from server.queries.referrals.notices import find_notice
from server.security.holding import Box
from server.tables.cases.case import mdt_case
from server.tables.conferences.conference import case_conference
from server.tables.partnership.agency import team_district
from server.tables.street.contact import contact
from server.tables.street.site import site
from shared.model.codes import CaseStep, EvidenceBasis, StayKind
from shared.model.device import FieldConfig, Tokens
from shared.model.district import District
from shared.model.offer import Vacancy
from shared.model.value import Id
from shared.model.worker import Worker
from shared.rules.snapshot import Approach
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast
from tests.server.importers.rows import TRAY
from tests.server.phone import Phone

DAY = date(2028, 4, 1)
DACORUM = (51.75, -0.5)
EAST, WEST = (51.65, -0.35), (51.65, -0.45)


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2028, 3, 20, 21, 30, tzinfo=UTC))


class County:
    def __init__(self, phone: Phone, database: Database, cast: Cast, clock: Clock, services: Services) -> None:
        self.phone, self.database, self.cast, self.clock, self.services = phone, database, cast, clock, services

    def meet(self, at: tuple[float, float], *, days_ago: int = 0, person_id: str = "") -> str:
        self.phone.tokens = msgspec.json.decode(self.phone.refresh().content, type=Tokens)
        person_id = person_id or self.services.new_id()
        moment = self.clock() - timedelta(days=days_ago)
        answer = self.phone.push(
            self.phone.contact(
                person_ids=[person_id], position={"latitude": at[0], "longitude": at[1], "source": "gps", "accuracy_m": 9},
                seen_at=moment.isoformat(), night=moment.date().isoformat(),
            )
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        return person_id

    def enter(self, who: Any) -> Any:
        return Door(self.database, who, self.clock(), self.services.new_id, may_change=True).open()

    def plan(self, plan: Plan, on_day: date = DAY) -> Id:
        with self.enter(self.cast.olu) as access:
            return changing.plan_change(access, on_day, plan).id

    def carry_out(self) -> int:
        return carry_out_due(self.database, self.services.settings, self.clock(), self.services.new_id)

    def shown(self, change_id: Id) -> changing.Shown:
        with self.database.reading() as session:
            change = next(each for each in boundary_changes.list_changes(session) if each.id == change_id)
            return show_plan(session, change, self.clock().tzinfo)  # type: ignore[arg-type]

    def named(self, name: str) -> Id:
        with self.database.reading() as session:
            return next(each.id for each in districts.list_districts(session) if each.name == name)

    def list_of(self, person_id: str) -> Id:
        with self.database.reading() as session:
            (case,) = cases.list_live_cases_of(session, [person_id])
            return case.district_id

    def reach(self, who: Any) -> frozenset[Id]:
        with self.database.reading() as session:
            found = workers.find_acting(session, who.id, self.clock().date())
            assert found is not None
            return found[1].district_ids

    def met_in(self, person_id: str) -> list[Id | None]:
        with self.database.reading() as session:
            query = select(contact.c.district_id).where(contact.c.id.in_(_contacts_of(person_id)))
            return list(session.scalars(query.order_by(contact.c.seen_at)))

    def nights(self, district_id: Id) -> set[tuple[str, date]]:
        with self.database.reading() as session:
            return {(each.person_id, each.night) for each in list_seen_nights(session, district_id)}

    def differing(self) -> list[str]:
        return rebuilder_of(self.services, self.clock(), only_prove=True).run().differing


def _contacts_of(person_id: str) -> Any:
    from server.tables.street.contact import contact_person

    return select(contact_person.c.contact_id).where(contact_person.c.person_id == person_id)


@pytest.fixture
def county(phone: Phone, database: Database, cast: Cast, clock: Clock, services: Services) -> County:
    """The cast's team walks both districts, so that one phone meets people in either."""
    with database.writing() as session:
        session.execute(insert(team_district), [{"team_id": cast.team.id, "district_id": cast.dacorum.id}])
    return County(phone, database, cast, clock, services)


def find_worker(county: County, who: Worker) -> Worker:
    """Somebody as they are known now: where they work may have changed."""
    with county.database.reading() as session:
        return workers.get_worker(session, who.id)


def call_conference(county: County, district_id: Id, starts_at: datetime) -> Id:
    conference_id = county.services.new_id()
    with county.database.writing() as session:
        session.execute(
            insert(case_conference).values(
                id=conference_id, district_id=district_id, starts_at=starts_at, place="Town hall"
            )
        )
    return conference_id


def find_conference(county: County, conference_id: Id) -> Id:
    with county.database.reading() as session:
        found: Id = session.scalars(
            select(case_conference.c.district_id).where(case_conference.c.id == conference_id)
        ).one()
    return found


def test_two_districts_become_one(county: County, cast: Cast, clock: Clock, database: Database) -> None:
    here, there = county.meet(WATFORD, days_ago=2), county.meet(DACORUM, days_ago=1)
    with county.enter(cast.priya) as access:
        (case,) = cases.list_live_cases_of(access.session, [here])
        list_case(access, case.id, "Sleeps out every night")
    release = Told(
        key="1", kind="prison_release", district_id=cast.dacorum.id, institution="HMP The Mount", name="Ian Moss",
        sender_name="Officer Day", sender_reach="01442 1",
    )  # fmt: skip
    with database.writing() as session:
        notice, _ = receive(session, release, clock(), clock().date(), county.services.new_id)
    with county.enter(cast.carol) as access:
        bed = Vacancy(
            id=access.new_id(), district_id=cast.dacorum.id, name="Two rooms", kind=StayKind.HOSTEL, opened_at=access.now,
            opened_by=cast.carol.id,
        )  # fmt: skip
        add_vacancy(access, bed)
        bring_file(access, TRAY, cast.dacorum.id, b"Type,Name,Prison,Referrer,Telephone\nTaxi,Bo,HMP X,Day,01442 1\n")
    with county.enter(cast.priya) as access:
        open_cold_nights(access, cast.watford.id, "Below zero", 12, "Hall: 01923 1\nAny: 1")
        set_newcomer_places(access.session, cast.watford.id, 7, access.now, cast.priya.id)
        brought_in.keep_mapping(access.session, "m1", cast.watford.id, "Ours", "{}", access.now)
    with county.enter(cast.carol) as access:
        open_cold_nights(access, cast.dacorum.id, "Frost", 5, "Church: 01442 2\nAny: 1")
        speaks = Representative(
            district_id=cast.dacorum.id, agency_id=cast.outreach.id, name="Ida", deputy="", said_at=access.now, said_by="x"
        )  # fmt: skip
        set_representative(access.session, speaks)
        waiting = hold_file(
            access, Box(b"s", "caseload", CaseloadConversation), cast.dacorum.id, "a.csv", b"Name\nBo Day\n"
        )
    past, to_come = (
        call_conference(county, cast.watford.id, datetime(2028, month, 10, 9, tzinfo=UTC)) for month in (3, 4)
    )
    ends = (cast.watford.id, cast.dacorum.id)
    change_id = county.plan(Plan(ends=ends, begins=(Beginning(code="E06000999", name="South West Herts"),)))
    said = " ".join(county.shown(change_id).done)
    for words in (
        "Watford and Dacorum end with 31 March 2028; South West Herts begins on 1 April 2028.",
        "To South West Herts: 2 live cases.",
        "To South West Herts: 1 waiting notice.",
        "To South West Herts: 1 vacancy.",
        "To South West Herts: 1 conference to come.",
        "2 people were met there",
    ):
        assert words in said, said
    clock.now = datetime(2028, 3, 31, 20, tzinfo=UTC)
    eve = county.meet(WATFORD)
    assert county.carry_out() == 0 and county.list_of(eve) == cast.watford.id
    clock.now = datetime(2028, 4, 1, 6, tzinfo=UTC)
    assert county.carry_out() == 1 and county.carry_out() == 0
    new = county.named("South West Herts")
    # What is going on has moved, whole and with the reason.
    assert {county.list_of(each) for each in (here, there, eve)} == {new}
    with database.reading() as session:
        last = case_events.list_events(session, [case.id])[case.id][-1]
        kept = cases.get_case(session, case.id)
    assert (last.step, last.reason) == (CaseStep.MOVED, "Watford and Dacorum became South West Herts on 1 April 2028")
    assert str(kept.state) == "listed"
    assert (find_conference(county, past), find_conference(county, to_come)) == (cast.watford.id, new)
    # What waits for an answer, and what is on offer, is where it can be answered.
    with county.enter(find_worker(county, cast.carol)) as access:
        assert [each.id for each in list_vacancies(access.session, [new])] == [bed.id]
        assert [each.district_id for each in list_refused(access, TRAY)[0]] == [new]
        answer(access, county.services.project, notice.id, "taken_on", "")
    with database.reading() as session:
        taken_on = find_notice(session, notice.id)
    assert taken_on is not None and county.list_of(taken_on.person_id or "") == new
    # What was agreed goes on, and whoever is let in tonight is let in.
    with database.reading() as session:
        cold = find_cold_nights(session, new)
        assert cold is not None and (cold.beds, cold.phones) == (17, "Hall: 01923 1\nAny: 1\nChurch: 01442 2")
        assert all(find_cold_nights(session, each) is None for each in ends)
        assert find_newcomer_places(session, new) == 7
        assert list_at_table(session, new)[cast.outreach.id].name == "Ida"
        assert brought_in.list_mappings(session, new) == {"Ours": "{}"}
        batch = brought_in.find_batch(session, waiting.id)
        assert batch is not None and batch.district_id == new
    # Who worked for either works for the new one, and reads what was there under its old name.
    for who in (cast.priya, cast.carol, cast.aisha):
        assert county.reach(who) >= {new, *ends}
    assert county.met_in(here) == [cast.watford.id]
    # Nights are told by their day: one of before the change that comes late is of the district that stood then.
    clock.now = datetime(2028, 4, 1, 21, tzinfo=UTC)
    late, fresh = county.meet(DACORUM, days_ago=1), county.meet(DACORUM)
    assert (county.met_in(late), county.met_in(fresh)) == ([cast.dacorum.id], [new])
    assert {county.list_of(late), county.list_of(fresh)} == {new}
    # Figures for both: of the old one as they were, of the new one with all that its ground has seen.
    assert {person for person, _ in county.nights(cast.watford.id)} == {here, eve}
    assert {person for person, _ in county.nights(new)} == {here, there, eve, late, fresh}
    assert county.differing() == []
    # A form that was opened before the day, or forged, brings nobody to a list that is no more.
    with county.enter(cast.priya) as access:
        for act in (
            lambda: hand_over(access, case.id, cast.dacorum.id, "By the canal"),
            lambda: add_case(access, "somebody", cast.watford.id, EvidenceBasis.SEEN_BY_OUTREACH, "Seen", "Sam"),
        ):
            with pytest.raises(Invalid):
                act()
    with database.reading() as session:
        assert {entry.kind for entry in audit.list_ledger(session)} & {"team", "worker"} == set()
    # The phone hears where its team walks.
    rows = county.phone.pull().json()["rows"]
    told = [msgspec.convert(row[5]["p"], FieldConfig) for row in rows if row[3] == "config"][-1]
    assert [each.name for each in told.districts] == ["South West Herts"]


def outlines() -> bytes:
    def square(west: float, east: float) -> dict[str, Any]:
        ring = [[west, 51.6], [east, 51.6], [east, 51.7], [west, 51.7], [west, 51.6]]
        return {"type": "Polygon", "coordinates": [ring]}

    features = [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": square(*edges)}
        for code, name, edges in (("W1", "West Watford", (-0.5, -0.4)), ("E1", "East Watford", (-0.4, -0.3)))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def test_what_is_open_for_tonight_and_said_of_the_table_goes_on_under_the_new_name(
    county: County, cast: Cast, clock: Clock, database: Database
) -> None:
    """Severe weather, who speaks for an agency, places kept for newcomers, and a snapshot night that nobody has signed."""
    both = (cast.watford.id, cast.dacorum.id)
    with database.writing() as session:
        for number, of in enumerate(both):
            nights = ColdNights(
                id=f"cold{number}", district_id=of, opened_at=clock(), opened_by=cast.priya.id, beds=10 + number,
                phones=f"01923 {number}",
            )  # fmt: skip
            assert offers.open_cold_nights(session, nights)
            spoken = Representative(
                district_id=of, agency_id=cast.council.id, name=f"Speaker {number}", deputy="",
                said_at=clock() + timedelta(hours=number), said_by=cast.priya.id,
            )  # fmt: skip
            set_representative(session, spoken)
            for each in (DAY + timedelta(days=200), DAY - timedelta(days=150)):
                plan = Snapshot(
                    id=f"snap{number}{each}", district_id=of, night=each, approach=Approach.COUNT,
                    planned_by=cast.priya.id, planned_at=clock() + timedelta(hours=number),
                )  # fmt: skip
                snapshots.add_snapshot(session, plan)
        set_newcomer_places(session, cast.dacorum.id, 4, clock(), cast.priya.id)
    change_id = county.plan(Plan(ends=both, begins=(Beginning(code="E06000999", name="South West Herts"),)))
    assert "goes on with the nights of severe weather that are open" in " ".join(county.shown(change_id).done)
    clock.now = datetime(2028, 4, 1, 6, tzinfo=UTC)
    assert county.carry_out() == 1
    new = county.named("South West Herts")
    with database.reading() as session:
        found = offers.find_cold_nights(session, new)
        assert found is not None and (found.beds, found.phones) == (21, "01923 0\n01923 1")
        assert all(offers.find_cold_nights(session, each) is None for each in both)
        assert list_at_table(session, new)[cast.council.id].name == "Speaker 1", "as it was said last"
        assert find_newcomer_places(session, new) == 4
        assert [each.night for each in snapshots.list_snapshots(session, new)] == [DAY + timedelta(days=200)]
        kept = [each.night for each in snapshots.list_snapshots(session, cast.watford.id)]
        assert kept == [DAY - timedelta(days=150)], "what was before stays where it was"


def test_one_district_becomes_two_and_each_thing_follows_its_place(
    county: County, cast: Cast, clock: Clock, database: Database
) -> None:
    from server.importers.boundaries.parse import Area, parse

    east, west = county.meet(EAST, days_ago=2), county.meet(WEST, days_ago=1)
    to_come = call_conference(county, cast.watford.id, datetime(2028, 4, 10, 9, tzinfo=UTC))
    with database.writing() as session:
        session.execute(insert(site).values(
            id="tunnel", name="Tunnel", kind="other", latitude=EAST[0], longitude=EAST[1], pin_source="gps", in_use=True,
            team_id=cast.team.id, district_id=cast.watford.id, created_at=clock(), changed_at=clock(),
            access_notes="", hazards="",
        ))  # fmt: skip
    begins = tuple(
        Beginning(code=a.code, name=a.name, geojson=a.geojson) for a in parse(outlines()) if isinstance(a, Area)
    )
    change_id = county.plan(Plan(ends=(cast.watford.id,), begins=begins))
    for each in (east, west):
        assert county.phone.push(county.phone.patch("person.patched", each, name="Sam")).status_code == 200
    with county.enter(cast.priya) as access:
        offered = [make_offer(access, each, cast.watford.id, "hostel", clock().date()).id for each in (east, west)]
    with county.enter(cast.olu) as access:
        changing.place_staff(
            access, change_id, {cast.priya.id: "E1", cast.team.id: "W1", "nobody": "E1", cast.tom.id: "none"}
        )
    said = " ".join(county.shown(change_id).done)
    assert "To East Watford: 1 live case." in said and "To West Watford: 1 live case." in said
    # Carried out two days late: what came meanwhile was counted for the old one, and is not now.
    clock.now = datetime(2028, 4, 2, 21, tzinfo=UTC)
    meanwhile = county.meet(EAST, days_ago=1)
    assert county.met_in(meanwhile) == [cast.watford.id]
    clock.advance(hours=12)
    assert county.carry_out() == 1
    new_west, new_east = county.named("West Watford"), county.named("East Watford")
    assert {each: county.list_of(each) for each in (east, west, meanwhile)} == {
        east: new_east, west: new_west, meanwhile: new_east,
    }  # fmt: skip
    assert (county.met_in(east), county.met_in(meanwhile)) == ([cast.watford.id], [new_east])
    with database.reading() as session:
        assert session.scalars(select(site.c.district_id).where(site.c.id == "tunnel")).one() == new_east
        walked = set(
            session.scalars(select(team_district.c.district_id).where(team_district.c.team_id == cast.team.id))
        )
    assert walked == {new_west, cast.dacorum.id}
    assert county.reach(cast.priya) == {new_east, cast.watford.id}
    assert find_conference(county, to_come) == new_west
    assert {person for person, _ in county.nights(cast.watford.id)} == {east, west}
    assert {person for person, _ in county.nights(new_east)} == {meanwhile}
    # What they were offered before is accepted where they are, and counts there.
    with county.enter(find_worker(county, cast.priya)) as access:
        places = {each.id: each.district_id for each in list_offers(access.session, [east, west])}
        assert [places[each] for each in offered] == [new_east, new_west]
        today = clock().date()
        answer_offer(access, east, offered[0], "accepted", "", today, today)
        assert [each.district_id for each in list_stays(access.session, [east])] == [new_east]
    with county.enter(find_worker(county, cast.priya)) as access, pytest.raises(Invalid) as refused:
        record_stay(access, east, cast.watford.id, "hostel", date(2028, 4, 1), None)
    assert refused.value.errors[0] == "Watford ended on 31 March 2028. Choose the district that followed it."
    # Seen once more in the east: nothing draws the case back to a district that is no more.
    clock.now = datetime(2028, 4, 3, 21, tzinfo=UTC)
    county.meet(EAST, person_id=east)
    assert county.list_of(east) == new_east
    assert county.differing() == []


def test_who_is_decided_on_in_both_keeps_one_case_where_it_was(county: County, cast: Cast, clock: Clock) -> None:
    both = county.meet(WATFORD, days_ago=2)
    with county.database.writing() as session:
        row = dict(session.execute(select(mdt_case)).mappings().one())
        session.execute(
            insert(mdt_case).values(**row | {"id": "other", "district_id": cast.dacorum.id, "state": "open"})
        )
    begins = (Beginning(code="E06000999", name="South West Herts"),)
    change_id = county.plan(Plan(ends=(cast.watford.id, cast.dacorum.id), begins=begins))
    shown = county.shown(change_id)
    assert "To South West Herts: 1 live case." in shown.done
    assert shown.left and shown.left[0].startswith("1 on the lists of two of these districts")
    clock.now = datetime(2028, 4, 1, 6, tzinfo=UTC)
    assert county.carry_out() == 1
    with county.database.reading() as session:
        where = {(each.district_id, str(each.state)) for each in cases.list_live_cases_of(session, [both])}
    assert where == {(county.named("South West Herts"), "open"), (cast.watford.id, "candidate")}


def test_no_two_districts_that_stand_have_one_code(county: County, cast: Cast, clock: Clock) -> None:
    begins = (Beginning(code="E06000999", name="South West Herts"),)
    county.plan(Plan(ends=(cast.watford.id,), begins=begins))
    county.plan(Plan(ends=(cast.dacorum.id,), begins=(Beginning(code="E06000998", name="North West Herts"),)))
    with county.database.writing() as session:
        districts.add_district(session, District(id="new", code="E06000999", name="Somebody was quicker"))
    clock.now = datetime(2028, 4, 1, 6, tzinfo=UTC)
    with pytest.raises(Failure) as refused:
        county.carry_out()
    assert "has one of these codes since" in refused.value.detail
    assert county.named("North West Herts"), "one that fits no longer keeps no other district waiting"
    with county.database.reading() as session:
        standing = {each.name for each in districts.list_districts(session) if each.valid_to is None}
    assert "Watford" in standing and "Dacorum" not in standing


def test_a_plan_that_cannot_be_is_refused_in_words(county: County, cast: Cast) -> None:
    one = (Beginning(code="E06000999", name="South West Herts"),)
    for plan, on_day, words in (
        (Plan(ends=(), begins=one), DAY, "Choose the districts that end."),
        (Plan(ends=("elsewhere",), begins=one), DAY, "Choose the districts that end."),
        (Plan(ends=(cast.watford.id,), begins=one), date(2028, 3, 1), "Choose today or a day to come."),
        (Plan(ends=(cast.watford.id,), begins=()), DAY, "Say which district begins"),
        (Plan(ends=(cast.watford.id,), begins=one * 2), DAY, "is another district’s"),
        (Plan(ends=(cast.watford.id,), begins=(Beginning(code="E07000096", name="X"),)), DAY, "is another district’s"),
        (Plan(ends=(cast.watford.id,), begins=(*one, Beginning(code="Z", name="Z"))), DAY, "each needs its outline"),
        # What no table holds is told now, and not to the job of the night on which the districts end.
        (Plan(ends=(cast.watford.id,), begins=(Beginning(code="E" * 41, name="X"),)), DAY, "40 characters or fewer"),
        (Plan(ends=(cast.watford.id,), begins=(Beginning(code="E", name="X" * 201),)), DAY, "a name 200"),
        (Plan(ends=(cast.watford.id,), begins=(Beginning(code="E\0", name="X"),)), DAY, "a sign that cannot be kept"),
    ):
        with pytest.raises(Invalid) as refused:
            county.plan(plan, on_day)
        assert words in " ".join(refused.value.errors), plan
    change_id = county.plan(Plan(ends=(cast.watford.id,), begins=one))
    with pytest.raises(Invalid):
        county.plan(Plan(ends=(cast.watford.id, cast.dacorum.id), begins=(Beginning(code="Q", name="Q"),)))
    with county.enter(cast.olu) as access:
        changing.call_off(access, change_id)
    with pytest.raises(Failure), county.enter(cast.olu) as access:
        changing.call_off(access, change_id)
    county.clock.now = datetime(2028, 4, 2, 9, tzinfo=UTC)
    assert county.carry_out() == 0


HTML = {"accept": "text/html"}


def test_the_page_shows_what_a_plan_would_do_before_it_does(
    county: County, cast: Cast, clock: Clock, sign_in: Callable[..., Any]
) -> None:
    county.meet(EAST)
    client = sign_in(cast.olu)
    client.get("/boundaries", headers=HTML)

    def send(path: str, files: Any = None, **form: Any) -> Any:
        token = {"_csrf_token": client.cookies["lantern-form"]}
        sent = {"outlines": ("", b"")} if path == "/boundaries" and files is None else files
        return client.post(path, data=form | token, files=sent, headers=HTML, follow_redirects=False)

    refused = send("/boundaries", on_day="soon", ends=[cast.watford.id], code="", name="")
    assert refused.status_code == 422
    assert "first day of the new districts" in refused.text and "new district’s code and name" in refused.text
    wrong = send("/boundaries", {"outlines": ("x.geojson", b"{")}, on_day="2028-04-01", ends=[cast.watford.id])
    assert wrong.status_code == 422 and "not JSON" in wrong.text
    # As large as a district's own outline is, drawn to the metre.
    large = {"outlines": ("x.geojson", outlines() + b" " * 3_000_000)}
    made = send("/boundaries", large, on_day="2028-04-01", ends=[cast.watford.id])
    assert made.status_code == 303, made.text
    address = made.headers["location"]
    shown = client.get(address, headers=HTML).text
    for words in (
        "Watford becomes West Watford and East Watford",
        "To East Watford: 1 live case.",
        "Priya S",
        cast.team.name,
    ):
        assert words in shown, words
    assert send(f"{address}/apply").status_code == 409
    assert send(f"{address}/staff", **{f"to-{cast.priya.id}": "E1"}).status_code == 303
    assert "Carry it out now" not in shown
    clock.now = datetime(2028, 4, 1, 8, tzinfo=UTC)
    sign_in(cast.olu)
    assert "Carry it out now" in client.get(address, headers=HTML).text
    for _ in range(2):
        assert send(f"{address}/apply").status_code == 303
    assert "Carried out" in client.get(address, headers=HTML).text
    assert send(f"{address}/call-off").status_code == 409
    assert send("/boundaries/none/apply").status_code == 404
    sign_in(cast.priya)
    assert client.get("/boundaries", headers=HTML).status_code == 403
    assert "East Watford" in client.get("/cases", headers=HTML).text
