"""Services come in by Open Referral UK, and go out by it: what is refused is listed, the rest is taken, what is written
validates."""

import json
from datetime import UTC, date, datetime, time, timedelta

import httpx
import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from server.importers.accounting import Importing
from server.importers.files import Refusal, UnusableFile
from server.importers.openreferral.fetch import fetch_items
from server.importers.openreferral.parse import Read, parse, understand
from server.importers.openreferral.records import CameWith
from server.importers.openreferral.store import import_services
from server.importers.openreferral.write import write_page, write_service
from server.queries.partnership import services as directory
from server.queries.partnership.services import Kept
from shared.model.service import (
    BankHolidays,
    Frequency,
    Hours,
    Place,
    Service,
    ServiceOffer,
    ServiceStatus,
    ServiceWelcome,
)
from shared.rules.finding_services import has_left_feed, is_stale

FEED = "Hertfordshire"
SHELTER = {
    "id": "7f6d3a5e-7d0c-4a8e-9f3b-0c5a8a1b2c3d",
    "name": "Watford night shelter",
    "status": "active",
    "description": "Twelve beds.",
    "minimum_age": 18,
    "assured_date": "2026-10-01",
    "organization": {"id": "1b2c3d4e-0000-4000-8000-000000000001", "name": "New Hope", "description": "A charity"},
    "schedules": [
        {"id": "1b2c3d4e-0000-4000-8000-000000000002", "freq": "WEEKLY", "byday": "MO,TU", "opens_at": "20:00Z",
        "closes_at": "08:00"},
        {"id": "1b2c3d4e-0000-4000-8000-000000000003", "description": "Ring after eight."},
    ],
    "service_at_locations": [
        {
            "id": "1b2c3d4e-0000-4000-8000-000000000004",
            "location": {
                "id": "1b2c3d4e-0000-4000-8000-000000000005", "location_type": "physical", "name": "The hall",
                "latitude": 51.6565, "longitude": -0.3963,
                "addresses": [{
                    "id": "1b2c3d4e-0000-4000-8000-000000000006", "address_1": "1 High Street", "city": "Watford",
                    "state_province": "Hertfordshire", "postal_code": "WD17 2AB", "country": "GB", "address_type": "physical",
                }],
            },
        }
    ],
    "cost_options": [{"id": "1b2c3d4e-0000-4000-8000-000000000007", "option": "A night", "amount": 2.5}],
    "contacts": [{"id": "1b2c3d4e-0000-4000-8000-000000000008", "name": "Ann Person", "phones": [{"id": "x",
    "number": "01923 000000"}]}],
}  # fmt: skip


def read_one(**changes) -> Read | Refusal:
    return understand(1, SHELTER | changes, FEED)


