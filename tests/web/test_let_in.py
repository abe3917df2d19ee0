"""What phones sent and was held: seen before it is decided on, judged again as its decider's, let in or set aside."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec import Raw
from sqlalchemy import select, text

from server.actions.street.alarms import Watch
from server.actions.sync.validation import validate
from server.database.engine import Database
from server.database.locks import lock_records
from server.queries.street.alarms import list_open_alarms
from server.queries.street.contacts import find_contact
from server.queries.sync import orders
from server.queries.sync import store as sync
from server.tables.operation.audit import audit
from server.tables.operation.device import device_enrolment
from server.tables.street.shift import shift, shift_worker
from server.tables.sync.sync import change
from shared.policy import held as words
from shared.rules.alarms import DEFAULT_LADDER
from sync import authoring
from sync.reading import decode_batch
from tests.server.running import services_as_served
from tests.web import county
from tests.web.test_pages import plain

AISHAS, ELSEWHERE = 31, 32
TEAM = "watford-outreach"


@pytest.fixture
def services(filled: Database, app: Any, settings: Any, clock: Any, new_id: Any) -> Iterator[Any]:
    made = services_as_served(settings, clock, new_id)
    yield made
    made.database.close()


@pytest.fixture
def send(services: Any, filled: Database, now: Any, new_id: Any) -> Callable[..., list[str]]:
    """Sends changes from a phone that Aisha carries; returns why each that waits is held."""
    sent = {AISHAS: 0}
    with filled.writing() as session:
        told = {"number": AISHAS, "worker_id": "aisha", "team_id": TEAM, "label": "A", "signing_key": "x"}
        county.add(session, device_enrolment, told | {"enrolled_at": now, "confirmed_at": now})
        sync.register_device(session, scopes=[f"team:{TEAM}"], label="A", now_ms=1, number=AISHAS)

    def do(*facts: tuple[str, str, dict[str, Any]], scope: str = TEAM, fast_ms: int = 0) -> list[str]:
        now_ms, events = int(now.timestamp() * 1000), []
        at_ms = now_ms + fast_ms  # its clock ran ahead when they were made, and was set right since
        for name, kind, told in facts:
            sent[AISHAS] += 1
            payload = Raw(msgspec.json.encode(told))
            new = authoring.NewChange(
                id=name, type=kind, scope=f"team:{scope}", entity=name, who="aisha", payload=payload, at_ms=at_ms
            )
            events.append(authoring.number(new, AISHAS, sent[AISHAS], now_ms << 16, {}))
        body = msgspec.json.encode({"device": AISHAS, "now": now_ms, "app": "1.0.0", "events": events})
        with services.database.writing() as session:
            sync.push(session, AISHAS, decode_batch(body, validate=validate), now_ms, services.project)
        with filled.reading() as session:
            return [each.reason or "" for each in sync.list_quarantined(session, AISHAS)]

    return do


def meeting(now: Any, contact_id: str, **more: Any) -> dict[str, Any]:
    at = now.isoformat()
    told = {"id": contact_id, "state": "bedded_down", "seen_at": at, "recorded_at": at, "night": str(now.date())}
    return told | {"worker_id": "aisha", "team_id": TEAM} | more


def waiting(filled: Database) -> list[str]:
    with filled.reading() as session:
        return [each.id for each in sync.list_quarantined(session, AISHAS)]


def test_what_is_good_is_let_in_and_stands_in_the_deciders_name(
    send: Any, browse: Any, now: Any, filled: Database
) -> None:
    assert send(("h1", "contact.recorded", meeting(now, "k1", note="Asked for socks")), scope="before")
    tom = browse("tom")
    assert "1 record set aside" in plain(tom.get("/devices").text), "also where its scope is not his"
    assert f'href="/devices/{AISHAS}/held">1 record' in tom.get(f"/devices/{AISHAS}").text
    assert "Asked for socks" in tom.get(f"/devices/{AISHAS}/held").text
    assert "Adopted" in tom.send(f"/devices/{AISHAS}/adopt", change="h1").text
    with filled.reading() as session:
        stored = find_contact(session, "k1")
        numbers = session.scalars(select(audit.c.device_number).where(audit.c.action == "sync")).all()
    assert stored is not None
    assert (stored.contact.worker_id, stored.contact.colleague_ids) == ("tom", ("aisha",))
    assert all(number is None or number > 0 for number in numbers)


def test_what_is_held_is_read_whole_and_by_clocks_here(send: Any, browse: Any, now: Any) -> None:
    """Whoever lets it in stands in for all of it: its last word too, and its hour, which in summer is not the wire's."""
    summer = {"seen_at": "2026-07-14T21:40:00Z", "recorded_at": "2026-07-14T21:45:00Z", "night": "2026-07-14"}
    note = "He sleeps by the weir. " * 200 + "Beware of the dog."
    assert send(("h1", "contact.recorded", meeting(now, "k1", note=note, **summer)), scope="before")
    said = plain(browse("tom").get(f"/devices/{AISHAS}/held").text)
    assert "14 July 2026 22:40 BST" in said and "21:40" not in said
    assert "Beware of the dog." in said


