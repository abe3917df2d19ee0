"""A person's own page: a link that opens once with the PIN they chose, in two languages; what they say on it comes back as a
task."""

import re
from datetime import date
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from server.actions.partnership.leaving import let_go
from server.actions.people.own_page import MOST_WISHES
from server.jobs.catalogue import keep_no_longer
from server.jobs.runner import Moment
from server.queries.partnership import county, workers
from server.queries.people import doors, own_pages
from server.queries.people.held import list_everything
from server.tables.operation.audit import audit
from server.tables.partnership.agency import agreement
from server.tables.partnership.worker import worker, worker_role
from server.tables.people.own_page import own_link
from server.web.layout.own_words import ANSWERS_IN_POLISH, ENGLISH, POLISH, QUESTIONS_IN_POLISH
from shared.model.door import DoorFact, DoorKind
from shared.rules.assessment import options_of
from shared.rules.own_pin import why_not_this_pin
from shared.rules.questions import STANDARD
from tests.server.people.test_housing_needs import HTML, marek, post  # noqa: F401 - the fixture

PIN = "7394"


def give(client, person_id, pin=PIN, again=None):
    return post(client, f"/people/{person_id}/own-link", pin=pin, again=again or pin)


def link_in(page):
    return re.search(r"/own/[\w.-]+", page.text)[0]


@pytest.fixture
def link(sign_in, cast, marek):  # noqa: F811
    """Marek's link, from Tom."""
    client = sign_in(cast.tom)
    post(client, f"/people/{marek}/doors", kind="came_by", words="Came for breakfast")
    return link_in(give(client, marek))


@pytest.fixture
def stranger(client, link):
    """A browser that nobody has signed in with."""
    client.cookies.clear()
    return client


def send(browser, path, **fields):
    browser.get("/report", headers=HTML)
    return browser.post(path, data=fields | {"_csrf_token": browser.cookies["lantern-form"]}, headers=HTML)


def visit_in(page):
    return re.search(r'name="visit" value="([^"]+)"', page.text)[1]


def test_a_way_that_is_longer_than_the_page_is_said_to_be(link, stranger, database, marek, cast, clock):  # noqa: F811
    with database.writing() as session:
        for number in range(53):
            told = DoorFact(
                id=f"d{number}", person_id=marek, kind=DoorKind.CAME_BY, on=date(2026, 10, 1), words="Came for lunch",
                agency_id=cast.outreach.id, recorded_at=clock.now, recorded_by=cast.tom.id,
            )  # fmt: skip
            doors.add_fact(session, told)
        doors.strike_out(session, "d0", clock.now, cast.tom.id)
    text = unescape(send(stranger, link, pin=PIN).text)
    assert text.count("Came for lunch") == 49 and "And 3 before that." in text


def test_the_link_opens_once_with_the_pin_and_tells_them_what_is_held(link, stranger, database, marek):  # noqa: F811
    assert "PIN" in stranger.get(link, headers=HTML).text
    wrong = send(stranger, link, pin="0000")
    assert (wrong.status_code, "Marek" in wrong.text) == (422, False)
    page = send(stranger, link, pin=PIN)
    assert page.status_code == 200
    text = unescape(page.text)
    for words in (
        "Hello Marek Nowak",
        "you came by New Hope. Came for breakfast",
        "New Hope",
        "Who has looked",
        "Who works with you",
    ):
        assert words in text
    assert page.headers["cache-control"] == "no-store"
    assert stranger.get(link, headers=HTML).status_code == 404
    assert send(stranger, link, pin=PIN).status_code == 404
    with database.reading() as session:
        opened = session.execute(select(audit.c.subject_id).where(audit.c.action == "open_own_page")).scalars().all()
    assert opened == [marek]


