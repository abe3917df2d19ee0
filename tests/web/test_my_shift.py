"""A shift in a browser: whoever cannot use the app's screen goes out, checks in, asks for help and comes home, and is looked
after like everybody else."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from server.access import Door
from server.actions.street.alarms import Watch
from server.actions.street.quick_entries import take_quick
from server.database.engine import Database
from server.queries.partnership.workers import get_worker
from server.queries.street.alarms import add_events, list_open_alarms
from server.queries.street.duress_signs import DuressSign, set_sign
from server.queries.street.lone_working import list_on_shift
from server.settings import Settings
from server.tables.operation.mail import mail
from server.tables.partnership.agency import team, team_district
from server.tables.partnership.worker import worker, worker_team
from server.tables.street.shift import check_in, shift, shift_worker
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.model.quick_entry import QuickEntry
from shared.rules.alarms import DEFAULT_LADDER
from tests.conftest import Clock
from tests.server.running import services_as_served
from tests.web import county
from tests.web.test_pages import plain

Browse = Callable[[str], Any]
PATH = "/my-shift"


def key_for(browser: Any, form: str) -> str:
    found = re.search(rf'action="{PATH}/{form}".*?name="key" value="([^"]+)"', browser.get(PATH).text, re.DOTALL)
    assert found is not None, f"there is no form to {form}"
    return found[1]


def press(browser: Any, form: str, **fields: str) -> Any:
    return browser.send(f"{PATH}/{form}", **{"key": key_for(browser, form), **fields})


def choose_sign(database: Database, worker_id: str, minutes: int, at: datetime) -> None:
    with database.writing() as session:
        set_sign(session, DuressSign(worker_id=worker_id, minutes=minutes, chosen_at=at))


def look(database: Database, clock: Clock, new_id: Callable[[], str]) -> dict[str, Alarm]:
    with database.writing() as session:
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        return {each.worker_id: each for each in list_open_alarms(session)}


def out(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        return {each.worker_id: each for each in list_on_shift(session)}


def test_whoever_goes_out_by_the_page_and_is_not_heard_is_named_to_somebody(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    aisha = browse("aisha")
    assert "You are not out." in plain(aisha.get(PATH).text)
    page = press(aisha, "out", area="Town centre")
    assert "You are out since 21:30. You are due to check in by 22:30." in plain(page.text)
    clock.advance(minutes=64)
    alarm = look(filled, clock, new_id)["aisha"]
    assert alarm.told_ids - {"aisha"}, "going out is a promise: within five minutes of it somebody is told"
    clock.advance(minutes=1)
    page = browse("aisha").get(PATH)
    assert "You were due to check in at 22:30: 5 minutes ago." in plain(page.text)
    assert "Your colleagues are being told that you were not heard." in plain(page.text)
    assert "No message has left yet." in plain(page.text)
    sent = AlarmEvent(id="e1", alarm_id=alarm.id, at=clock.now, kind=AlarmEventKind.SENT, worker_id="tom")
    with filled.writing() as session:
        add_events(session, [sent])
    said = "A message has gone to Tom E. Nobody has said yet that they have it."
    assert said in plain(browse("aisha").get(PATH).text)
    with filled.writing() as session:
        add_events(session, [msgspec.structs.replace(sent, id="e2", kind=AlarmEventKind.TAKEN)])
    assert "Tom E has it since 22:35." in plain(browse("aisha").get(PATH).text)


def test_a_check_in_by_the_page_ends_the_alarm_and_is_a_promise(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    press(browse("aisha"), "out")
    clock.advance(minutes=64)
    assert "aisha" in look(filled, clock, new_id)
    page = press(browse("aisha"), "check-in", minutes="15")
    assert "Heard. Your team can see it." in plain(page.text)
    assert look(filled, clock, new_id) == {}
    clock.advance(minutes=14)
    assert look(filled, clock, new_id) == {}
    clock.advance(minutes=2)
    assert "aisha" in look(filled, clock, new_id)


def test_whoever_was_made_to_check_in_reads_what_anybody_else_would(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    """Words that are missing where they otherwise stand tell whoever looks at her screen that it was understood."""

    def happens(kind: AlarmEventKind) -> None:
        with filled.writing() as session:
            (alarm,) = list_open_alarms(session)
            add_events(session, [AlarmEvent(id=new_id(), alarm_id=alarm.id, at=clock.now, kind=kind, worker_id="tom")])

    def reads() -> str:
        return plain(browse("aisha").get(PATH).text)

    choose_sign(filled, "aisha", 120, clock.now)
    press(browse("aisha"), "out")
    press(browse("aisha"), "check-in", minutes="120")
    assert look(filled, clock, new_id)["aisha"].is_silent
    happens(AlarmEventKind.SENT)
    happens(AlarmEventKind.TAKEN)
    assert "being told" not in reads()
    clock.advance(minutes=121)
    late = "Your colleagues are being told that you were not heard. Check in now if you are well."
    assert f"{late} No message has left yet." in reads()
    clock.advance(minutes=5)
    assert f"{late} A message has gone to Tom E. Nobody has said yet that they have it." in reads()
    happens(AlarmEventKind.TAKEN)
    assert f"{late} Tom E has it since 23:36." in reads()


@pytest.mark.parametrize(
    ("form", "fields"), [("check-in", {"minutes": "30"}), ("check-in", {"minutes": "120"}), ("home", {})]
)
def test_no_page_asks_to_be_heard_of_whoever_has_just_said_how_they_are(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str], form: str, fields: dict[str, str]
) -> None:
    """She has pressed, and it is said that it was kept: a red line that nobody heard her must not stand below that."""
    choose_sign(filled, "aisha", 120, clock.now)
    press(browse("aisha"), "out")
    clock.advance(minutes=64)
    look(filled, clock, new_id)
    assert "Check in now if you are well." in plain(browse("aisha").get(PATH).text)
    assert "being told that you were not heard" not in plain(press(browse("aisha"), form, **fields).text)
    with filled.reading() as session:
        assert [each.is_silent for each in list_open_alarms(session)] == (
            [True] if fields == {"minutes": "120"} else []
        )


def test_whoever_says_that_she_is_well_ends_the_search_for_nobody_of_another_district(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    """The pages look at once, with everybody's eyes: hers see no shift of that team, and would have taken its worker for home."""
    with filled.writing() as session:
        county.add(
            session,
            team,
            {"id": "three-rivers-outreach", "agency_id": "three-rivers-housing", "name": "Beacon Three Rivers"},
        )
        county.add(session, team_district, {"team_id": "three-rivers-outreach", "district_id": county.THREE_RIVERS})
        county.add(session, worker, {
            "id": "tara", "name": "Tara Finch", "short_name": "Tara F", "agency_id": "three-rivers-housing",
            "email": "tara@example.org",
            "trained_on": clock.now.date(), "created_at": clock.now,
        })  # fmt: skip
        county.add(session, worker_team, {"worker_id": "tara", "team_id": "three-rivers-outreach"})
        county.add(session, shift, {"id": "s9", "team_id": "three-rivers-outreach", "worker_id": "tara",
                                    "started_at": clock.now, "night": clock.now.date(), "area": ""})  # fmt: skip
        county.add(session, shift_worker, {"shift_id": "s9", "worker_id": "tara", "joined_at": clock.now})
    press(browse("aisha"), "out")
    clock.advance(minutes=66)
    assert look(filled, clock, new_id).keys() == {"aisha", "tara"}
    press(browse("aisha"), "check-in", minutes="30")
    with filled.reading() as session:
        assert [each.worker_id for each in list_open_alarms(session)] == ["tara"]