@pytest.mark.parametrize(
    "wrong",
    [{"seen_at": "2026-11-12T21:00:00"}, {"note": "a\0b"}, {"id": "k" * 60}, {"note": "x" * 10_001},
     {"unidentified_people": 501}, {"seen_at": "2093-01-01T00:00:00Z", "night": "2093-01-01"}],
)  # fmt: skip
def test_what_cannot_be_used_stays_held_and_says_why(
    wrong: dict[str, Any], send: Any, browse: Any, now: Any, filled: Database
) -> None:
    assert send(("h1", "contact.recorded", meeting(now, "k1", **wrong)))
    answer = browse("tom").send(f"/devices/{AISHAS}/adopt", change="h1")
    assert answer.status_code == 409
    assert "It stays where it is" in answer.text
    assert waiting(filled) == ["h1"]


def test_nobody_speaks_for_a_colleague_even_when_let_in(send: Any, browse: Any, now: Any, filled: Database) -> None:
    with filled.writing() as session:
        county.fill_shifts(session, now)
    told = {"id": "e1", "shift_id": "s1", "worker_id": "dean", "at": now.isoformat()}
    assert send(("h1", "shift.ended", told)) == [words.OTHER_NAME]
    tom = browse("tom")
    assert "Dean" in tom.get(f"/devices/{AISHAS}/held").text
    assert tom.send(f"/devices/{AISHAS}/adopt", change="h1").status_code == 409
    assert waiting(filled) == ["h1"]


@pytest.fixture
def far(filled: Database, now: Any) -> str:
    """Somebody whom a team of another district alone knows."""
    with filled.writing() as session:
        county.add(session, county.team, {"id": "second", "agency_id": "county", "name": "Second"})
        county.add(session, county.team_district, {"team_id": "second", "district_id": "three-rivers"})
        told = {"id": "far", "name": "Far Away", "team_id": "second", "district_id": "three-rivers"}
        county.add(session, county.person, told | {"created_at": now, "changed_at": now})
    return "far"