def test_the_pin_is_in_no_copy_and_is_forgotten_once_the_link_opens_no_more(
    link,
    stranger,
    sign_in,
    cast,
    marek,  # noqa: F811
    database,
):
    def list_kept():
        with database.reading() as session:
            (copied, *_) = list_everything(session, [marek])["own_link"]
            assert "pin_hash" not in copied and copied["made_by"] == cast.tom.id
            return list(session.scalars(select(own_link.c.pin_hash).order_by(own_link.c.made_at, own_link.c.id)))

    assert list_kept() != [""]
    send(stranger, link, pin=PIN)
    assert list_kept() == [""]
    tom = sign_in(cast.tom)
    second = link_in(give(tom, marek))
    give(tom, marek)
    assert sorted(map(bool, list_kept())) == [False, False, True]
    assert send(stranger, second, pin=PIN).status_code == 404


def test_the_pin_of_a_link_that_nobody_opened_is_forgotten_when_its_week_is_over(link, services, clock, database):
    def is_kept():
        with database.reading() as session:
            return bool(session.scalars(select(own_link.c.pin_hash)).one())

    for days, kept in ((6, True), (2, False)):
        clock.advance(days=days)
        now = services.clock()
        keep_no_longer(services, Moment(now=now, since=now, zone=ZoneInfo("Europe/London"), heartbeat=lambda: None))
        assert is_kept() is kept


def test_a_county_file_that_nobody_applied_is_forgotten_the_night_after_its_day(services, clock, database, new_id):
    with database.writing() as session:
        county.add_batch(session, county.Batch(id="b1", file_name="staff.xlsx", planned_at=clock.now, county="sealed"))
    for hours, kept in ((23, True), (2, False)):
        clock.advance(hours=hours)
        now = services.clock()
        keep_no_longer(services, Moment(now=now, since=now, zone=ZoneInfo("Europe/London"), heartbeat=lambda: None))
        with database.reading() as session:
            assert (county.find_batch(session, "b1") is not None) is kept


def test_one_link_takes_no_more_than_somebody_can_answer(link, stranger, database, marek):  # noqa: F811
    visit = visit_in(send(stranger, link, pin=PIN))
    for at in range(MOST_WISHES):
        assert send(stranger, "/own-page", visit=visit, press="say", kind="wish", words=f"Wish {at}").status_code == 200
    refused = send(stranger, "/own-page", visit=visit, press="say", kind="wish", words="One <more>")
    assert (
        refused.status_code == 422 and "Somebody answers first" in refused.text and "One &lt;more&gt;" in refused.text
    )
    assert send(stranger, "/own-page", visit=visit, press="say", kind="wish", words="Wish 3").status_code == 200
    with database.reading() as session:
        assert len(own_pages.list_wishes(session, person_ids=[marek])) == MOST_WISHES


def test_it_speaks_polish_and_closes_after_half_an_hour(link, stranger, clock):
    assert "Twój PIN" in stranger.get(f"{link}?lang=pl", headers=HTML).text
    page = send(stranger, link, pin=PIN, lang="pl")
    assert '<html lang="pl"' in page.text
    assert "Dzień dobry, Marek Nowak" in page.text
    visit = visit_in(page)
    again = send(stranger, "/own-page", visit=visit, lang="en")
    assert "Hello Marek" in again.text
    clock.advance(minutes=31)
    assert send(stranger, "/own-page", visit=visit, lang="en").status_code == 404