def test_a_service_is_understood_and_nobody_of_its_staff_is_kept():
    read = read_one()

    assert isinstance(read, Read)
    told = read.service
    assert (told.id, told.name, told.provider) == (SHELTER["id"], "Watford night shelter", "New Hope")
    assert told.hours == (Hours(opens_at=time(20), closes_at=time(8), days=("MO", "TU")),)
    assert (told.hours_note, told.minimum_age, told.checked_on) == ("Ring after eight.", 18, date(2026, 10, 1))
    assert told.telephone == "01923 000000"
    (place,) = told.places
    assert (place.address, place.town, place.latitude) == ("1 High Street", "Watford", 51.6565)
    assert b"Ann Person" not in msgspec.json.encode([told, read.came_with])
    assert read.came_with.cost_options is not None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": " "}, "lacks its name"),
        ({"name": 7}, "not as Open Referral UK"),
        ({"status": "open"}, "none of active"),
        ({"schedules": "always"}, "not as Open Referral UK"),
        ({"service_at_locations": [{"id": "a", "location": {"id": "b", "latitude": 100, "longitude": 101}}]}, "nowhere on earth"),
        ({"service_at_locations": [{"id": "a", "location": {"id": "b", "latitude": 51}}]}, "without a longitude"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_reason(changes, reason):
    refused = read_one(**changes)

    assert isinstance(refused, Refusal)
    assert reason in refused.reason


@pytest.mark.parametrize(
    "schedule",
    [
        {"freq": "DAILY", "opens_at": "09:00", "closes_at": "17:00"},
        {"freq": "WEEKLY", "opens_at": "nine", "closes_at": "17:00", "byday": "MO"},
        {"freq": "WEEKLY", "opens_at": "09:00", "byday": "MO"},
        {"freq": "WEEKLY", "opens_at": "09:00", "closes_at": "17:00", "byday": "MO", "interval": 2},
        {"freq": "WEEKLY", "opens_at": "09:00", "closes_at": "17:00", "byday": "2MO"},
        {"freq": "WEEKLY", "opens_at": "09:00", "closes_at": "17:00", "byday": "MO", "dtstart": "soon"},
    ],
)
def test_hours_that_are_no_rule_are_left_out_with_a_remark_and_their_words(schedule):
    read = read_one(schedules=[{"id": "s", "description": "Nine to five"} | schedule])

    assert isinstance(read, Read)
    assert (read.service.hours, read.service.hours_note, len(read.remarks)) == ((), "Nine to five", 1)


@pytest.mark.parametrize(
    "data",
    [b"", b"name,id\n", b"[1, 2]", b'{"type": "FeatureCollection"}', b'{"id": 1}', b"\xff\xfe\x00", b"[" * 9_000],
)
def test_what_is_no_list_of_services_is_said_to_be_none(data):
    with pytest.raises(UnusableFile):
        parse(data, FEED)


def test_what_is_longer_than_we_keep_is_said_to_be_cut():
    read = read_one(description="x" * 10_001, alert="Full", url="https://example.org/" + "y" * 1_000)

    assert isinstance(read, Read)
    assert (len(read.service.description), len(read.service.url)) == (10_000, 1_000)
    assert [each.partition(" is")[0] for each in read.remarks] == ["Its description", "Its url"]


def test_an_id_that_is_no_uuid_is_always_the_same_one():
    first, again = (read_one(id="shelter-7") for _ in range(2))
    elsewhere = understand(1, SHELTER | {"id": "shelter-7"}, "Essex")

    assert first.service.id == again.service.id != elsewhere.service.id


# ------------------------------------------------------------------------------------------------------- into the database
def bring(database, new_id, rows, at=datetime(2026, 11, 12, 21, 30, tzinfo=UTC)):
    return import_services(database, Importing("services", FEED, "a file", b"", at, new_id), rows)


def test_the_same_file_again_changes_nothing_and_a_changed_one_what_it_says(database, new_id):
    rows = [*parse(json.dumps([SHELTER, {"id": "x"}, SHELTER]).encode(), FEED)[0]]
    account = bring(database, new_id, rows)
    assert (account.new, [each.number for each in account.refused], account.read) == (1, [2, 3], 3)
    account = bring(database, new_id, [read_one()])
    assert (account.same, account.changed) == (1, 0)
    account = bring(database, new_id, [read_one(name="Watford winter shelter")])
    assert (account.same, account.changed) == (0, 1)
    with database.reading() as session:
        assert [each.name for each in directory.list_services(session, ["winter"])] == ["Watford winter shelter"]
        assert directory.list_services(session, ["summer"]) == []


def test_what_was_changed_here_stays_until_the_feed_is_newer(database, new_id, now):
    bring(database, new_id, [read_one()])
    with database.writing() as session:
        kept = directory.find_kept(session, SHELTER["id"])  # type: ignore[arg-type]
        assert kept is not None
        ours = replace(kept.service, name="Our words", is_secret_address=True, welcomes=(ServiceWelcome.DOGS,))
        edited = replace(kept, service=ours, agency_id="cgl", edited_at=now, edited_by="tom")
        directory.change_service(session, edited, now)
    account = bring(database, new_id, [read_one(name="Their words")])
    assert (account.kept, account.changed) == (1, 0)
    newer = (now + timedelta(days=1)).isoformat()
    account = bring(database, new_id, [read_one(name="Their words", last_modified=newer)])
    assert (account.kept, account.changed) == (0, 1)
    with database.reading() as session:
        kept = directory.find_kept(session, SHELTER["id"])  # type: ignore[arg-type]
    assert kept is not None and kept.agency_id == "cgl"
    told = kept.service
    assert (told.name, told.is_secret_address, told.welcomes) == ("Their words", True, (ServiceWelcome.DOGS,))


def test_a_service_that_its_directory_no_longer_names_says_so_until_it_is_back(database, new_id):
    other, unusable = SHELTER | {"id": "other", "name": "Day centre"}, {"id": "odd", "name": "", "status": "active"}

    def bring_file(content, day):
        rows, named = parse(json.dumps(content).encode(), FEED)
        run = Importing("services", FEED, "a file", b"", datetime(2026, 11, day, 23, 30, tzinfo=UTC), new_id)
        return import_services(database, run, rows, named).gone

    def left():
        with database.reading() as session:
            return {each.name: each.left_feed_on for each in directory.list_services(session)}

    page = {"page_number": 1, "total_pages": 2, "last_page": False, "contents": [SHELTER]}
    bring_file([SHELTER, other, unusable | {"name": "Odd"}], 1)
    uncounted = {name: page[name] for name in ("page_number", "total_pages", "contents")}
    for part in (
        SHELTER,
        page,
        uncounted,
        page | {"page_number": 2, "last_page": True},
        [],
        [SHELTER, other, unusable],
    ):
        assert bring_file(part, 2) == 0
    assert set(left().values()) == {None}
    assert [bring_file([SHELTER, unusable], 3), bring_file({"contents": [SHELTER, unusable]}, 4)] == [1, 1]
    assert left() == {"Watford night shelter": None, "Day centre": date(2026, 11, 3), "Odd": None}
    with database.reading() as session:
        gone = directory.list_of_source(session, FEED)["other"].service
    night = datetime(2026, 11, 4, 21, tzinfo=UTC)
    assert has_left_feed(gone) and is_stale(gone, night)
    checked = replace(gone, checked_on=date(2026, 11, 4))
    assert not has_left_feed(checked) and not is_stale(checked, night)
    bring_file([SHELTER, other], 5)
    assert left()["Day centre"] is None


def test_a_service_that_was_changed_here_and_left_its_directory_comes_back_as_it_was_changed(database, new_id, now):
    bring(database, new_id, [read_one()])
    with database.writing() as session:
        kept = directory.list_of_source(session, FEED)[SHELTER["id"]]  # type: ignore[index]
        gone = replace(kept.service, name="Ours", left_feed_on=now.date())
        directory.change_service(session, replace(kept, service=gone, edited_at=now), now)
    assert bring(database, new_id, [read_one()]).kept == 1
    with database.reading() as session:
        (told,) = directory.list_services(session)
    assert (told.name, told.left_feed_on) == ("Ours", None)


def test_an_id_longer_than_any_is_known_again(database, new_id):
    long = read_one(id="x" * 900)
    assert bring(database, new_id, [long]).new == 1
    assert bring(database, new_id, [long]).same == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"minimum_age": 1e400},
        {"minimum_age": float("nan")},
        {"schedules": [{"interval": 10**30, "opens_at": "9:00", "closes_at": "10:00"}]},
        {"description": "half a \ud800 pair", "id": "\ud800", "funding": [{"source": "\ud800\x00"}]},
        {"name": "N\x00ul"},
    ],
)
def test_what_no_database_holds_spoils_no_file(database, new_id, changes):
    rows = parse(json.dumps([SHELTER | changes, SHELTER | {"id": "another"}]).encode(), FEED)[0]

    assert bring(database, new_id, rows).new == 2
    with database.reading() as session:
        for kept in directory.list_of_source(session, FEED).values():
            msgspec.json.encode(write_service(kept.service, msgspec.json.decode(kept.came_with, type=CameWith)))