def test_whoever_was_to_go_out_and_did_not_is_asked_for_what_they_can_do(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    browse("tom").send(
        "/shift-plan", team="watford-outreach", workers="aisha", starts="21:30", back="23:30", area="Canal"
    )
    clock.advance(minutes=19)
    alarm = look(filled, clock, new_id)["aisha"]
    shown = plain(browse("aisha").get(PATH).text)
    assert "Start your shift if you are out." in shown
    assert "Check in now" not in shown, "there is nothing to check in by"
    assert "Aisha Noor was to go out at 21:30, and was not heard" in plain(
        browse("tom").get(f"/alarms/{alarm.id}").text
    )
    page = press(browse("aisha"), "out")
    assert "being told that you were not heard" not in plain(page.text)


def test_her_link_and_the_page_of_who_is_out_read_after_a_forced_check_in_as_after_a_true_one(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    """Aisha is made to check in and Dean does so: what each reads of themselves differs in the name alone."""

    def reads(who: str, alarm: Alarm) -> tuple[str, list[str]]:
        page = browse(who).get(f"/alarms/{alarm.id}")
        assert page.status_code == 200, who
        names = ("Aisha Noor", "Aisha N", "aisha") if who == "aisha" else ("Dean Rowe", "Dean R", "dean")
        words, lines = plain(page.text), plain(browse(who).get("/on-shift").text)
        for name in names:
            words, lines = words.replace(name, "They"), lines.replace(name, "They")
        return words.split("Everything so far")[0].split("Reach them")[0], re.findall(
            r"They was heard again at [0-9:]+", lines
        )

    choose_sign(filled, "aisha", 120, clock.now)
    for who in ("aisha", "dean"):
        press(browse(who), "out")
    clock.advance(minutes=64)
    missed = look(filled, clock, new_id)
    press(browse("aisha"), "check-in", minutes="120")
    press(browse("dean"), "check-in", minutes="120")
    look(filled, clock, new_id)
    told = reads("aisha", missed["aisha"])
    assert told == reads("dean", missed["dean"])
    assert "was heard again at 22:34" in told[0]
    assert "They was heard again at 22:34" in told[1]
    assert "I have it" in browse("tom").get(f"/alarms/{missed['aisha'].id}").text, "and the others are told the truth"
    assert browse("aisha").send(f"/alarms/{missed['aisha'].id}/done", note="Well", outcome="home").status_code == 409
    with filled.reading() as session:
        (alarm,) = list_open_alarms(session)
    assert alarm.is_silent
    assert alarm.ended is None


def test_a_second_search_after_a_forced_check_in_looks_like_one_and_is_not_called_off_from_her_screen(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    choose_sign(filled, "aisha", 120, clock.now)
    press(browse("aisha"), "out")
    press(browse("aisha"), "check-in", minutes="120")
    alarm = look(filled, clock, new_id)["aisha"]
    link = f"/alarms/{alarm.id}"
    assert browse("aisha").get(link).status_code == 404, "nobody was looked for before, and no link was sent"
    browse("tom").send(f"{link}/done", note="Police are at the bridge", outcome="noted")
    clock.advance(minutes=126)
    shown = plain(browse("aisha").get(link).text)
    assert "Aisha Noor was due to be heard at 23:30" in shown
    assert not {"duress", "Police"} & set(re.findall(r"\w+", shown))
    assert browse("aisha").send(f"{link}/done", note="I am well", outcome="home").status_code == 200
    assert look(filled, clock, new_id)["aisha"].ended is None, "whoever holds her telephone calls nobody off"


def test_help_that_was_asked_for_stays_asked_for_after_a_check_in_that_was_forced(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    choose_sign(filled, "aisha", 120, clock.now)
    press(browse("aisha"), "out")
    press(browse("aisha"), "help", words="Somebody follows me")
    clock.advance(minutes=1)
    for minutes in ("60", "120"):
        press(browse("aisha"), "check-in", minutes=minutes)
        look(filled, clock, new_id)
        assert "You asked at 21:30. No message has left yet." in plain(browse("aisha").get(PATH).text), minutes


def test_coming_home_ends_it_and_nobody_waits(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    aisha = browse("aisha")
    press(aisha, "out")
    page = press(aisha, "home", words="Quiet night")
    assert "You are home." in plain(page.text)
    assert out(filled) == {}
    with filled.reading() as session:
        assert session.scalars(select(shift.c.summary)).all() == ["Quiet night"]
    clock.advance(hours=3)
    assert look(filled, clock, new_id) == {}


def test_coming_home_is_from_every_shift(filled: Database, browse: Browse) -> None:
    """A colleague took her along on his beside her own: home is home."""
    press(browse("aisha"), "out")
    press(browse("dean"), "out", colleagues="aisha")
    assert len(out(filled)["aisha"].shift_ids) == 2
    press(browse("aisha"), "home", words="Quiet night")
    assert set(out(filled)) == {"dean"}


def test_a_colleague_who_comes_along_is_shown_with_them(filled: Database, browse: Browse) -> None:
    press(browse("aisha"), "out", colleagues="dean")
    walking = out(filled)
    assert set(walking) == {"aisha", "dean"}
    assert walking["dean"].walks_with == "Aisha Noor"
    assert "with Aisha Noor, and promised nothing yourself" in plain(browse("dean").get(PATH).text)


@pytest.mark.parametrize("who", ["ruth", "rowan", "nobody", "helen"])
def test_only_colleagues_of_the_team_are_taken_along(filled: Database, browse: Browse, who: str) -> None:
    assert press(browse("aisha"), "out", colleagues=who).status_code == 400
    assert out(filled) == {}


def test_a_form_sent_twice_is_one_fact_and_nobody_sends_anothers(filled: Database, browse: Browse) -> None:
    aisha = browse("aisha")
    key = key_for(aisha, "out")
    for _ in range(2):
        assert aisha.send(f"{PATH}/out", key=key).status_code == 200
    key_in = key_for(aisha, "check-in")
    for _ in range(2):
        assert aisha.send(f"{PATH}/check-in", key=key_in, minutes="30").status_code == 200
    with filled.reading() as session:
        assert session.scalar(select(func.count()).select_from(shift)) == 1
        assert session.scalar(select(func.count()).select_from(check_in)) == 1
    dean = browse("dean")
    assert dean.send(f"{PATH}/out", key=key).status_code == 400
    assert dean.send(f"{PATH}/out", key="").status_code == 400
    assert set(out(filled)) == {"aisha"}


@pytest.mark.parametrize("minutes", ["", "0", "-5", "7", "100000", "half an hour"])
def test_a_promise_is_one_of_those_that_are_offered(filled: Database, browse: Browse, minutes: str) -> None:
    aisha = browse("aisha")
    press(aisha, "out")
    assert press(aisha, "check-in", minutes=minutes).status_code == 400
    with filled.reading() as session:
        assert session.scalar(select(func.count()).select_from(check_in)) == 0


def test_nobody_checks_in_who_is_not_out(browse: Browse) -> None:
    aisha = browse("aisha")
    key = key_for(aisha, "out")
    assert aisha.send(f"{PATH}/check-in", key=key, minutes="30").status_code == 409
    assert aisha.send(f"{PATH}/home", key=key).status_code == 409


@pytest.mark.parametrize("who", ["helen", "omar", "ruth"])
def test_the_page_is_for_whoever_goes_out(browse: Browse, who: str) -> None:
    assert browse(who).get(PATH).status_code == 403
    assert browse(who).send(f"{PATH}/help", words="x").status_code == 403


def test_help_tells_everybody_at_once_and_being_heard_does_not_end_it(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    aisha = browse("aisha")
    press(aisha, "out")
    page = press(aisha, "help", words="Under the bridge, two men")
    assert "Your team is being told now." in plain(page.text)
    assert "You asked at 21:30." in plain(page.text)
    alarm = look(filled, clock, new_id)["aisha"]
    told = {(each.step, each.worker_id) for each in alarm.events if each.kind is AlarmEventKind.TOLD}
    assert told == {(AlarmStep.EVERYBODY, who) for who in ("dean", "priya", "tom")}
    with filled.reading() as session:
        facts = session.scalars(select(mail.c.facts)).all()
    assert all('"asks_help":true' in each for each in facts)
    assert not any("bridge" in each for each in facts), "no place stands in a message"
    press(aisha, "check-in", minutes="30")
    assert "aisha" in look(filled, clock, new_id), "somebody else may press that"
    press(aisha, "home")
    assert "aisha" in look(filled, clock, new_id)
    ended = aisha.send(f"/alarms/{alarm.id}/done", note="I am well", outcome="well")
    assert ended.status_code == 409
    tom = browse("tom")
    words = plain(tom.get("/on-shift").text)
    found = re.search(r"(\S+ \S+) asked for help at 21:30: nobody has it yet. Message waits for: .+?\.", words)
    assert found is not None, words
    assert "Tom" in found[0]
    shown = plain(tom.get(f"/alarms/{alarm.id}").text)
    assert "Aisha Noor asked for help at 21:30" in shown
    assert "Under the bridge, two men" in shown
    tom.send(f"/alarms/{alarm.id}/take", instead_of="")
    tom.send(f"/alarms/{alarm.id}/done", note="Spoke with her at home", outcome="home")
    assert look(filled, clock, new_id) == {}


def test_help_that_nobody_answers_is_told_again_and_anew_when_asked_anew(
    filled: Database, browse: Browse, clock: Clock, new_id: Callable[[], str]
) -> None:
    def rounds() -> int:
        events = look(filled, clock, new_id)["aisha"].events
        return sum(each.worker_id == "tom" and each.kind is AlarmEventKind.TOLD for each in events)

    aisha = browse("aisha")
    press(aisha, "help", words="First")
    press(aisha, "help", words="They are coming nearer")
    assert rounds() == 1, "asking again while nobody has it adds the words, and rings nobody twice"
    clock.now += timedelta(minutes=15)
    assert rounds() == 2
    alarm_id = look(filled, clock, new_id)["aisha"].id
    browse("tom").send(f"/alarms/{alarm_id}/take", instead_of="")
    assert rounds() == 2
    press(browse("aisha"), "help")
    assert rounds() == 3, "whoever asks again after somebody took it needs somebody anew"


def test_what_was_recorded_tonight_is_listed(browse: Browse) -> None:
    aisha = browse("aisha")
    assert "Nothing yet." in plain(aisha.get(PATH).text)
    found = re.search(r'name="key" value="([^"]+)"', aisha.get("/contacts/new").text)
    assert found is not None
    aisha.send("/contacts/new", key=found[1], state="bedded_down", place="Behind the chemist")
    assert re.search(r"21:30 \S.*, Behind the chemist", plain(aisha.get(PATH).text))
    assert "to be confirmed" not in plain(aisha.get(PATH).text)


def test_what_a_locked_phone_recorded_waits_to_be_confirmed(
    browse: Browse, filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    entry = QuickEntry(id="0a0b0c0d-0000-4000-8000-000000000001", at=clock.now)
    with filled.reading() as session:
        worker = get_worker(session, "aisha")
    services = services_as_served(settings, clock, new_id)
    with Door(filled, worker, clock.now, new_id).open() as access:
        take_quick(access, services.project, "watford-outreach", entry, clock.now, clock.now)
    services.database.close()
    assert re.search(r"21:30 Bedded down, to be confirmed", plain(browse("aisha").get(PATH).text))
