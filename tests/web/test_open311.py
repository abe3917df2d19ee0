"""A partner's system sends reports by Open311, in JSON and XML, asks what became of its own, and learns of nobody else's."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from server.access import Door
from server.actions.referrals.referrals import close_referral, progress_referral
from server.cli import main
from server.database.engine import Database
from server.queries.operation.rate_limits import Limit
from server.queries.partnership import workers
from server.queries.referrals import georeport
from server.queries.referrals.georeport import Key
from server.queries.sync.store import list_changes
from server.security.tokens import hash_token
from server.tables.referrals.referral import alert, alert_referrer, referral
from shared.model.codes import ReferralState
from tests.conftest import Clock

BASE = "/open311/v2"
REPORT = {
    "service_code": "rough-sleeping", "lat": "51.6565", "long": "-0.3962", "description": "Red hat, blue tent",
    "attribute[seen]": "about 9pm", "attribute[people]": "2", "email": "sam@example.org", "first_name": "Sam",
}  # fmt: skip
NOT_FOUND_NOTHING = "person_not_found_person_looked_for"


@pytest.fixture
def keys(filled: Database, clock: Clock) -> dict[str, str]:
    """Two partners with a key each, and one whose key was taken away."""
    with filled.writing() as session:
        for name in ("app", "council", "gone"):
            georeport.add_key(session, Key(id=name, name=name, made_at=clock()), hash_token(f"secret {name}"))
        assert georeport.end_key(session, "gone", clock())
    return {name: f"secret {name}" for name in ("app", "council", "gone")}


def send(client: Any, key: str = "", ending: str = "json", **fields: str) -> Any:
    return client.post(f"{BASE}/requests.{ending}", data={**REPORT, "api_key": key, **fields})


def row_of(database: Database, number: str) -> Any:
    with database.reading() as session:
        return session.execute(select(referral).where(referral.c.number == number)).mappings().one()


def test_a_report_reaches_the_inbox_and_the_teams_phones(client: Any, filled: Database, keys: dict[str, str]) -> None:
    answer = send(client, keys["app"])

    assert answer.status_code == 201, answer.text
    (told,) = answer.json()
    row = row_of(filled, told["service_request_id"])
    assert (row["source"], row["state"], row["team_id"]) == ("open311", "received", "watford-outreach")
    assert (row["description"], row["seen_text"], row["people_count"]) == ("Red hat, blue tent", "about 9pm", 2)
    with filled.reading() as session:
        kept = session.execute(select(alert).where(alert.c.id == row["alert_id"])).mappings().one()
        who = (
            session.execute(select(alert_referrer).where(alert_referrer.c.alert_id == row["alert_id"])).mappings().one()
        )
        assert list_changes(session, row["id"])
    assert (who["email"], who["name"], kept["contact_consent"]) == ("sam@example.org", "Sam", True)
    assert "sam" not in kept["raw"].lower()


def test_the_same_report_sent_again_within_the_hour_is_one(
    client: Any, filled: Database, keys: dict[str, str], clock: Clock
) -> None:
    first, again = send(client, keys["app"]).json(), send(client, keys["app"]).json()
    other = send(client, keys["council"]).json()

    assert first == again
    assert other != first


def test_the_hour_in_which_a_report_is_the_same_is_no_hour_of_the_clock(
    client: Any, keys: dict[str, str], clock: Clock
) -> None:
    clock.now = clock.now.replace(minute=59, second=59)
    first = send(client, keys["app"]).json()
    clock.advance(seconds=2)
    assert send(client, keys["app"]).json() == first
    clock.advance(minutes=58)
    assert send(client, keys["app"]).json() == first
    clock.advance(minutes=2)
    assert send(client, keys["app"]).json() != first


@pytest.mark.parametrize("ending", ["json", "xml"])
def test_every_fault_is_said_at_once_in_the_form_that_was_asked(client: Any, keys: dict[str, str], ending: str) -> None:
    answer = send(client, keys["app"], ending, lat="north", email="sam", **{"attribute[people]": "many"})

    assert answer.status_code == 400
    if ending == "json":
        faults = [(each["code"], each["description"]) for each in answer.json()]
    else:
        top = ElementTree.fromstring(answer.content)
        assert top.tag == "errors"
        faults = [(int(each.findtext("code", "")), each.findtext("description", "")) for each in top.findall("error")]
    assert [code for code, _ in faults] == [400, 400, 400]
    assert "lat and long" in faults[0][1]


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"service_code": ""}, 400, "service_code was not provided"),
        ({"service_code": "pothole"}, 404, "service_code was not found"),
        ({"lat": "", "long": ""}, 400, "address_string"),
        ({"jurisdiction_id": "atlantis.gov"}, 404, "jurisdiction_id"),
        ({"api_key": "wrong"}, 403, "api_key"),
        ({"api_key": ""}, 403, "api_key"),
        ({"api_key": "secret gone"}, 403, "api_key"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_the_codes_of_the_standard(
    client: Any, filled: Database, keys: dict[str, str], fields: dict[str, str], status: int, words: str
) -> None:
    answer = client.post(f"{BASE}/requests.json", data={**REPORT, "api_key": keys["app"], **fields})

    assert (answer.status_code, answer.json()[0]["code"]) == (status, status)
    assert words in answer.json()[0]["description"]
    with filled.reading() as session:
        assert session.scalars(select(referral.c.id).where(referral.c.source == "open311")).all() == []


def test_an_address_alone_is_taken_and_a_place_that_nobody_knows_is_the_duty_desks(
    client: Any, filled: Database, keys: dict[str, str]
) -> None:
    placed = send(client, keys["app"], lat="", long="", address_string="The arch near WD17 1EU").json()[0]
    vague = send(client, keys["app"], lat="", long="", address_string="behind the shops").json()[0]

    assert row_of(filled, placed["service_request_id"])["latitude"] is not None
    assert row_of(filled, vague["service_request_id"])["state"] == "needs_information"


def test_a_key_hears_of_its_own_and_of_nobody_elses(client: Any, filled: Database, keys: dict[str, str]) -> None:
    mine = send(client, keys["app"]).json()[0]["service_request_id"]
    theirs = send(client, keys["council"], description="Green coat").json()[0]["service_request_id"]

    (listed,) = client.get(f"{BASE}/requests.json", params={"api_key": keys["app"]}).json()
    assert listed["service_request_id"] == mine
    assert (listed["description"], listed["status"], listed["lat"]) == ("Red hat, blue tent", "open", 51.6565)
    assert client.get(f"{BASE}/requests.json").status_code == 403
    assert (
        client.get(f"{BASE}/requests.json", headers={"x-api-key": keys["council"]}).json()[0]["service_request_id"]
        == theirs
    )
    (seen,) = client.get(f"{BASE}/requests/{theirs}.json", params={"api_key": keys["app"]}).json()
    (known,) = client.get(f"{BASE}/requests/{theirs}.json").json()
    for told in (seen, known):
        assert told["status"] == "open"
        assert "Green" not in json.dumps(told)
        assert not {"lat", "long", "address", "description", "agency_responsible"} & set(told)
    assert client.get(f"{BASE}/requests/NONE-SUCH-HERE.json").status_code == 404
    assert client.get(f"{BASE}/tokens/{mine}.json").json() == [{"service_request_id": mine, "token": mine}]


def test_a_chain_of_folded_reports_stands_where_its_head_does(
    client: Any, filled: Database, keys: dict[str, str], clock: Clock, new_id: Callable[[], str]
) -> None:
    numbers = [
        send(client, keys["app"], description=f"hat {number}").json()[0]["service_request_id"] for number in range(3)
    ]
    ids = [row_of(filled, number)["id"] for number in numbers]
    with filled.reading() as session:
        door = Door(filled, workers.get_worker(session, "tom"), clock(), new_id)
    with door.open() as access:
        for own, above in ((ids[0], ids[1]), (ids[1], ids[2])):
            progress_referral(access, own, ReferralState.DUPLICATE_OF, duplicate_of=above)

    def ask(status: str) -> set[str]:
        answer = client.get(f"{BASE}/requests.json", params={"api_key": keys["app"], "status": status}).json()
        assert {each["status"] for each in answer} <= {status}
        return {each["service_request_id"] for each in answer}

    assert (ask("open"), ask("closed")) == (set(numbers), set())
    with filled.reading() as session:
        later = Door(filled, workers.get_worker(session, "tom"), clock.advance(hours=2), new_id)
    with later.open() as access:
        close_referral(access, ids[2], NOT_FOUND_NOTHING)
    assert (ask("open"), ask("closed")) == (set(), set(numbers))
    told = client.get(f"{BASE}/requests.json", params={"api_key": keys["app"]}).json()
    assert {each["updated_datetime"][:16] for each in told} == {f"{clock():%Y-%m-%dT%H:%M}"}, "who polls by it hears"


def test_what_is_too_long_is_refused_and_never_cut(client: Any, keys: dict[str, str]) -> None:
    assert send(client, keys["app"], description="blood " * 1000).status_code == 201
    refused = send(client, keys["app"], description="x" * 10_001, **{"attribute[seen]": "y" * 201})
    assert refused.status_code == 400
    said = {each["description"] for each in refused.json()}
    assert said == {
        "description is longer than 10000 characters", "attribute[seen] is longer than 200 characters",
    }  # fmt: skip


def test_filters_and_pages(
    client: Any, filled: Database, keys: dict[str, str], clock: Clock, new_id: Callable[[], str]
) -> None:
    numbers = []
    for number in range(3):
        numbers.append(send(client, keys["app"], description=f"hat {number}").json()[0]["service_request_id"])
        clock.now += timedelta(minutes=1)
    with filled.reading() as session:
        door = Door(filled, workers.get_worker(session, "tom"), clock(), new_id)
    with door.open() as access:
        close_referral(access, row_of(filled, numbers[0])["id"], NOT_FOUND_NOTHING)
        progress_referral(
            access, row_of(filled, numbers[1])["id"], ReferralState.DUPLICATE_OF,
            duplicate_of=row_of(filled, numbers[2])["id"],
        )  # fmt: skip

    def ask(**asked: str) -> list[str]:
        answer = client.get(f"{BASE}/requests.json", params={"api_key": keys["app"], **asked})
        assert answer.status_code == 200, answer.text
        return [each["service_request_id"] for each in answer.json()]

    assert ask() == numbers[::-1]
    assert ask(status="closed") == numbers[:1]
    assert ask(status="open") == [numbers[2], numbers[1]]
    assert ask(page_size="2") == [numbers[2], numbers[1]]
    assert ask(page_size="2", page="2") == [numbers[0]]
    assert ask(service_request_id=f"{numbers[0]},{numbers[2]}") == [numbers[2], numbers[0]]
    assert ask(service_code="pothole") == []
    assert ask(end_date="2020-01-01T00:00:00Z") == []
    (closed,) = client.get(f"{BASE}/requests/{numbers[0]}.json", params={"api_key": keys["app"]}).json()
    assert closed["status"] == "closed"
    assert closed["expected_datetime"] is None
    assert closed["status_notes"]
    for wrong in (
        {"page": "0"},
        {"page_size": "5000"},
        {"start_date": "soon"},
        {"start_date": "2020-01-01T00:00:00Z", "end_date": "2021-01-01T00:00:00Z"},
    ):
        assert client.get(f"{BASE}/requests.json", params={"api_key": keys["app"], **wrong}).status_code == 400


LONG = "000000001" + "9" * 30


@pytest.mark.parametrize(
    "asked",
    [{"page": LONG}, {"page_size": LONG}, {"page": "1" * 5_000}, {"end_date": "0001-01-01T00:00:00Z"},
     {"end_date": "9999-12-31T23:59:59-12:00"}, {"start_date": "0001-01-01T00:00:00+14:00"},
     {"start_date": "9999-12-31T23:59:59Z"}, {"service_request_id": "a\0b"}],
)  # fmt: skip
def test_what_no_list_can_begin_with_is_told(client: Any, keys: dict[str, str], asked: dict[str, str]) -> None:
    answer = client.get(f"{BASE}/requests.json", params={"api_key": keys["app"], **asked})
    assert answer.status_code in {400, 404}, answer.text
    assert answer.json()[0]["description"]


@pytest.mark.parametrize(
    "sent",
    [
        {"attribute[people]": LONG},
        {"attribute[people]": "1" * 5_000},
        {"email": "a\0@b"},
        {"lat": "nan"},
        {"long": "1e999"},
    ],
)
def test_what_no_report_can_hold_is_told(client: Any, keys: dict[str, str], sent: dict[str, str]) -> None:
    answer = send(client, keys["app"], **sent)
    assert answer.status_code in {201, 400}, answer.text


@pytest.mark.parametrize(
    "path", ["requests/a%00b.json", "tokens/a%00b.json", "services/a%00b.json", "requests/%ff.json"]
)
def test_an_address_that_names_nothing_is_told(client: Any, keys: dict[str, str], path: str) -> None:
    assert client.get(f"{BASE}/{path}").status_code in {400, 404}


def test_a_report_of_words_that_no_database_holds_is_kept(client: Any, filled: Database, keys: dict[str, str]) -> None:
    words = {"description": "Red\0 hat", "address_string": "By the\0 canal", "first_name": "S\0am"}
    answer = send(client, keys["app"], **words)
    assert answer.status_code == 201, answer.text
    assert row_of(filled, answer.json()[0]["service_request_id"])["description"] == "Red\u2400 hat"


def test_the_services_say_what_is_asked_in_both_forms(client: Any) -> None:
    (service,) = client.get(f"{BASE}/services.json").json()
    assert (service["service_code"], service["metadata"], service["type"]) == ("rough-sleeping", True, "realtime")
    top = ElementTree.fromstring(client.get(f"{BASE}/services.xml").content)
    assert (top.tag, top.findtext("service/service_code"), top.findtext("service/metadata")) == (
        "services", "rough-sleeping", "true",
    )  # fmt: skip
    definition = ElementTree.fromstring(client.get(f"{BASE}/services/rough-sleeping.xml").content)
    assert [each.findtext("code") for each in definition.findall("attributes/attribute")] == [
        "seen",
        "concerns",
        "people",
    ]
    assert client.get(f"{BASE}/services/pothole.json").json()[0]["code"] == 404
    assert client.get(f"{BASE}/services/rough-sleeping.html").status_code == 404
    assert client.get(f"{BASE}/services.json", params={"jurisdiction_id": "elsewhere"}).status_code == 404
    assert client.get("/open311/discovery.json").json()["endpoints"][0]["url"].endswith(BASE)


def test_words_that_xml_cannot_hold_are_shown_all_the_same(client: Any, keys: dict[str, str]) -> None:
    number = send(client, keys["app"], description="hat \x07 <b>&").json()[0]["service_request_id"]

    top = ElementTree.fromstring(client.get(f"{BASE}/requests/{number}.xml", params={"api_key": keys["app"]}).content)

    assert top.findtext("request/description") == "hat \ufffd <b>&"


def test_a_thousand_in_ten_minutes_are_taken_and_a_flood_is_told_so(
    client: Any, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.web.open311 import requests

    assert requests.OF_A_KEY.tries * 10 >= 1_000
    monkeypatch.setattr(requests, "OF_A_KEY", Limit(purpose="georeport", tries=2, window=timedelta(minutes=1)))
    answers = [send(client, keys["app"], description=f"{number}").status_code for number in range(3)]
    assert answers == [201, 201, 429]


@pytest.fixture
def published(client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A published client of the standard, whose requests go to our server."""
    georeport_client = pytest.importorskip("georeport.georeport")

    class Here:
        """What the client calls `requests`."""

        @staticmethod
        def get(address: str, **options: Any) -> Any:
            return client.get(address.removeprefix("https://here"), **options)

        @staticmethod
        def post(address: str, **options: Any) -> Any:
            return client.post(address.removeprefix("https://here"), **options)

    monkeypatch.setattr(georeport_client, "requests", Here)
    yield georeport_client.GeoReport