def test_an_id_of_another_feed_is_not_taken_over(database, new_id, now):
    bring(database, new_id, [read_one()])
    run = Importing("services", "Essex", "a file", b"", now, new_id)

    account = import_services(database, run, [understand(1, SHELTER | {"name": "Not yours"}, "Essex")])

    assert (account.new, len(account.refused)) == (0, 1)


# ------------------------------------------------------------------------------------------------------------ and out of it
def wide() -> Service:
    """A service with something in every field."""
    read = read_one()
    return replace(
        read.service, eligibility="Sleeping rough", fees="None", email="a@example.org", url="https://example.org/a",
        offers=(ServiceOffer.EMERGENCY_BED,), welcomes=(ServiceWelcome.DOGS,), bank_holidays=BankHolidays.CLOSED,
        notice="Full tonight", changed_at=datetime(2026, 11, 12, 21, 30, tzinfo=UTC),
        hours=(*read.service.hours, Hours(opens_at=time(9), closes_at=time(10), frequency=Frequency.MONTHLY, days=("-1FR",),
        interval=2, starts_on=date(2026, 1, 1))),
    )  # fmt: skip


def test_what_is_written_is_read_as_the_same_service():
    read = understand(1, json.loads(msgspec.json.encode(write_service(wide(), read_one().came_with))), FEED)

    assert isinstance(read, Read)
    assert read.service == wide()
    assert read.came_with == read_one().came_with


