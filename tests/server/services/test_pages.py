"""The directory's pages: found by word, place, hours and whom it takes; entered, changed by two at once, checked, taken out,
handed on."""

import json
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from server.importers.openreferral.parse import parse
from server.queries.operation import audit
from server.queries.partnership import services as directory
from server.queries.partnership.services import Kept
from server.web.everyone import service_files
from shared.model.service import Place, Service, ServiceOffer, ServiceStatus, ServiceWelcome
from shared.rules.reading_hours import read_hours

HTML = {"accept": "text/html"}
NEAR, FAR = (51.6565, -0.3963), (51.75, -0.47)
TYPED = {
    "name": "Night shelter", "provider": "New Hope", "status": "active", "hours": "every day 20:00-08:00",
    "offers": ["emergency_bed"], "welcomes": ["dogs"], "bank_holidays": "as_usual", "minimum_age": "18",
    "checked_today": "yes", "postcode": "wd17 2ab", "address": "1 High Street", "town": "Watford",
}  # fmt: skip


def send(client, path, **fields):
    form = fields | {"_csrf_token": client.cookies["lantern-form"]}
    return client.post(path, data=form, headers=HTML, follow_redirects=False)


def put(database, now, *told):
    with database.writing() as session:
        kept = [Kept(service=each, source="", reference=each.id, came_with="{}") for each in told]
        directory.add_services(session, kept, now)


def hours(text):
    return read_hours(text)[0]


@pytest.fixture
def three_services(database, now, cast):
    put(
        database, now,
        Service(id="bed", name="A bed", offers=(ServiceOffer.EMERGENCY_BED,), welcomes=(ServiceWelcome.DOGS,),
        hours=hours("every day 20:00-08:00"), places=(Place(id="1", latitude=FAR[0], longitude=FAR[1]),)),
        Service(id="day", name="B centre", offers=(ServiceOffer.FOOD,), hours=hours("every day 9:00-17:00"),
        places=(Place(id="2", latitude=NEAR[0], longitude=NEAR[1]),)),
        Service(id="refuge", name="C refuge", offers=(ServiceOffer.EMERGENCY_BED,), is_secret_address=True,
        places=(Place(id="3", address="5 Quiet Lane", latitude=NEAR[0], longitude=NEAR[1]),)),
    )  # fmt: skip
    return database


def names(page):
    return [each for each in ("A bed", "B centre", "C refuge") if f">{each}</a>" in page.text]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["A bed", "B centre", "C refuge"]),
        ({"words": "cent"}, ["B centre"]),
        ({"words": "100%"}, []),
        ({"offer": "emergency_bed"}, ["A bed", "C refuge"]),
        ({"open_when": "tonight"}, ["A bed"]),
        ({"open_when": "now", "welcomes": "dogs"}, ["A bed"]),
        ({"welcomes": ["dogs", "couples"]}, []),
        ({"words": "quiet"}, []),
    ],
)
def test_the_directory_is_looked_through(sign_in, cast, three_services, asked, found):
    page = send(sign_in(cast.helen), "/services", **asked)

    assert (page.status_code, names(page)) == (200, found)


def test_the_nearest_comes_first_and_a_secret_address_has_no_distance(sign_in, cast, three_services):
    client = sign_in(cast.aisha)
    page = send(client, "/services", near="WD17 2AB").text

    assert page.index("B centre") < page.index("A bed") < page.index("C refuge")
    assert "km" in page
    assert "Quiet Lane" not in page
    assert send(client, "/services", near="Watford").status_code == 422


def test_a_service_is_entered_found_changed_checked_and_taken_out(sign_in, cast, database):
    client = sign_in(cast.tom)
    assert (
        send(
            client,
            "/services/new/edit",
            name="",
            hours="sometimes",
            minimum_age="x",
            email="no",
            postcode="zz",
        ).status_code
        == 422
    )
    answer = send(client, "/services/new/edit", **TYPED)
    assert answer.status_code == 303
    with database.reading() as session:
        (told,) = directory.list_services(session)
    assert (told.name, told.minimum_age, str(told.checked_on)) == ("Night shelter", 18, "2026-11-12")
    assert told.places[0].latitude == pytest.approx(51.65, abs=0.03)
    page = client.get(f"/services/{told.id}", headers=HTML).text
    for words in (
        "Open until 08:00",
        "Takes dogs",
        "18 years and over",
        "every day, 20:00 to 08:00 the next day",
        "Tom B",
    ):
        assert words in page
    form = client.get(f"/services/{told.id}/edit", headers=HTML).text
    assert "every day 20:00-08:00" in form
    based_on = form.partition('name="based_on" value="')[2].partition('"')[0]
    changed = TYPED | {"name": "Winter shelter", "based_on": based_on}
    assert send(client, f"/services/{told.id}/edit", **changed | {"agency": "nobody"}).status_code == 422
    assert send(client, f"/services/{told.id}/edit", **changed).status_code == 303
    late = send(client, f"/services/{told.id}/edit", **(changed | {"name": "Summer shelter"}))
    assert late.status_code == 409
    assert "Summer shelter" in late.text
    assert send(client, f"/services/{told.id}/checked").status_code == 303
    assert send(client, f"/services/{told.id}/remove").status_code == 303
    assert client.get(f"/services/{told.id}", headers=HTML).status_code == 404
    assert send(client, f"/services/{told.id}/edit", **changed).status_code == 404