def test_it_tells_what_they_told_once_and_their_whole_plan_in_both_languages(
    sign_in,
    cast,
    marek,  # noqa: F811
    link,
    stranger,
):
    tom = sign_in(cast.tom)
    of_mind = {
        "version_mind_helps": "1", "value_mind_helps": "Fishing", "words_mind_helps": "The canal", "note_mind_helps": "Rain",
    }  # fmt: skip
    of_money = {"version_income": "1", "value_income": "pension", "version_papers": "1", "rather_not_papers": "yes"}
    for section, told in (("mind", of_mind), ("money", of_money)):
        assert post(tom, f"/people/{marek}/assessment/{section}", **told).status_code == 303
    for words in ("A door of my own", "Ring my sister", "A car"):
        goal = {"words": words, "works": f"Works {words}", "celebration": f"Cake for {words}"}
        assert post(tom, f"/people/{marek}/plan/goal", **goal).status_code == 303
    page = tom.get(f"/people/{marek}/plan", headers=HTML).text
    door, sister, car = (re.search(rf'id="goal-([^"]+)">“{each}', page)[1] for each in ("A door", "Ring", "A car"))
    step = {"goal": door, "text": "Fill in the form", "who": "Marek", "due_on": "2026-12-01"}
    assert post(tom, f"/people/{marek}/plan/step", **step).status_code == 303
    for goal_id, ended in ((sister, "reached"), (car, "let_go")):
        assert post(tom, f"/people/{marek}/plan/end", goal=goal_id, ended=ended, words="").status_code == 303
    opened = send(stranger, link_in(give(tom, marek)), pin=PIN)
    english = unescape(opened.text)
    polish = unescape(send(stranger, "/own-page", visit=visit_in(opened), lang="pl").text)
    in_english = (
        "What helps on a bad day? Fishing “The canal”",
        "What money comes in? Pension",
        "Which papers do you have? You would rather not say.",
        "“A door of my own” What works already: Works A door of my own Next: Fill in the form (Marek), by 1.12.2026 To celebrate",
        "“Ring my sister” You reached it. To celebrate: Cake for Ring my sister",
    )
    in_polish = (
        "Co pomaga w zły dzień? Fishing „The canal”",
        "Jakie masz dochody? Emerytura",
        "Jakie masz dokumenty? Wolisz nie mówić.",
        "Następny krok: Fill in the form (Marek), do 1.12.2026",
        "“Ring my sister” Cel osiągnięty.",
    )
    assert [each for each in in_english if each not in english] == []
    assert [each for each in in_polish if each not in polish] == []
    assert "A car" not in english and "Rain" not in english


def test_the_polish_page_has_no_english_sentence_of_ours(link, stranger):
    """Also where something is amiss, before the content and below it."""
    wrong = send(stranger, link, pin="0000", lang="pl")
    over = stranger.get("/own/x.y?lang=pl", headers=HTML)
    opened = send(stranger, link, pin=PIN, lang="pl")
    amiss = send(stranger, "/own-page", visit=visit_in(opened), lang="pl", press="say", kind="wish", words=" ")
    for page in (wrong, over, opened, amiss):
        read = unescape(re.sub(r"<script.*?</script>", "", page.text, flags=re.DOTALL))
        read = re.sub(r"<[^>]+>", " ", read)
        assert 'lang="pl"' in page.text
        for english in ("Skip to", "There is a problem", "Lantern keeps", "Error:", " the ", " you "):
            assert english not in read, english


def test_every_standard_question_and_its_answers_have_their_polish():
    assert set(QUESTIONS_IN_POLISH) == {each.key for each in STANDARD}
    assert set(ANSWERS_IN_POLISH) == {code for each in STANDARD for code, _ in options_of(each)}


def test_five_wrong_pins_end_the_link_and_so_does_a_week_and_another_link(sign_in, cast, marek, link, stranger, clock):  # noqa: F811
    for _ in range(5):
        assert send(stranger, link, pin="0000").status_code == 422
    assert send(stranger, link, pin=PIN).status_code == 404
    second = link_in(give(sign_in(cast.tom), marek))
    third = link_in(give(sign_in(cast.tom), marek))
    assert send(stranger, second, pin=PIN).status_code == 404
    clock.advance(days=8)
    assert send(stranger, third, pin=PIN).status_code == 404