def test_a_secret_address_is_in_no_feed():
    told = write_service(replace(wide(), is_secret_address=True), CameWith())

    assert "service_at_locations" not in told
    assert "High Street" not in json.dumps(told)


WORDS = st.text(max_size=30)
SERVICES = st.builds(
    Service, id=st.uuids().map(str) | WORDS, name=WORDS, provider=WORDS, provider_id=WORDS,
    email=WORDS | st.just("a@b.uk") | st.emails(),
    url=WORDS | st.just("https://example.org/?a=b") | st.just("http://a b"), telephone=WORDS, hours_note=WORDS, fees=WORDS,
    status=st.sampled_from(ServiceStatus), minimum_age=st.none() | st.integers(0, 130), checked_on=st.none() | st.dates(),
    places=st.lists(st.builds(Place, id=WORDS, name=WORDS, postcode=WORDS, latitude=st.none() | st.just(51.5),
    longitude=st.just(-0.4)), max_size=2).map(tuple),
    bank_holidays=st.sampled_from(BankHolidays), offers=st.lists(st.sampled_from(ServiceOffer), unique=True).map(tuple),
    hours=st.lists(st.builds(Hours, opens_at=st.times(), closes_at=st.times(), days=st.just(("MO",))), max_size=2).map(tuple),
    changed_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)  # fmt: skip