def test_what_one_phone_told_of_a_place_is_one_version_also_where_it_was_let_in(
    send: Any, browse: Any, now: Any, filled: Database, services: Any
) -> None:
    """A name and a pin waited, each by itself; meanwhile Dean's phone told of another place."""
    here, there = ({"latitude": 51.6637 + step, "longitude": -0.396, "pin_source": "gps"} for step in (0.0, 0.005))
    waits: dict[str, dict[str, Any]] = {"h1": {"name": "Stairs north"}, "h2": {"position": here}}
    now_ms = int(now.timestamp() * 1000)

    def push(phone: int, who: str, scope: str, said: dict[str, dict[str, Any]]) -> None:
        events = [
            authoring.number(
                authoring.NewChange(
                    id=name, type="site.patched", scope=f"team:{scope}", entity="stairwell", who=who, sets=sets,
                    at_ms=now_ms,
                ), phone, n, now_ms << 16, {},
            )
            for n, (name, sets) in enumerate(said.items(), start=1)
        ]  # fmt: skip
        body = msgspec.json.encode({"device": phone, "now": now_ms, "app": "1.0.0", "events": events})
        with services.database.writing() as session:
            sync.register_device(session, scopes=[f"team:{TEAM}"], label=who, now_ms=1, number=phone)
            sync.push(session, phone, decode_batch(body, validate=validate), now_ms, services.project)

    push(AISHAS, "aisha", "before", waits)
    push(33, "dean", TEAM, {"d1": {"name": "Shelter", "position": there}})
    tom = browse("tom")
    for each in waits:
        assert "Adopted" in tom.send(f"/devices/{AISHAS}/adopt", change=each).text
    page = tom.get("/conflicts/places/stairwell")
    assert re.findall(r"<strong>([A-Z]): ([^<]+)<", page.text) in (
        [("A", "Stairs north"), ("B", "Shelter")], [("A", "Shelter"), ("B", "Stairs north")]
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["a merge", "a contact"])
def test_letting_in_opens_nothing_to_its_decider(
    kind: str, far: str, send: Any, browse: Any, now: Any, filled: Database
) -> None:
    merge = {"id": "m1", "from_id": far, "into_id": "marek", "worker_id": "aisha", "at": now.isoformat()}
    if kind == "a merge":
        assert send(("h1", "person.merged", merge))
    else:
        assert send(("h1", "contact.recorded", meeting(now, "k1", person_ids=[far], note="Met at the canal")))
    tom = browse("tom")
    said = tom.get(f"/devices/{AISHAS}/held").text
    assert "Far Away" not in said
    assert "Met at the canal" not in said
    assert tom.send(f"/devices/{AISHAS}/adopt", change="h1").status_code == 409
    assert tom.get(f"/people/{far}").status_code == 404
    assert waiting(filled) == ["h1"]


def test_the_lead_there_decides_from_a_tray_that_says_who_what_and_why(
    far: str, send: Any, browse: Any, now: Any, filled: Database
) -> None:
    assert send(("h1", "contact.recorded", meeting(now, "k1", person_ids=[far], note="Met at the canal")))
    there = coordinator_of(filled, "three-rivers", now)
    reader = browse(there)
    said = reader.get("/held").text
    assert all(word in said for word in ("Far Away", "Met at the canal", "Aisha", "does not know"))
    assert "Adopted" in reader.send("/held", change="h1", order="in").text
    assert waiting(filled) == []


def coordinator_of(filled: Database, district_id: str, now: Any) -> str:
    """Gives Priya the other district, too."""
    with filled.writing() as session:
        county.add(session, county.worker_district, {"worker_id": "priya", "district_id": district_id})
    return "priya"


def test_all_that_were_held_for_one_reason_are_let_in_together_and_no_other(
    send: Any, browse: Any, now: Any, filled: Database
) -> None:
    """What is let in is what the page showed: a record that came meanwhile stays."""
    send(*((f"h{n}", "contact.recorded", meeting(now, f"k{n}")) for n in range(3)), scope="before")
    tom = browse("tom")
    page = tom.get(f"/devices/{AISHAS}/held").text
    assert "Let in all 3 with this reason" in page
    shown = re.findall(r'name="alike" value="([\w:]+)"', page)
    assert sorted(shown) == ["1:h0", "1:h1", "1:h2"]
    send(("h3", "contact.recorded", meeting(now, "k3")), scope="before")
    tom.send(f"/devices/{AISHAS}/adopt", alike=shown, order="alike:1")
    assert waiting(filled) == ["h3"]
    with filled.reading() as session:
        assert all(find_contact(session, f"k{n}") is not None for n in range(3)) and not find_contact(session, "k3")
    assert "with this reason" not in tom.get(f"/devices/{AISHAS}/held").text, "one alone has a button already"


def test_several_are_set_aside_at_once_with_one_reason(send: Any, browse: Any, now: Any, filled: Database) -> None:
    send(*((f"h{n}", "contact.recorded", meeting(now, f"k{n}")) for n in range(3)), scope="before")
    tom = browse("tom")
    assert tom.send(f"/devices/{AISHAS}/adopt", change="h0", order="aside").status_code == 400
    assert tom.send(f"/devices/{AISHAS}/adopt", change=["h0", "h1"], order="aside", why="A test").status_code == 200
    assert waiting(filled) == ["h2"]
    with filled.reading() as session:
        (why, by) = session.execute(select(change.c.closed_why, change.c.closed_by).where(change.c.id == "h0")).one()
    assert (why, by) == ("A test", "tom")
    assert tom.send(f"/devices/{AISHAS}/adopt", change="h1").status_code == 409


