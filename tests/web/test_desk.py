"""Tom triages: urgent ones first, one act a report, several at once, and everything undone for ten minutes."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.access import Door
from server.actions.partnership.leaving import let_go
from server.actions.referrals import desk as acts
from server.actions.referrals.referrals import (
    assign_referral,
    close_referral,
    offer_referral,
    progress_referral,
    reopen_referral,
)
from server.actions.referrals.versions import settle_version
from server.actions.street import planning
from server.database.engine import Database
from server.problems import Invalid, NotFound
from server.queries.cases import saved_views
from server.queries.partnership import workers
from server.queries.referrals import desk, desk_filters, inbox, referral_steps, versions
from server.queries.referrals.same_referrer import list_of_same_referrer, plain_number
from server.queries.referrals.versions import NewVersion
from server.queries.street import plans
from server.queries.sync.store import find_scopes, list_changes
from server.tables.operation.mail import mail
from server.tables.referrals.referral import alert, alert_referrer, referral
from shared.model.codes import AlertSource, ReferralState
from shared.model.referral import Referral, ReferralProgress
from shared.rules.urgency import Urgency, find_urgency
from tests.web import county
from tests.web.conftest import Browser
from tests.web.test_browser import watch  # noqa: F401 - a fixture


@pytest.fixture
def tom(browse: Callable[[str], Browser]) -> Browser:
    return browse("tom")


def states(filled: Database, *ids: str) -> list[str]:
    with filled.reading() as session:
        found = dict(session.execute(select(referral.c.id, referral.c.state)).all())
    return [found[each] for each in ids]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("not breathing well", Urgency.LIFE), ("blood on the floor", Urgency.LIFE), ("a child with her", Urgency.CHILD),
        ("She is PREGNANT", Urgency.PREGNANT), ("no coat and it is freezing", Urgency.EXPOSED),
    ],
)  # fmt: skip
def test_words_that_cannot_wait_are_marked(words: str, why: Urgency, now: datetime) -> None:
    said = Referral(
        id="r",
        number="1",
        alert_id="a",
        source=AlertSource.STREETLINK,
        reported_at=now,
        due_on=now.date(),
        concerns=words,
    )
    assert find_urgency(said) == (why,)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"place": "Man collapsed outside Boots"}, (Urgency.LIFE,)), ({"place": "Childs Hill, by the snow shop"}, ()),
        ({"age_group": "Under 18"}, (Urgency.CHILD,)), ({"age_group": "26 - 49"}, ()),
        ({"concerns": "He is unconcious"}, (Urgency.LIFE,)), ({"concerns": "we can’t wake him"}, (Urgency.LIFE,)),
    ],
)  # fmt: skip
def test_what_cannot_wait_is_marked_wherever_it_stands(
    filled: Database, now: datetime, said: dict[str, Any], why: tuple[Urgency, ...]
) -> None:
    report = Referral(
        id="r", number="1", alert_id="a", source=AlertSource.STREETLINK, reported_at=now, due_on=now.date(), **said
    )
    assert find_urgency(report) == why
    with filled.writing() as session:
        session.execute(update(referral).values(description="", concerns="", place=""))
        session.execute(update(referral).where(referral.c.id == "r2").values(**said))
        shown = desk.list_desk(
            session, {county.WATFORD}, (), [ReferralState.RECEIVED], "", desk.URGENT, today=now.date(), limit=9
        )
    assert [each.row.referral.id for each in shown] == (["r2"] if why else [])


def test_an_ordinary_report_is_not_marked(now: datetime) -> None:
    said = Referral(id="r", number="1", alert_id="a", source=AlertSource.STREETLINK, reported_at=now, due_on=now.date(),
                    description="Man in a doorway, grey sleeping bag")  # fmt: skip
    assert find_urgency(said) == ()


def test_the_urgent_one_is_first_and_the_newest_next(filled: Database, tom: Browser, now: datetime) -> None:
    with filled.writing() as session:
        county.put_referral(session, now, "old", hours=200, place="Arch", description="collapsed, not moving")
        county.put_referral(session, now, "new", hours=1, place="Bridge", description="blue tent")
    page = tom.get("/referrals/desk").text
    at = [page.index(f'data-id="{each}"') for each in ("r1", "old", "new", "r2")]
    assert at[0] < at[2] and at[1] < at[2] < at[3]
    assert "may be in danger" in page


def test_a_search_finds_by_place_words_and_number(tom: Browser) -> None:
    found = tom.send("/referrals/desk/find", words="shop grey")
    page = found.text
    assert "shop" not in str(found.url) and "grey" not in str(found.url)
    assert tom.get(str(found.url)).text.count("data-id=") == page.count("data-id="), "Back shows the same"
    assert 'data-id="r2"' in page and 'data-id="r1"' not in page
    assert 'data-id="r1"' in tom.send("/referrals/desk/find", words="SL-1042").text


def test_several_are_assigned_at_once_and_undone_with_one_press(filled: Database, tom: Browser) -> None:
    tom.get("/referrals/desk")
    page = tom.client.post(
        "/referrals/desk",
        data={"act": "assign", "chosen": ["r1", "r2"], "_csrf_token": tom.client.cookies["lantern-form"]},
        headers={"accept": "text/html"},
    )
    assert states(filled, "r1", "r2") == ["assigned", "assigned"]
    assert "You can undo it for ten minutes." in page.text and 'value="undo"' in page.text
    tom.client.post(
        "/referrals/desk",
        data={"act": "undo", "chosen": ["r1", "r2"], "_csrf_token": tom.client.cookies["lantern-form"]},
        headers={"accept": "text/html"},
    )
    assert states(filled, "r1", "r2") == ["received", "received"]


def test_the_script_is_told_what_was_done_and_what_not(filled: Database, tom: Browser) -> None:
    tom.get("/referrals/desk")
    answer = tom.client.post(
        "/referrals/desk",
        data={"act": "close", "chosen": ["r1", "nobody"], "outcome": "person_found_taken_to_shelter",
              "_csrf_token": tom.client.cookies["lantern-form"]},
        headers={"accept": "application/json"},
    )  # fmt: skip
    assert json.loads(answer.content) == {"ids": ["r1"], "refused": ["One of them is not here any more."]}
    assert states(filled, "r1") == ["closed"]
    taken_back = tom.client.post(
        "/referrals/desk",
        data={"act": "undo", "chosen": "r1", "_csrf_token": tom.client.cookies["lantern-form"]},
        headers={"accept": "application/json"},
    )
    assert json.loads(taken_back.content) == {"ids": ["r1"], "refused": []}


def test_the_likely_same_is_folded_in_and_one_that_is_like_nothing_is_refused(filled: Database, tom: Browser) -> None:
    tom.get("/referrals/desk")
    tom.send("/referrals/desk", act="duplicate", chosen="r2")
    assert states(filled, "r2") == ["duplicate_of"]
    answer = tom.send("/referrals/desk", act="duplicate", chosen="r4")
    assert answer.status_code == 422
    assert "Choose the other referral" in answer.text


def test_nothing_chosen_is_told(tom: Browser) -> None:
    tom.get("/referrals/desk")
    assert "Choose at least one referral." in tom.send("/referrals/desk", act="assign").text


def test_an_open_page_hears_how_many_wait_and_no_word_of_them(filled: Database, tom: Browser, now: datetime) -> None:
    before = tom.get("/referrals/desk/news").json()
    with filled.writing() as session:
        county.put_referral(session, now, "r9", description="blue tent")
    assert tom.get("/referrals/desk/news").json() == {"waiting": before["waiting"] + 1}


def test_a_worker_and_a_stranger_have_no_desk(browse: Callable[[str], Browser]) -> None:
    assert browse("aisha").get("/referrals/desk").status_code == 403
    assert browse("helen").get("/referrals/desk/news").status_code == 403


def test_a_closing_that_is_taken_back_tells_nobody(filled: Database, now: datetime, new_id: Callable[[], str]) -> None:
    with filled.writing() as session:
        county.add(
            session, alert_referrer, {"alert_id": "alert-r1", "email": "sam@example.org", "delete_on": now.date()}
        )
        tom = workers.get_worker(session, "tom")
    with Door(filled, tom, now, new_id).open() as access:
        close_referral(access, "r1", "person_found_taken_to_shelter")
    with filled.reading() as session:
        assert len(session.execute(select(mail.c.id)).all()) == 1
    with Door(filled, tom, now + timedelta(minutes=9), new_id).open() as access:
        acts.undo(access, "r1")
    with filled.reading() as session:
        assert session.execute(select(mail.c.id)).all() == []
        row = inbox.find_inbox_row(session, "r1")
    assert row is not None and (str(row.referral.state), row.outcome) == ("received", "")


def test_more_than_are_decided_at_once_are_said(filled: Database, now: datetime, new_id: Callable[[], str]) -> None:
    decided: list[str] = []
    with act_as(filled, "tom", now, new_id).open() as access:
        done = acts.do_each(access, [f"r{number}" for number in range(acts.AT_ONCE + 3)], decided.append)
    assert len(decided) == len(done.ids) == acts.AT_ONCE
    assert done.refused == ("No more than 100 are decided at once: choose the other 3 again.",)


def test_after_ten_minutes_or_another_hand_it_is_opened_again_instead(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.reading() as session:
        tom, priya = workers.get_worker(session, "tom"), workers.get_worker(session, "priya")
    with Door(filled, tom, now, new_id).open() as access:
        close_referral(access, "r1", "person_found_taken_to_shelter")
    for who, later in ((tom, 11), (priya, 1)):
        with pytest.raises(Invalid), Door(filled, who, now + timedelta(minutes=later), new_id).open() as access:
            acts.undo(access, "r1")


@pytest.mark.browser
def test_three_hundred_reports_are_triaged_with_four_hundred_and_fifty_acts(
    filled: Database,
    watch: Callable[..., Any],  # noqa: F811 - the fixture
    now: datetime,
) -> None:
    """A scripted lead: j, a and d alone, a press each. What a lead reads in between is not counted."""
    with filled.writing() as session:
        for number in range(300):
            latitude = 51.63 + (number // 20) * 0.004
            at = (latitude, -0.43 + (number % 20) * 0.004) if number % 8 else (51.6637, -0.3960)
            county.put_referral(session, now, f"t{number}", minutes=number * 20, place=f"Place {number}", at=at,
                                description=f"blue tent {number}")  # fmt: skip
    pressed = 0
    with watch(1280) as watched:
        watched.sign_in("tom")
        watched.open("/referrals/desk")
        watched.check()
        page = watched.page
        waiting = int(page.inner_text("#desk-count"))
        while waiting:
            lines = page.locator("#desk-lines [data-id]:not([hidden])").count()
            for _ in range(lines):
                page.keyboard.press("a")
            pressed += lines + 1
            waiting = wait_until_still(page, waiting - lines)
    with filled.reading() as session:
        left = session.scalars(
            select(referral.c.id).where(referral.c.state == "received", referral.c.district_id == county.WATFORD)
        )
        assert list(left) == []
    assert pressed <= 450


def wait_until_still(page: Any, expected: int) -> int:
    """How many wait once the next lines are shown by themselves.

    More than expected where the server did not answer a press, whose line is back to be pressed again. Gives up only when nothing
    moved for a minute.
    """
    before: tuple[int, int, str] | None = None
    still = 0
    while still < 600:
        page.wait_for_timeout(100)
        try:
            shown = page.locator("#desk-lines [data-id]:not([hidden])").count()
            now = (int(page.inner_text("#desk-count")), shown, page.inner_text("#desk-said"))
        except Exception:  # the page is just being left for the next lines
            continue
        still = still + 1 if now == before else 0
        before = now
        if now[0] <= expected and (shown or not expected):
            return now[0]
        if shown and still >= 300:
            return now[0]
    raise AssertionError(f"{expected} should wait by now: {before}")


def test_a_version_that_is_taken_moves_the_pin_and_the_count(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    changes = {"point": ("51.65600, -0.39500", "51.66000, -0.39700"), "people_count": ("", "3")}
    with filled.writing() as session:
        tom = workers.get_worker(session, "tom")
        alert_id = session.scalar(select(referral.c.alert_id).where(referral.c.id == "r1"))
        version = NewVersion(
            id="v1", alert_id=alert_id or "", received_at=now, raw={}, extras={}, delete_on=now.date(), changes=changes,
            applied=(), settled_at=None, import_batch_id="",
        )  # fmt: skip
        versions.add_versions(session, [version])
    with Door(filled, tom, now, new_id).open() as access:
        settle_version(access, "r1", "v1", is_taken=True)
    with filled.reading() as session:
        found = session.execute(select(referral).where(referral.c.id == "r1")).mappings().one()
    assert (found["latitude"], found["longitude"], found["people_count"]) == (51.66, -0.397, 3)


def test_an_offered_referral_stays_work_when_a_late_step_settles_it(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.reading() as session:
        tom = workers.get_worker(session, "tom")
    with Door(filled, tom, now, new_id).open() as access:
        offer_referral(access, "r1", county.THREE_RIVERS)
    with filled.writing() as session:
        referral_steps.settle_referrals(session, ["r1"])
    with filled.reading() as session:
        found = session.execute(select(referral).where(referral.c.id == "r1")).mappings().one()
    assert (found["state"], found["closed_at"], found["district_id"]) == ("received", None, county.THREE_RIVERS)


def test_three_that_are_likely_one_place_are_one_card_folded_with_one_press_and_unfolded(
    filled: Database, tom: Browser, now: datetime
) -> None:
    with filled.writing() as session:
        for number, name in enumerate(("x1", "x2", "x3")):
            county.put_referral(session, now, name, hours=number + 1, at=(51.6569, -0.3966),
                                place=" Place car park stairwell", description="Two people with a pink suitcase")  # fmt: skip
    page = tom.get("/referrals/desk").text
    assert "These 3 are likely one place" in page
    assert page.count('id="fold-x') == 2
    card = page[page.index("likely one place") :]
    head = card[card.index('name="twin" value="') :][len('name="twin" value="') :][:2]
    members = sorted({"x1", "x2", "x3"} - {head})
    answer = tom.client.post(
        "/referrals/desk",
        data={"act": "duplicate", "twin": head, "chosen": members, "_csrf_token": tom.client.cookies["lantern-form"]},
        headers={"accept": "text/html"},
    )
    assert 'value="undo"' in answer.text and states(filled, *members) == ["duplicate_of", "duplicate_of"]
    of_head = tom.get(f"/referrals/{head}").text
    assert "2 reports are folded into this one" in of_head
    tom.send(f"/referrals/{members[0]}/reopen")
    assert states(filled, *members) == ["received", "duplicate_of"]
    assert "1 report is folded into this one" in tom.get(f"/referrals/{head}").text


def test_a_report_without_a_pin_is_set_beside_a_pinned_one_of_the_same_words(
    filled: Database, tom: Browser, now: datetime
) -> None:
    with filled.writing() as session:
        county.put_referral(
            session, now, "p1", hours=3, at=(51.6569, -0.3966), description="lady with three dogs, purple blanket"
        )
        county.put_referral(session, now, "p2", hours=2, description="lady, purple blanket, three dogs")
    assert "Likely the same as SL-1042" in (page := tom.send("/referrals/desk/find", words="dogs").text)
    assert page.count("Likely the same as") == 2


def test_what_the_same_person_told_is_said_without_their_address(filled: Database, tom: Browser, now: datetime) -> None:
    with filled.writing() as session:
        county.put_referral(session, now, "q1", hours=30, at=(51.6569, -0.3966), description="tall man")
        county.put_referral(session, now, "q2", hours=2, at=(51.6569, -0.3966), description="tall man, cap")
        for each, email in (("q1", "Sam@example.org"), ("q2", "sam@example.org")):
            county.add(session, alert_referrer, {"alert_id": f"alert-{each}", "email": email, "delete_on": now.date()})
    page = tom.send("/referrals/desk/find", words="tall").text
    assert "told by the same person" in page and "example.org" not in page.lower()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("07700 900123", "07700900123"), ("+44 (0)7700-900123", "07700900123"), ("0044 7700 900 123", "07700900123"),
        ("447700900123", "07700900123"), ("7700900123", "07700900123"), ("(01923) 555 123", "01923555123"),
        ("+33 6 12 34 56 78", "+33612345678"), ("n/a", ""), ("none", ""), ("x 4411", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_telephone_number_is_the_same_however_it_was_typed(typed: str, number: str) -> None:
    assert plain_number(typed) == number


def test_who_gave_one_number_in_two_ways_is_one_person_and_who_gave_none_is_nobody(
    filled: Database, now: datetime
) -> None:
    given = {"q1": "07700 900123", "q2": "+44 7700 900123", "q3": "n/a", "q4": "n/a"}
    with filled.writing() as session:
        for each, telephone in given.items():
            county.put_referral(session, now, each, hours=2, description="tall man")
            row = {"alert_id": f"alert-{each}", "telephone": telephone, "delete_on": now.date()}
            county.add(session, alert_referrer, row)
    with filled.reading() as session:
        assert list_of_same_referrer(session, ["q1", "q3"]) == {"q1": {"q2"}}


@pytest.mark.browser
@pytest.mark.parametrize("width", [375, 1280])
def test_the_card_of_a_cluster_can_be_read_and_pressed(
    filled: Database,
    watch: Callable[..., Any],  # noqa: F811 - the fixture
    now: datetime,
    width: int,
) -> None:
    with filled.writing() as session:
        for number in range(11):
            county.put_referral(session, now, f"x{number}", hours=number + 1, at=(51.6569, -0.3966), place="Charter Place",
                                description="Two people with a pink suitcase")  # fmt: skip
    with watch(width) as watched:
        watched.sign_in("tom")
        watched.open("/referrals/desk")
        watched.check()
        assert "These 11 are likely one place" in watched.page.inner_text("main")
        watched.page.locator("text=Fold the ticked ones into").first.click()
        watched.page.wait_for_selector("text=Undo")
    assert sum(state == "duplicate_of" for state in states(filled, *(f"x{number}" for number in range(11)))) == 10


# ------------------------------------------------------------------------------------------------------- every act, and back
ACTS = {
    "assign": ("assigned", {}),
    "information": ("needs_information", {}),
    "duplicate": ("duplicate_of", {"twin": "r1"}),
    "close": ("closed", {"outcome": "person_found_taken_to_shelter"}),
    "offer": ("received", {"district": county.THREE_RIVERS}),
}


def standing(filled: Database, referral_id: str) -> Any:
    with filled.reading() as session:
        found = session.execute(select(referral).where(referral.c.id == referral_id)).mappings().one()
    return {name: found[name] for name in ("state", "district_id", "assigned_worker_id", "outcome", "duplicate_of")}


@pytest.mark.parametrize("act", ACTS)
def test_every_act_of_the_desk_is_taken_back_within_ten_minutes(filled: Database, tom: Browser, act: str) -> None:
    state, fields = ACTS[act]
    before = standing(filled, "r2")
    tom.get("/referrals/desk")
    page = tom.send("/referrals/desk", act=act, chosen="r2", **fields)
    after = standing(filled, "r2")
    assert after["state"] == state and (after != before)
    assert 'value="undo"' in page.text
    tom.send("/referrals/desk", act="undo", chosen="r2")
    assert standing(filled, "r2") == before


def test_an_offer_is_not_taken_back_late_nor_by_another_nor_when_they_have_begun(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.reading() as session:
        tom, rowan = workers.get_worker(session, "tom"), workers.get_worker(session, "rowan")
    with Door(filled, tom, now, new_id).open() as access:
        offer_referral(access, "r2", county.THREE_RIVERS)
    for who, minutes in ((tom, 11), (rowan, 1)):
        with (
            pytest.raises((Invalid, NotFound)),
            Door(filled, who, now + timedelta(minutes=minutes), new_id).open() as access,
        ):
            acts.undo(access, "r2")
    with filled.writing() as session:
        theirs = ReferralProgress(
            id="theirs", referral_id="r2", state=ReferralState.NEEDS_INFORMATION, at=now + timedelta(minutes=2),
            worker_id="rowan",
        )  # fmt: skip
        referral_steps.add_step(session, theirs)
    with pytest.raises((Invalid, NotFound)), Door(filled, tom, now + timedelta(minutes=3), new_id).open() as access:
        acts.undo(access, "r2")
    assert standing(filled, "r2")["district_id"] == county.THREE_RIVERS


@pytest.mark.parametrize("act", ["assign", "information", "close"])
def test_a_button_that_is_pressed_twice_is_one_step(filled: Database, tom: Browser, act: str) -> None:
    tom.get("/referrals/r2")
    fields = {"assignee": "watford-outreach", "outcome": "person_found_taken_to_shelter", "note": ""}
    with filled.reading() as session:
        before = len(inbox.list_steps(session, "r2"))
    for _ in range(2):
        assert tom.send(f"/referrals/r2/{act}", **fields).status_code == 200
    with filled.reading() as session:
        assert len(inbox.list_steps(session, "r2")) == before + 1


def test_the_page_of_a_referral_takes_the_readers_last_step_back(filled: Database, tom: Browser) -> None:
    assert "Undo your last step" not in tom.get("/referrals/r2").text
    page = tom.send("/referrals/r2/assign", assignee="watford-outreach").text
    assert "Undo your last step" in page
    tom.send("/referrals/r2/undo")
    assert states(filled, "r2") == ["received"]


def plan_a_shift(filled: Database, now: datetime, new_id: Callable[[], str]) -> str:
    with filled.reading() as session:
        tom = workers.get_worker(session, "tom")
    with Door(filled, tom, now, new_id).open() as access:
        made = [
            planning.plan_shift(
                access, "watford-outreach", ["aisha"], "Town", now + timedelta(hours=1), now + timedelta(hours=4)
            )
            for _ in range(2)
        ]
    assert made[0] == made[1], "pressed twice, they go out once"
    return made[0]


def stops_of(filled: Database, now: datetime) -> list[list[str | None]]:
    with filled.reading() as session:
        return [
            [stop.referral_id for stop in each.stops] for each in plans.list_plans(session, ["watford-outreach"], now)
        ]


def test_a_report_is_assigned_to_a_shift_whose_phones_then_go_there(
    filled: Database, tom: Browser, now: datetime, new_id: Callable[[], str]
) -> None:
    before = stops_of(filled, now)
    plan_id = plan_a_shift(filled, now, new_id)
    page = tom.get("/referrals/desk").text
    choice = re.search(rf'<option value="(watford-outreach/shift/{plan_id})"[^>]*>([^<]+)', page)
    assert choice is not None and "the shift of" in choice[2]
    tom.client.post(
        "/referrals/desk",
        data={"act": "assign", "assignee": choice[1], "chosen": ["r1", "r2"],
              "_csrf_token": tom.client.cookies["lantern-form"]},
        headers={"accept": "text/html"},
    )  # fmt: skip
    assert states(filled, "r1", "r2") == ["assigned", "assigned"]
    assert [each for each in stops_of(filled, now) if each not in before] == [["r1", "r2"]]
    tom.send("/referrals/desk", act="undo", chosen="r1")
    assert [each for each in stops_of(filled, now) if each not in before] == [["r2"]]


def test_one_page_assigns_to_a_shift_again_and_again(
    filled: Database, tom: Browser, now: datetime, new_id: Callable[[], str]
) -> None:
    """Its choice names the shift as it was when the page came; each assignment makes a new plan of it."""
    before = stops_of(filled, now)
    choice = f"watford-outreach/shift/{plan_a_shift(filled, now, new_id)}"
    tom.get("/referrals/desk")
    for each in ("r1", "r2"):
        tom.send("/referrals/desk", act="assign", assignee=choice, chosen=each)
    assert states(filled, "r1", "r2") == ["assigned", "assigned"]
    assert [each for each in stops_of(filled, now) if each not in before] == [["r1", "r2"]]


def test_nothing_is_assigned_to_a_shift_that_does_not_go_out(
    filled: Database, tom: Browser, now: datetime, new_id: Callable[[], str]
) -> None:
    plan_id = plan_a_shift(filled, now, new_id)
    with filled.writing() as session:
        plans.call_off(session, plan_id, now)
    before = stops_of(filled, now)
    tom.get("/referrals/desk")
    for path, fields in (("/referrals/desk", {"act": "assign", "chosen": "r2"}), ("/referrals/r2/assign", {})):
        answer = tom.send(path, assignee=f"watford-outreach/shift/{plan_id}", **fields)
        assert answer.status_code == 422 and "That shift was called off or is over." in answer.text
    assert (states(filled, "r2"), stops_of(filled, now)) == (["received"], before)


def test_a_report_goes_to_the_team_of_its_shift_whatever_the_form_says(
    filled: Database, tom: Browser, now: datetime, new_id: Callable[[], str]
) -> None:
    plan_id = plan_a_shift(filled, now, new_id)
    tom.get("/referrals/desk")
    tom.send("/referrals/desk", act="assign", assignee=f"another-team/shift/{plan_id}", chosen="r2")
    with filled.reading() as session:
        row = inbox.find_inbox_row(session, "r2")
    assert row is not None and row.referral.team_id == "watford-outreach"


def test_who_plans_no_shifts_takes_back_what_a_lead_put_on_one(
    filled: Database, browse: Callable[[str], Browser], now: datetime, new_id: Callable[[], str]
) -> None:
    before, plan_id = stops_of(filled, now), plan_a_shift(filled, now, new_id)
    priya = browse("priya")
    priya.send("/referrals/r2/assign", assignee="watford-outreach")
    with filled.reading() as session:
        lead = workers.get_worker(session, "tom")
    with Door(filled, lead, now, new_id, may_change=True).open() as access:
        acts.send_on_shift(access, acts.find_shift(access, plan_id), ["r2"])
    assert priya.send("/referrals/r2/undo").status_code == 200
    assert states(filled, "r2") == ["received"]
    assert [each for each in stops_of(filled, now) if each not in before] == [[]]


@pytest.mark.parametrize("act", ACTS)
def test_undo_that_is_pressed_twice_takes_back_once(filled: Database, tom: Browser, act: str) -> None:
    before = standing(filled, "r2")
    tom.get("/referrals/desk")
    tom.send("/referrals/desk", act=act, chosen="r2", **ACTS[act][1])
    for _ in range(2):
        tom.send("/referrals/desk", act="undo", chosen="r2")
    assert standing(filled, "r2") == before
    assert "Undo your last step" not in tom.get("/referrals/r2").text


def test_a_giving_to_another_that_is_taken_back_leaves_it_with_whoever_had_it_and_their_shift(
    filled: Database, tom: Browser, now: datetime, new_id: Callable[[], str]
) -> None:
    plan_id = plan_a_shift(filled, now, new_id)
    with filled.reading() as session:
        lead = workers.get_worker(session, "tom")
    with Door(filled, lead, now, new_id, may_change=True).open() as access:
        assign_referral(access, "r2", "watford-outreach", "aisha")
        acts.send_on_shift(access, acts.find_shift(access, plan_id), ["r2"])
    before, stops = standing(filled, "r2"), stops_of(filled, now)
    for minutes, worker_id in ((1, "dean"), (2, None)):
        with Door(filled, lead, now + timedelta(minutes=minutes), new_id).open() as access:
            assign_referral(access, "r2", "watford-outreach", worker_id)
        with Door(filled, lead, now + timedelta(minutes=minutes), new_id).open() as access:
            acts.undo(access, "r2")
        assert (standing(filled, "r2"), stops_of(filled, now)) == (before, stops)


def test_a_question_that_is_taken_back_twice_leaves_it_with_whoever_had_it(filled: Database, tom: Browser) -> None:
    tom.send("/referrals/r2/assign", assignee="watford-outreach/aisha")
    before = standing(filled, "r2")
    tom.send("/referrals/r2/information", note="Which door?")
    for _ in range(2):
        tom.send("/referrals/r2/undo")
    assert standing(filled, "r2") == before


def test_the_desk_shows_every_column_that_was_sent(filled: Database, tom: Browser) -> None:
    raw = json.dumps({"ethnicity": "not known", "age_group": "26"})
    with filled.writing() as session:
        session.execute(alert.update().where(alert.c.id == "alert-r2").values(raw=raw))
    page = tom.get("/referrals/desk").text
    assert "<dt>ethnicity</dt><dd>not known</dd>" in page


# --------------------------------------------------------------------------------------------------------- kept filters
def test_what_is_looked_for_can_be_narrowed(filled: Database, tom: Browser, now: datetime) -> None:
    with filled.writing() as session:
        county.put_referral(session, now, "old", hours=600, place="Arch", at=(51.66, -0.4), description="collapsed")
        county.put_referral(session, now, "bare", hours=1, description="near Tesco")
        session.execute(alert.update().where(alert.c.id == "alert-r2").values(guesses='["A guess."]'))

    def shown(only: str) -> set[str]:
        return set(re.findall(r'data-id="([^"]+)"', tom.get(f"/referrals/desk?only={only}").text))

    assert shown("urgent") >= {"old"} and "r2" not in shown("urgent")
    assert (shown("late"), shown("placeless"), shown("guessed")) == ({"old"}, {"bare"}, {"r2"})
    assert shown("nonsense") == shown("") >= {"old", "bare", "r1", "r2"}
    assert tom.client.get("/referrals/desk/news?only=late").json() == {"waiting": 1}


def test_a_filter_is_kept_by_name_used_again_and_dropped(filled: Database, tom: Browser) -> None:
    page = tom.send("/referrals/desk/filters", name="  Grey   bags ", words=" grey  bag ", only="placeless").text
    assert "Kept. It stands above the search." in page
    assert re.search(r'href="/referrals/desk\?look=[0-9a-f-]{36}" aria-current="true">Grey bags</a>', page)
    tom.send("/referrals/desk/filters", name="Grey bags", words="grey", only="")
    with filled.reading() as session:
        (kept,) = desk_filters.list_filters(session, "tom")
    assert (kept.words, kept.only) == ("grey", "")
    tom.send(f"/referrals/desk/filters/{kept.id}/drop")
    with filled.reading() as session:
        assert desk_filters.list_filters(session, "tom") == []


def test_a_filter_is_its_workers_own_and_goes_when_they_leave(
    filled: Database, tom: Browser, browse: Callable[[str], Browser], now: datetime, new_id: Callable[[], str]
) -> None:
    tom.send("/referrals/desk/filters", name="Mine", words="grey", only="")
    with filled.reading() as session:
        (kept,) = desk_filters.list_filters(session, "tom")
    priya = browse("priya")
    assert "Mine" not in priya.get("/referrals/desk").text
    priya.send(f"/referrals/desk/filters/{kept.id}/drop")
    with filled.writing() as session:
        saved_views.set_view(session, "tom", saved_views.SavedView(name="Marek’s", choice="tier=1"), now)
        assert len(desk_filters.list_filters(session, "tom")) == 1
        let_go(session, "tom", now, new_id)
        assert desk_filters.list_filters(session, "tom") == saved_views.list_views(session, "tom") == []


def test_no_more_than_twenty_are_kept(filled: Database, tom: Browser) -> None:
    for number in range(20):
        tom.send("/referrals/desk/filters", name=str(number), words="grey", only="")
    assert "drop one first" in tom.send("/referrals/desk/filters", name="More", words="grey", only="").text
    tom.send("/referrals/desk/filters", name="19", words="brown", only="")
    with filled.reading() as session:
        kept = {each.name: each.words for each in desk_filters.list_filters(session, "tom")}
    assert (len(kept), kept["19"]) == (20, "brown")


def act_as(filled: Database, who: str, at: datetime, new_id: Callable[[], str]) -> Door:
    with filled.reading() as session:
        return Door(filled, workers.get_worker(session, who), at, new_id, may_change=True)


@pytest.mark.parametrize("before", ["looked_for", "found"])
def test_a_closing_that_is_taken_back_leaves_what_the_team_had_done(
    filled: Database, now: datetime, new_id: Callable[[], str], before: str
) -> None:
    with act_as(filled, "tom", now, new_id).open() as access:
        assign_referral(access, "r2", "watford-outreach", "aisha")
    with act_as(filled, "tom", now + timedelta(minutes=1), new_id).open() as access:
        progress_referral(access, "r2", ReferralState(before))
    stood = standing(filled, "r2")
    with act_as(filled, "tom", now + timedelta(minutes=2), new_id).open() as access:
        close_referral(access, "r2", "person_found_taken_to_shelter")
    with act_as(filled, "tom", now + timedelta(minutes=3), new_id).open() as access:
        acts.undo(access, "r2")
    assert standing(filled, "r2") == stood


def test_a_reopening_that_is_taken_back_leaves_its_outcome_and_when_it_was(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with act_as(filled, "tom", now - timedelta(days=40), new_id).open() as access:
        close_referral(access, "r2", "person_found_taken_to_shelter")
    stood = standing(filled, "r2")
    with act_as(filled, "tom", now, new_id).open() as access:
        reopen_referral(access, "r2")
    with act_as(filled, "tom", now + timedelta(minutes=3), new_id).open() as access:
        acts.undo(access, "r2")
    assert standing(filled, "r2") == stood
    with filled.reading() as session:
        closed_at = session.scalar(select(referral.c.closed_at).where(referral.c.id == "r2"))
    assert closed_at == now - timedelta(days=40)


def test_what_came_closed_and_was_opened_again_cannot_be_undone_and_says_so(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        session.execute(update(referral).where(referral.c.id == "r2").values(state="closed", closed_at=now))
    with act_as(filled, "tom", now, new_id).open() as access:
        reopen_referral(access, "r2")
    with pytest.raises(Invalid), act_as(filled, "tom", now + timedelta(minutes=1), new_id).open() as access:
        acts.undo(access, "r2")


def test_an_offer_that_is_taken_back_is_its_workers_again_in_the_state_it_had(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with act_as(filled, "tom", now, new_id).open() as access:
        assign_referral(access, "r2", "watford-outreach", "aisha")
    stood = standing(filled, "r2")
    with act_as(filled, "tom", now + timedelta(minutes=1), new_id).open() as access:
        offer_referral(access, "r2", county.THREE_RIVERS)
    with act_as(filled, "tom", now + timedelta(minutes=2), new_id).open() as access:
        acts.undo(access, "r2")
    assert standing(filled, "r2") == stood
    with filled.reading() as session:
        assert find_scopes(session, "r2") == frozenset({"team:watford-outreach"})


def test_a_placeless_report_that_is_given_and_taken_back_waits_for_its_place_again(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        session.execute(update(alert).where(alert.c.id == "alert-r3").values(import_batch_id="batch"))
    stood = standing(filled, "r3")
    with act_as(filled, "tom", now, new_id).open() as access:
        assign_referral(access, "r3", "watford-outreach", "aisha")
    with act_as(filled, "tom", now + timedelta(minutes=2), new_id).open() as access:
        acts.undo(access, "r3")
    assert standing(filled, "r3") == stood


def test_phones_hear_of_the_day_that_a_question_has_moved(
    filled: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with act_as(filled, "tom", now, new_id).open() as access:
        assign_referral(access, "r2", "watford-outreach", "aisha")
    with act_as(filled, "tom", now + timedelta(minutes=1), new_id).open() as access:
        progress_referral(access, "r2", ReferralState.NEEDS_INFORMATION)
    with act_as(filled, "tom", now + timedelta(days=7), new_id).open() as access:
        assign_referral(access, "r2", "watford-outreach", "dean")
    with filled.reading() as session:
        due_on = session.scalar(select(referral.c.due_on).where(referral.c.id == "r2"))
        bodies = [json.loads(each.body) for each in list_changes(session, "r2") if each.body]
    told = [each["p"]["due_on"] for each in bodies if each["t"] == "referral.received"]
    assert told[-1] == due_on.isoformat() and told[-1] != told[0]