def test_a_service_that_is_sent_twice_is_there_once_and_its_change_is_kept_once(sign_in, cast, database):
    client = sign_in(cast.tom)
    long = send(client, "/services/new/edit", **TYPED | {"url": "https://example.org/" + "x" * 1_000})
    assert long.status_code == 422 and "Use 1,000 characters or fewer." in long.text
    sent = [send(client, "/services/new/edit", **TYPED) for _ in range(2)]
    assert {each.headers["location"] for each in sent} == {sent[0].headers["location"]}
    with database.reading() as session:
        (told,) = directory.list_services(session)
    form = client.get(f"/services/{told.id}/edit", headers=HTML).text
    changed = TYPED | {
        "name": "Winter shelter",
        "based_on": form.partition('name="based_on" value="')[2].partition('"')[0],
    }
    assert [send(client, f"/services/{told.id}/edit", **changed).status_code for _ in range(2)] == [303, 303]
    for receiver in ({}, {"agency": cast.council.id}):
        assert send(sign_in(cast.priya), "/services/new/edit", **TYPED | receiver).status_code == 303
    assert send(sign_in(cast.tom), "/services/new/edit", **TYPED | {"town": "Luton"}).status_code == 303
    with database.reading() as session:
        assert len(directory.list_services(session)) == 4


def test_nobody_makes_their_own_service_the_one_that_reads_who_is_referred(sign_in, cast, database):
    """Whoever keeps the partners' agreements says who receives referrals; everybody else's changes leave it as it is."""

    def shelter():
        with database.reading() as session:
            return directory.list_services(session)[0].id, directory.list_receivers(session)

    def change(client, **fields):
        form = client.get(f"/services/{shelter()[0]}/edit", headers=HTML).text
        based_on = form.partition('name="based_on" value="')[2].partition('"')[0]
        answer = send(client, f"/services/{shelter()[0]}/edit", **TYPED | {"based_on": based_on} | fields)
        return answer.status_code, "Who receives referrals" in form

    tom = sign_in(cast.tom)
    assert send(tom, "/services/new/edit", **TYPED, agency=cast.outreach.id).status_code == 403
    assert send(tom, "/services/new/edit", **TYPED).status_code == 303
    assert change(tom, agency=cast.outreach.id) == (403, False)
    assert shelter()[1] == {}
    assert change(sign_in(cast.priya), agency=cast.council.id) == (303, True)
    assert change(sign_in(cast.tom), agency=cast.outreach.id) == (403, False)
    assert change(sign_in(cast.tom), name="Winter shelter") == (303, False)
    told, receivers = shelter()
    assert receivers == {told: cast.council.id}
    with database.reading() as session:
        named = [each for each in audit.list_lines(session) if each.purpose == "who receives referrals"]
    assert [(each.actor_id, each.subject_id, each.detail, each.allowed) for each in named if each.allowed] == [
        (cast.priya.id, cast.council.id, told, True)
    ]
    assert change(sign_in(cast.priya), agency="") == (303, True)
    assert shelter()[1] == {}


def test_a_commissioner_reads_the_directory_and_changes_nothing(sign_in, cast, three_services):
    client = sign_in(cast.helen)

    assert "Change it" not in client.get("/services/bed", headers=HTML).text
    assert client.get("/services/bed/edit", headers=HTML).status_code == 403
    assert send(client, "/services/bed/checked").status_code == 403
    assert client.get("/service-files", headers=HTML).status_code == 403


def test_a_file_is_brought_in_and_its_refused_rows_are_listed(sign_in, cast, database):
    client = sign_in(cast.olu)
    token = {"_csrf_token": client.cookies["lantern-form"], "source": "County"}
    rows = [{"id": "a", "name": "Soup kitchen", "status": "active"}, {"id": "b", "name": "", "status": "active"}]

    def bring(content, **fields):
        return client.post("/service-files", data=token | fields, files={"data": ("a.json", content)}, headers=HTML)

    page = bring(json.dumps(rows).encode())
    assert page.status_code == 200
    assert "1 new" in page.text
    assert "lacks its name" in page.text
    assert bring(b"{").status_code == 422
    assert bring(json.dumps(rows).encode(), source=" ").status_code == 422
    with database.reading() as session:
        (told,) = directory.list_services(session)
    refused = send(client, f"/services/{told.id}/remove")
    assert refused.status_code == 409