def test_no_link_from_before_shows_somebody_who_was_hidden_meanwhile(
    sign_in,
    cast,
    marek,  # noqa: F811
    link,
    stranger,
):
    """In whose hands it is, and who was told the PIN, nobody knows who hides somebody from others."""
    visit = visit_in(send(stranger, link, pin=PIN))
    second = link_in(give(sign_in(cast.tom), marek))
    hidden = post(sign_in(cast.tom), f"/people/{marek}/hidden", reason="Her former partner asks after her")
    assert hidden.status_code == 303
    assert send(stranger, second, pin=PIN).status_code == 404
    assert send(stranger, "/own-page", visit=visit).status_code == 404
    assert "Marek" in send(stranger, link_in(give(sign_in(cast.tom), marek)), pin=PIN).text
    assert (
        post(sign_in(cast.tom), f"/people/{marek}/hidden/lift", lift_reason="He is in another town").status_code == 303
    )
    assert send(stranger, second, pin=PIN).status_code == 404


def leaves(session, cast, services):
    let_go(session, cast.tom.id, services.clock(), services.new_id)


def leaves_and_comes_back(session, cast, services):
    leaves(session, cast, services)
    workers.set_active(session, cast.tom.id, True)


def has_no_role(session, cast, services):
    session.execute(worker_role.delete().where(worker_role.c.worker_id == cast.tom.id))


def works_elsewhere(session, cast, services):
    moved = worker.update().where(worker.c.id == cast.tom.id)
    session.execute(moved.values(agency_id=cast.priya.agency_id))


def has_no_agreement(session, cast, services):
    theirs = agreement.c.agency_id == cast.tom.agency_id
    session.execute(agreement.update().where(theirs).values(expires_on=date(2026, 11, 11)))


def gave_it_for_another_agency(session, cast, services):
    session.execute(own_link.update().values(agency_id=cast.priya.agency_id))


@pytest.mark.parametrize(
    "change",
    [leaves, gave_it_for_another_agency, leaves_and_comes_back, has_no_role, works_elsewhere, has_no_agreement],
)
def test_no_link_shows_anybody_to_whoever_made_it_and_could_not_today(
    sign_in,
    cast,
    marek,  # noqa: F811
    link,
    stranger,
    services,
    change,
):
    """Tom typed the PIN himself, and reads a whole record with it for a week."""
    visit = visit_in(send(stranger, link, pin=PIN))
    second = link_in(give(sign_in(cast.tom), marek))
    with services.database.writing() as session:
        change(session, cast, services)
    assert send(stranger, second, pin=PIN).status_code == 404
    assert send(stranger, "/own-page", visit=visit).status_code == 404


def test_a_link_of_somebody_who_died_opens_nothing(sign_in, cast, marek, link, stranger, database):  # noqa: F811
    visit = visit_in(send(stranger, link, pin=PIN))
    second = link_in(give(sign_in(cast.tom), marek))
    assert post(sign_in(cast.tom), f"/people/{marek}/health", kind="death", on="10 November 2026").status_code == 303
    assert send(stranger, second, pin=PIN).status_code == 404
    assert send(stranger, "/own-page", visit=visit).status_code == 404
    assert give(sign_in(cast.tom), marek).status_code == 404


@pytest.mark.parametrize("forged", ["x", "x.y", "{id}.AAAA", "{id}", ".", "{id}.{proof}A"])
def test_a_forged_link_opens_nothing(link, stranger, forged):
    link_id, _, proof = link.removeprefix("/own/").partition(".")
    path = f"/own/{forged.format(id=link_id, proof=proof)}"
    assert stranger.get(path, headers=HTML).status_code == 404
    assert send(stranger, path, pin=PIN).status_code == 404


def test_a_forged_visit_shows_nothing(link, stranger):
    link_id, _, proof = link.removeprefix("/own/").partition(".")
    for visit in ("", link_id, f"{link_id}.{proof}", "x.y"):
        assert send(stranger, "/own-page", visit=visit).status_code == 404
        assert send(stranger, "/own-page", visit=visit, press="say", kind="wish", words="x").status_code in {404}