@pytest.mark.parametrize("told", [{"order": "in"}, {"order": "aside", "why": "A test"}])
def test_of_two_presses_at_once_one_decides(
    told: dict[str, str], send: Any, browse: Any, now: Any, filled: Database, services: Any
) -> None:
    """A double press, or two leads: the second waits for the first and is told, and nothing is let in twice."""
    send(("h1", "contact.recorded", meeting(now, "k1")), scope="before")
    tom, answers = browse("tom"), []

    def press() -> None:
        answers.append(tom.send(f"/devices/{AISHAS}/adopt", change="h1", **told).status_code)

    second = threading.Thread(target=press)
    with filled.writing() as session:
        lock_records(session, ["h1"])
        orders.adopt(session, "h1", by="priya", new_id="first", now_ms=1, project=services.project)
        second.start()
        second.join(timeout=1)
    second.join(timeout=60)
    assert answers == [409]
    with filled.reading() as session:
        assert session.execute(select(change.c.adopted_as, change.c.closed_by).where(change.c.id == "h1")).one() == (
            "first", None,
        )  # fmt: skip


def test_an_administrator_reads_no_content_and_lets_nothing_in(
    send: Any, browse: Any, now: Any, filled: Database
) -> None:
    send(("h1", "contact.recorded", meeting(now, "k1", note="Asked for socks")), scope="before")
    omar = browse("omar")
    assert "Asked for socks" not in omar.get(f"/devices/{AISHAS}/held").text
    assert "<form" not in omar.get(f"/devices/{AISHAS}/held").text.split("<h1")[1]
    assert omar.send(f"/devices/{AISHAS}/adopt", change="h1").status_code == 403
    assert omar.get("/held/h1").status_code == 403
    assert waiting(filled) == ["h1"]


def test_a_phone_that_sends_thousands_hides_nobody_elses_work(
    send: Any, services: Any, browse: Any, now: Any, filled: Database
) -> None:
    for part in range(3):
        ids = [f"f{part}-{n}" for n in range(90)]
        send(*((each, "contact.recorded", meeting(now, each, note="Flood")) for each in ids), scope="before")
    tom = browse("tom")
    assert "These are the oldest 200 of 270 records." in plain(tom.get(f"/devices/{AISHAS}/held").text)
    assert "no more than the oldest 20 stand here" in plain(tom.get("/held").text)
    with filled.writing() as session:
        session.execute(text(f"update sync_change set received_at_ms = 1, device = 99 where device = {AISHAS}"))
    send(("h1", "contact.recorded", meeting(now, "k1", note="Met at the canal")), scope="before")
    said = tom.get("/held").text
    assert "Met at the canal" in said and "stand here" not in said


def test_what_cannot_be_read_is_nobodys_secret(send: Any, browse: Any, now: Any, filled: Database, far: str) -> None:
    """A lead who decides on it is not sent to somebody else for words that are not there."""
    whose, cannot = "for whoever may decide on it", "Lantern cannot read what it says"
    assert send(("h1", "contact.recorded", meeting(now, "k1", id="k" * 60)))
    tom = browse("tom")
    said = tom.get(f"/devices/{AISHAS}/held").text
    assert cannot in said and whose not in said
    assert send(("h2", "contact.recorded", meeting(now, "k2", person_ids=[far])))
    said = tom.get(f"/devices/{AISHAS}/held").text
    assert cannot in said and whose in said


# --------------------------------------------------------------------------------- what was typed, without a script