def test_a_service_gone_from_its_feed_is_told_as_one_that_may_have_closed(sign_in, cast, database, now):
    open_now = Service(id="bed", name="A bed", hours=hours("every day 00:00-24:00"), left_feed_on=date(2026, 11, 3))
    with database.writing() as session:
        kept = Kept(service=open_now, source="County", reference="bed", came_with="{}")
        directory.add_services(session, [kept], now)
    client = sign_in(cast.tom)
    for page in (send(client, "/services", open_when="now").text, client.get("/services/bed", headers=HTML).text):
        assert "Perhaps closed for good" in page and "No longer in the feed since" in page
        assert "Open day and night" not in page and "ing before anybody walks there" in page
    send(client, "/services/bed/checked")
    page = client.get("/services/bed", headers=HTML).text
    assert "Open day and night" in page and "No longer in the feed since" in page


def test_the_feeds_address_is_the_servers_own_whatever_the_host_header_says(sign_in, cast):
    client = sign_in(cast.olu)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    page = client.get("/service-files", headers=HTML | {"host": "evil.example", "cookie": cookies}).text
    assert "<code>http://127.0.0.1:8000/open-referral</code>" in page and "evil.example" not in page


def test_a_file_is_read_in_no_transaction(sign_in, cast, database, monkeypatch):
    """Seconds of a large file hold nobody up: while it is read, somebody else writes."""
    client = sign_in(cast.olu)

    def read_while_another_writes(content, source):
        with database.writing() as session:
            other = Kept(service=Service(id="other", name="Other"), source="", reference="other", came_with="{}")
            directory.add_services(session, [other], datetime.now(UTC))
        return parse(content, source)

    monkeypatch.setattr(service_files, "parse", read_while_another_writes)
    token = {"_csrf_token": client.cookies["lantern-form"], "source": "County"}
    content = json.dumps([{"id": "a", "name": "Soup kitchen", "status": "active"}]).encode()
    page = client.post("/service-files", data=token, files={"data": ("a.json", content)}, headers=HTML)
    assert page.status_code == 200
    with database.reading() as session:
        assert {each.name for each in directory.list_services(session)} == {"Other", "Soup kitchen"}


def test_whoever_asks_is_handed_the_directory_without_secret_addresses(client, three_services, clock):
    page = client.get("/open-referral/services?per_page=2").json()
    assert (page["total_items"], page["total_pages"], page["last_page"], len(page["contents"])) == (3, 2, False, 2)
    whole = client.get("/open-referral/services?full=true&search=refuge").json()["contents"]
    assert [each["name"] for each in whole] == ["C refuge"]
    assert "Quiet Lane" not in json.dumps(whole)
    assert client.get("/open-referral/services/bed").json()["schedules"][0]["byday"] == "MO,TU,WE,TH,FR,SA,SU"
    assert client.get("/open-referral/services/nobody").status_code == 404
    assert client.get("/open-referral").json()["version"] == "HSDS-UK-3.0"
    answers = {client.get("/open-referral").status_code} | {
        client.get("/open-referral/services?page=9&per_page=x").json()["empty"]
    }
    assert answers == {200, True}


def test_what_names_a_place_that_came_from_elsewhere_keeps_its_other_places(sign_in, cast, database, now):
    places = (Place(id="1", address="First Street", postcode="WD17 2AB"), Place(id="2", address="Second Street"))
    put(database, now, replace(Service(id="two", name="Two", places=places), changed_at=now))
    client = sign_in(cast.tom)
    based_on = (
        client.get("/services/two/edit", headers=HTML).text.partition('name="based_on" value="')[2].partition('"')[0]
    )
    typed = {
        "name": "Two",
        "status": "active",
        "bank_holidays": "not_known",
        "address": "Third Street",
        "based_on": based_on,
    }
    assert send(client, "/services/two/edit", **typed).status_code == 303
    with database.reading() as session:
        told = directory.find_kept(session, "two").service
    assert [each.address for each in told.places] == ["Third Street", "Second Street"]


def test_an_at_offers_whoever_is_called_so_first_and_nobody_that_is_closed(sign_in, cast, database, now):
    told = [
        Service(id="a", name="A room", description="Beside the Night shelter"),
        Service(id="b", name="Night shelter", provider="New Hope"),
        Service(id="c", name="Night café, closed", status=ServiceStatus.DEFUNCT),
        Service(id="d", name="50% off_night"),
    ]
    put(database, now, *told)
    client = sign_in(cast.priya)
    asked = [
        send(client, "/services/named", words=words) for words in ("nIGht", "night shelter", "%", "_", "", "x" * 9_000)
    ]
    assert [[each["name"] for each in answer.json()] for answer in asked] == [
        ["50% off_night", "Night shelter", "A room"], ["Night shelter", "A room"], [], ["50% off_night"], [], [],
    ]  # fmt: skip
    assert asked[0].json()[1] == {"name": "Night shelter", "provider": "New Hope"}
    client.cookies.clear()
    assert client.post(
        "/services/named", data={"words": "night"}, headers={"accept": "application/json"}
    ).status_code in {401, 403}