def test_what_they_say_comes_back_as_a_task_and_they_read_what_was_done(sign_in, cast, marek, link, stranger, database):  # noqa: F811
    visit = visit_in(send(stranger, link, pin=PIN))
    for wrong in ({"kind": "wish", "words": " "}, {"kind": "", "words": "x"}, {"kind": "wish", "words": "x" * 2_001}):
        assert send(stranger, "/own-page", visit=visit, press="say", **wrong).status_code == 422
    said = send(stranger, "/own-page", visit=visit, press="say", kind="wrong", words="My name is spelt <Marek>")
    assert "Thank you" in said.text
    assert "<Marek>" not in said.text
    send(stranger, "/own-page", visit=visit, press="say", kind="wrong", words="My name is spelt <Marek>")
    tom = sign_in(cast.tom)
    assert "My name is spelt" in tom.get("/wishes", headers=HTML).text
    with database.reading() as session:
        (wish,) = own_pages.list_wishes(session, person_ids=[marek])
    assert post(tom, f"/wishes/{wish.id}", answer="").status_code == 422
    long = "Rang <Housing> " + "x" * 2_000
    refused = post(tom, f"/wishes/{wish.id}", answer=long)
    assert refused.status_code == 422 and long in unescape(refused.text) and "<Housing>" not in refused.text
    assert post(sign_in(cast.priya), f"/wishes/{wish.id}", answer="x").status_code == 404
    tom = sign_in(cast.tom)
    assert post(tom, f"/wishes/{wish.id}", answer="Put\0 right").status_code == 303
    assert post(tom, f"/wishes/{wish.id}", answer="Again").status_code == 409
    assert "Nothing waits" in tom.get("/wishes", headers=HTML).text
    later = send(stranger, link_in(give(tom, marek)), pin=PIN)
    assert "Put right" in later.text


def test_an_agreement_that_shares_nothing_any_more_is_not_told_as_if_it_did(
    link,
    stranger,
    sign_in,
    cast,
    marek,  # noqa: F811
    clock,
):
    tom = sign_in(cast.tom)
    for what, told in (
        ("plan", {"until": "2026-11-20"}), ("contacts", {"until": "2027-03-01"}),
        ("wellbeing", {"agency": cast.council.id}),
    ):  # fmt: skip
        assert post(tom, f"/people/{marek}/consent", what=what, answer="agreed", **told).status_code == 303
    read = unescape(send(stranger, link_in(give(tom, marek)), pin=PIN).text)
    assert read.count("you agreed that") == 3 and "Until 20.11.2026." in read
    clock.advance(days=14)
    tom = sign_in(cast.tom)
    assert post(tom, f"/people/{marek}/consent", what="wellbeing", answer="refused").status_code == 303
    read = unescape(send(stranger, link_in(give(tom, marek)), pin=PIN).text)
    assert read.count("you agreed that") == 1 and "Until 1.3.2027." in read and "you said no" in read


def test_a_link_is_given_by_whoever_works_with_them_and_with_a_pin_that_nobody_guesses(sign_in, cast, marek):  # noqa: F811
    tom = sign_in(cast.tom)
    for pin, again in (("1234", "1234"), ("73", "73"), ("abcd", "abcd"), (PIN, "7395")):
        assert give(tom, marek, pin, again).status_code == 422
    for who, status in (("helen", 403), ("olu", 403), ("carol", 404)):
        client = sign_in(getattr(cast, who))
        assert client.get(f"/people/{marek}/own-link", headers=HTML).status_code == status
        assert give(client, marek).status_code == status


@pytest.mark.parametrize(
    "pin", ["0000", "1111", "1234", "9876", "4321", "1985", "2026", "123", "123456789", "12a4", ""]
)
def test_a_pin_that_is_tried_first_is_refused(pin):
    assert why_not_this_pin(pin)


def test_a_pin_of_their_own_is_taken():
    assert [why_not_this_pin(pin) for pin in ("7394", "839201", "19850204")] == [None] * 3


def test_both_languages_say_the_same_sentences():
    assert ENGLISH.keys() == POLISH.keys()
    holes = re.compile(r"\{\w+\}")
    for key, words in ENGLISH.items():
        assert sorted(holes.findall(words)) == sorted(holes.findall(POLISH[key])), key