@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_published_client_of_the_standard_understands_us(
    published: Any, keys: dict[str, str], client: Any, form: str
) -> None:
    there = published(f"https://here{BASE}", api_key=keys["app"], output_format=form)
    services = there.get_service_list()
    (service,) = services if isinstance(services, list) else [services]
    assert service["service_code"] == "rough-sleeping"
    definition = there.get_service_definition("rough-sleeping")
    assert definition["service_code"] == "rough-sleeping"
    number = send(client, keys["app"]).json()[0]["service_request_id"]

    assert there.get_service_request(number)["status"] == "open"


def test_keys_are_given_and_taken_away_at_a_terminal(
    filled: Database, database_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    monkeypatch.setenv("LANTERN_DATABASE", database_url)
    monkeypatch.setenv("LANTERN_DATA", str(tmp_path))
    token = CliRunner().invoke(main, ["open311", "add-key", "The app"]).stdout.strip()
    assert send(client, token).status_code == 201
    listed = CliRunner().invoke(main, ["open311", "list-keys"]).stdout
    assert "The app" in listed
    assert token not in listed
    assert CliRunner().invoke(main, ["open311", "end-key", listed.split()[0]]).exit_code == 0
    assert send(client, token).status_code == 403
    assert CliRunner().invoke(main, ["open311", "end-key", "none"]).exit_code == 2