CAME_WITH = st.sampled_from(
    [
        CameWith(),
        msgspec.convert({"attributes": [{"taxonomy_term": {"term_uri": "x", "parent_id": "y"}}],
        "funding": [{"source": "a"}]}, CameWith),
        msgspec.convert({"service_areas": [{"id": "a", "extent": "b"}], "cost_options": [{"amount": 3}]}, CameWith),
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def schema():
    """The published schema of a service and of a line of a list, where the public data lies beside the project."""
    from tests.paths import SHARED_DATA

    folder = SHARED_DATA / "openreferral_uk" / "schema" / "compiled"
    if not folder.is_dir():
        pytest.skip("the public data of ../shared/data is not on this machine")
    return {
        name: jsonschema_rs.validator_for(json.loads((folder / f"{name}.json").read_text()), validate_formats=True)
        for name in ("service", "service_list")
    }


def test_the_schema_refuses_what_is_none(schema):
    assert not schema["service"].is_valid({"id": "no uuid", "name": "A", "status": "active"})
    assert not schema["service"].is_valid({"id": SHELTER["id"], "name": "A", "status": "open"})


@given(service=SERVICES, came_with=CAME_WITH)
def test_whatever_is_written_validates_against_the_schema(schema, service, came_with):
    for name, told in (
        ("service", write_service(service, came_with)),
        ("service_list", write_page([service], 1, 50, 1)["contents"][0]),
    ):
        sent = json.loads(msgspec.json.encode(told))
        assert [error.message for error in schema[name].iter_errors(sent)] == []


def test_the_published_examples_are_read(shared_data):
    folder = shared_data / "openreferral_uk" / "examples"
    (refused,), _ = parse((folder / "service_full.json").read_bytes(), FEED)
    (read,), _ = parse((folder / "service_list.json").read_bytes(), FEED)

    assert isinstance(refused, Refusal), "the example lies at latitude 100"
    assert isinstance(read, Read)
    assert (read.service.name, read.service.minimum_age) == ("Community Counselling", 12)
    whole = json.loads((folder / "service_full.json").read_text())
    whole["service_at_locations"][0]["location"]["latitude"] = 51
    mended = understand(1, whole, FEED)
    assert isinstance(mended, Read)
    assert mended.service.hours[0].days == ("TH", "FR")


# ------------------------------------------------------------------------------------------------------------------- a feed
def feed(answers):
    return httpx.MockTransport(lambda request: answers(request.url.path, int(request.url.params.get("page", 0))))


def test_a_feed_is_fetched_page_by_page_and_each_service_whole():
    def answer(path, number):
        if path == "/api/services":
            line = {"id": f"s{number}", "name": f"Service {number}", "status": "active"}
            return httpx.Response(200, json={"contents": [line], "last_page": number == 2})
        return httpx.Response(200, json=SHELTER | {"id": path.rpartition("/")[2]})

    items = list(fetch_items("https://feed.example.org/api/", feed(answer)))

    assert [(each["id"], len(each["schedules"])) for each in items] == [("s1", 2), ("s2", 2)]


@pytest.mark.parametrize("address", ["https://[::1", "https://feed.example.org:port", "https://feed.example.org/\n"])
def test_an_address_that_is_none_is_refused_in_words(address):
    with pytest.raises(UnusableFile, match="That is no address"):
        list(fetch_items(address, feed(lambda path, number: httpx.Response(200, json=[]))))


def test_an_id_of_a_feed_leads_to_no_other_path_of_it():
    asked = []

    def answer(path, number):
        asked.append(path)
        if path == "/services":
            return httpx.Response(200, json={"contents": [{"id": "../admin?x=1#y", "name": "A", "status": "active"}]})
        return httpx.Response(200, json=SHELTER)

    assert len(list(fetch_items("https://feed.example.org", feed(answer)))) == 1
    assert asked == ["/services", "/services/../admin?x=1#y"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"contents": [{"a": 1}]}),
    ],
)
def test_a_feed_that_is_none_is_refused_whole(answer):
    with pytest.raises(UnusableFile):
        list(fetch_items("https://feed.example.org", feed(lambda path, number: answer)))


def test_a_feed_that_does_not_answer_is_said_to_be_silent():
    def fail(path, number):
        raise httpx.ConnectTimeout("slow")

    with pytest.raises(UnusableFile, match="does not answer"):
        list(fetch_items("https://feed.example.org", feed(fail)))


def test_a_service_of_ours_and_one_of_a_feed_are_kept_apart(database, new_id, now):
    own = Kept(service=Service(id="own", name="Own"), source="", reference="own", came_with="{}")
    with database.writing() as session:
        directory.add_services(session, [own], now)
    bring(database, new_id, [read_one()])
    with database.reading() as session:
        assert [each.name for each in directory.list_services(session)] == ["Own", "Watford night shelter"]
        assert list(directory.list_of_source(session, FEED)) == [SHELTER["id"]]