@pytest.mark.parametrize("page", [f"/devices/{AISHAS}/held", "/held"])
def test_a_press_keeps_what_was_ticked_and_typed_beside_it(
    page: str, send: Any, browse: Any, now: Any, filled: Database
) -> None:
    """No script here keeps anything: the page itself shows again what was not pressed for."""
    action = page.replace("/held", "/adopt") if "devices" in page else page
    send(*((f"h{n}", "contact.recorded", meeting(now, f"k{n}")) for n in range(2)), scope="before")
    send(("h3", "contact.recorded", meeting(now, "k3", id="k" * 60)))
    tom = browse("tom")
    shown = re.findall(r'name="alike" value="([\w:-]+)"', tom.get(page).text)
    number = next(each.partition(":")[0] for each in shown if each.endswith(":h0"))
    said = tom.send(action, change="h3", why="Typed twice", alike=shown, order=f"alike:{number}").text
    assert "Adopted" in said and waiting(filled) == ["h3"]
    for again in (said, tom.get(page).text):
        assert re.search(r'value="h3" checked', again) and 'value="Typed twice"' in again
    assert 'value="Typed twice"' not in browse("priya").get("/held").text, "it is its writer's alone"
    said = tom.send(action, change="h3", why="Typed twice", order="aside").text
    assert "Set aside, with your reason" in said and waiting(filled) == []
    assert 'value="Typed twice"' not in tom.get(page).text


@pytest.mark.parametrize("page", [f"/devices/{AISHAS}/held", "/held"])
@pytest.mark.parametrize(
    ("told", "status", "why"),
    [({"change": "h1", "order": "aside"}, 400, "Say why it is set aside"),
     ({"order": "aside", "why": "Typed twice"}, 400, "Choose what to decide on"),
     ({"change": ["h1", "h0"], "why": "Typed twice", "order": "in"}, 409, "It was decided already")],
)  # fmt: skip
def test_what_is_refused_is_shown_again_with_what_is_wrong(
    page: str, told: dict[str, Any], status: int, why: str, send: Any, browse: Any, now: Any, filled: Database
) -> None:
    action = page.replace("/held", "/adopt") if "devices" in page else page
    send(*((f"h{n}", "contact.recorded", meeting(now, f"k{n}")) for n in range(2)), scope="before")
    tom = browse("tom")
    tom.send(action, change="h0", order="aside", why="A test")
    answer = tom.send(action, **told)
    assert answer.status_code == status and why in answer.text
    assert ('value="h1" checked' in answer.text) is ("change" in told)
    assert ('value="Typed twice"' in answer.text) is ("why" in told)
    assert waiting(filled) == ["h1"], "nothing of it was done"


def test_enter_in_the_reason_lets_nothing_in(send: Any, browse: Any, now: Any) -> None:
    """A browser presses the first button of a form: whoever types why something is set aside does not let it in."""
    send(("h1", "contact.recorded", meeting(now, "k1")), scope="before")
    form = browse("tom").get("/held").text.split('action="/held"')[1]
    assert re.findall(r'name="order" value="(\w+)"', form)[0] == "aside"


def test_a_correction_that_cannot_be_is_shown_again_as_it_was_typed(send: Any, browse: Any, now: Any) -> None:
    assert send(("h1", "contact.recorded", meeting(now, "k1", seen_at="2093-01-01T00:00:00Z", night="2093-01-01")))
    told = {"field": ["night", "seen_at"], "value": ["2026-11-12", "2094-01-01T00:00"]}
    for value, status in (("2094-01-01T00:00", 409), ("soon", 400)):
        answer = browse("tom").send("/held/h1", field=told["field"], value=["2026-11-12", value])
        assert answer.status_code == status
        assert 'value="2026-11-12"' in answer.text and f'value="{value}"' in answer.text
        assert "There is a problem" in answer.text


# ------------------------------------------------------------------------------------------------------ corrected


@pytest.mark.parametrize(
    ("wrong", "told", "reads"),
    [
        ({"seen_at": "2093-01-01T00:00:00Z", "night": "2093-01-01"},
         {"seen_at": "2026-11-12T21:00", "night": "2026-11-12"}, {"night": "2026-11-12"}),
        ({"seen_at": "2026-11-12T21:00:00", "night": "2026-11-12"}, {"seen_at": "2026-11-12T21:00"}, {}),
        ({"unidentified_people": 501}, {"unidentified_people": "5"}, {"unidentified_people": 5}),
        ({"note": "a\0b"}, {"note": "a b"}, {"note": "a b"}),
        ({"state": {"odd": 1}}, {"state": "not_found"}, {"state": "not_found"}),
    ],
)  # fmt: skip
def test_the_field_that_held_it_is_corrected_and_what_came_is_kept(
    wrong: dict[str, Any],
    told: dict[str, str],
    reads: dict[str, Any],
    send: Any,
    browse: Any,
    now: Any,
    filled: Database,
) -> None:
    assert send(("h1", "contact.recorded", meeting(now, "k1", **wrong)))
    came = _body(filled, "h1")
    tom = browse("tom")
    assert 'href="/held/h1"' in tom.get(f"/devices/{AISHAS}/held").text
    page = tom.get("/held/h1").text
    for field in told:
        assert f'name="field" value="{field}"' in page
    assert "Adopted" in tom.send("/held/h1", field=list(told), value=list(told.values())).text
    assert waiting(filled) == []
    with filled.reading() as session:
        stored = find_contact(session, "k1")
        details = session.scalars(select(audit.c.purpose).where(audit.c.action == "decide_held")).all()
    assert stored is not None
    assert stored.contact.worker_id == "tom"
    said = msgspec.to_builtins(stored.contact)
    assert {name: said[name] for name in reads} == reads
    assert "adopt, corrected: " + ", ".join(sorted(told)) in details
    assert _body(filled, "h1") == came


@pytest.mark.parametrize(
    ("field", "value"),
    [("seen_at", "2093-01-01T00:00"), ("seen_at", "soon"), ("seen_at", ""), ("worker_id", "tom"), ("team_id", TEAM),
     ("id", "k2"), ("odd", "x"), ("note", "x"), ("seen_at", "9" * 5_000)],
)  # fmt: skip
def test_what_is_typed_is_asked_as_what_came_was(
    field: str, value: str, send: Any, browse: Any, now: Any, filled: Database
) -> None:
    """No other field than the one that is wrong, nothing that cannot be, nothing that policy would not allow."""
    assert send(("h1", "contact.recorded", meeting(now, "k1", seen_at="2093-01-01T00:00:00Z", night="2093-01-01")))
    assert browse("tom").send("/held/h1", field=field, value=value).status_code in {400, 404, 409, 422}
    assert waiting(filled) == ["h1"]
    with filled.reading() as session:
        assert find_contact(session, "k1") is None


def test_a_correction_opens_nothing_that_policy_keeps(
    send: Any, browse: Any, now: Any, filled: Database, far: str
) -> None:
    """Somebody whom the decider may not know is not met by way of a mended time."""
    assert send(("h1", "contact.recorded", meeting(now, "k1", person_ids=[far], seen_at="2093-01-01T00:00:00Z")))
    tom = browse("tom")
    assert 'href="/held/h1"' not in tom.get(f"/devices/{AISHAS}/held").text
    assert tom.get("/held/h1").status_code == 404
    assert tom.send("/held/h1", field="seen_at", value=now.strftime("%Y-%m-%dT%H:%M")).status_code == 404
    assert waiting(filled) == ["h1"]


def _body(filled: Database, change_id: str) -> bytes:
    with filled.reading() as session:
        return bytes(session.scalars(select(change.c.body).where(change.c.id == change_id)).one())


def test_a_leads_press_is_no_sign_of_life_of_whoever_is_missed(
    send: Any, browse: Any, now: Any, clock: Any, new_id: Any, filled: Database
) -> None:
    """A check-in of a clock that ran ahead, corrected and let in an hour later, was made when it was: she is still missed."""
    begun = now - timedelta(minutes=50)
    with filled.writing() as session:
        county.add(session, shift, {"id": "s1", "team_id": TEAM, "worker_id": "aisha", "started_at": begun,
                                    "night": now.date()})  # fmt: skip
        county.add(session, shift_worker, {"shift_id": "s1", "worker_id": "aisha", "joined_at": begun})
    ahead = now + timedelta(hours=6)
    told = {"id": "c1", "shift_id": "s1", "worker_id": "aisha", "at": ahead.isoformat()}
    assert send(("h1", "checkin.made", told), fast_ms=6 * 3_600_000) == [words.TIME_AHEAD]
    clock.advance(minutes=64)

    def missed() -> list[str]:
        with filled.writing() as session:
            Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
            return [each.worker_id for each in list_open_alarms(session)]

    assert missed() == ["aisha"]
    assert "Adopted" in browse("tom").send("/held/h1", field="at", value="2026-11-12T21:30").text
    assert missed() == ["aisha"], "heard at half past nine, and not since"
