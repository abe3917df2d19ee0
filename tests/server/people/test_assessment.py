"""Told once: one assessment at any door. Each answer a fact, nothing asked twice, read by whom the person agrees to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from server.actions.people.erasure import forget_person
from server.database.engine import Database
from server.queries.operation import audit
from server.queries.people import person_page
from server.queries.people.assessments import add_question
from server.queries.people.consents import list_said
from server.queries.people.held import list_everything
from server.queries.people.people import find_person
from server.tables.people.assessment import assessment_answer
from shared.model.codes import SupportNeed
from shared.model.telling import Reading
from shared.rules.consent import newest
from shared.rules.questions import STANDARD
from tests.server.cast import Cast
from tests.server.people import test_housing_needs
from tests.server.people.test_consent import held, say
from tests.server.phone import Phone

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post
RATHER_NOT = "Would rather not say"


def answer(client: Any, person: str, section: str = "home", **fields: Any) -> Any:
    """Sends the form of a section as its page would: `home_want="..."` with the mark of the answer that the page showed."""
    page = client.get(f"/people/{person}/assessment/{section}", headers=HTML).text
    return send(client, person, section, page, **fields)


def send(client: Any, person: str, section: str, page: str, version: str = "1", **fields: Any) -> Any:
    how = {name: fields.pop(name) for name in ("via", "place", "asked_on") if name in fields}
    form: dict[str, Any] = {"via": "desk", "place": "", "asked_on": ""} | how
    for name, text in fields.items():
        part, key = next(
            ((part, name.removeprefix(part)) for part in ("words_", "note_", "rather_not_") if name.startswith(part)),
            ("value_", name),
        )
        form |= {f"{part}{key}": text, f"version_{key}": version, f"shown_{key}": shown(page, key)}
    return post(client, f"/people/{person}/assessment/{section}", **form)


def shown(page: str, key: str) -> str:
    return page.split(f'name="shown_{key}" value="')[1].split('"')[0] if f'name="shown_{key}"' in page else ""


def rows(database: Database) -> list[Any]:
    with database.reading() as session:
        query = select(assessment_answer).order_by(assessment_answer.c.at, assessment_answer.c.id)
        return list(session.execute(query).mappings().all())


def read(client: Any, person: str) -> str:
    return str(client.get(f"/people/{person}/assessment", headers=HTML).text)


def told(phone: Phone, new_id: Callable[[], str], person: str, at: datetime, **fields: Any) -> Any:
    assert phone.enrolled is not None
    fact = {"id": new_id(), "person_id": person, "question": "pet", "value": "yes", "via": "phone", "at": at.isoformat(),
            "worker_id": phone.enrolled.config.worker.id} | fields  # fmt: skip
    return phone.make_change("answer.given", e=fact["id"], p=fact)


def test_an_answer_is_kept_with_who_asked_when_and_where_and_not_asked_again_within_its_life(
    sign_in: Any, cast: Cast, marek: str, database: Database, clock: Any
) -> None:
    client = sign_in(cast.tom)
    assert "0 of 27 known" in read(client, marek)
    assert (
        answer(
            client, marek, home_want="A studio", words_home_want="Four walls & a door", place="New\0 Hope"
        ).status_code
        == 303
    )
    page = read(client, marek)
    assert (
        "1 of 27 known" in page
        and "Four walls &amp; a door" in page
        and "Tom B, New Hope, 12 November 2026, New Hope" in page
    )
    form = client.get(f"/people/{marek}/assessment/home", headers=HTML).text
    assert form.index("Known already") < form.index("What kind of place")
    assert "not asked again before 12 November 2027" in form
    (kept,) = rows(database)
    assert (kept["value"], kept["words"], kept["agency_id"], kept["via"]) == (
        "A studio", "Four walls & a door", cast.outreach.id, "desk",
    )  # fmt: skip
    clock.advance(days=366)
    with database.writing() as session:  # who reads a year later has signed and trained again
        from sqlalchemy import text

        session.execute(text("update agreement set expires_on = '2028-01-01'"))
        session.execute(text("update worker set trained_on = '2027-11-01'"))
        session.execute(text("update contact_person set seen_at = '2027-11-10 00:00:00+00:00'"))
    later = sign_in(cast.tom).get(f"/people/{marek}/assessment/home", headers=HTML).text
    assert "Known already" not in later and "Four walls &amp; a door" in later
    again = sign_in(cast.tom)
    put = again.get(f"/people/{marek}/assessment/home", headers=HTML).text
    assert "Four walls &amp; a door</textarea>" not in put, "what was said before passes for no new answer"
    assert send(again, marek, "home", put, home_want="", home_last="Leeds").status_code == 303
    assert [each["question"] for each in rows(database)] == ["home_want", "home_last"]
    assert "1 of 27 known" in read(again, marek)
    assert (
        send(again, marek, "home", put, home_want="A studio", words_home_want="Four walls & a door").status_code == 303
    )
    assert "2 of 27 known" in read(again, marek), "who says the same again has answered, and is not asked once more"


def test_what_the_record_says_already_is_not_asked_and_stands_in_the_form(
    sign_in: Any, cast: Cast, marek: str, phone: Phone, database: Database, new_id: Any, now: datetime
) -> None:
    need = {"id": new_id(), "person_id": marek, "need": "alcohol", "at": now.isoformat(),
            "worker_id": cast.aisha.id}  # fmt: skip
    patch = phone.patch("person.patched", marek, wants_first="A phone charger")
    assert phone.push(patch, phone.make_change("need.recorded", e=marek, p=need)).status_code == 200
    client = sign_in(cast.tom)
    assert "2 of 27 known" in read(client, marek) and "A phone charger" in read(client, marek)
    form = client.get(f"/people/{marek}/assessment/hopes", headers=HTML).text
    assert "known from the record: no need to ask" in form
    assert answer(client, marek, "hopes", wants_first="A phone charger", hopes_year="").status_code == 303
    assert rows(database) == []
    assert answer(client, marek, "hopes", wants_first="A doctor").status_code == 303
    assert [each["value"] for each in rows(database)] == ["A doctor"]


def test_would_rather_not_say_is_an_answer_and_part_of_the_form_is_fine(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    client = sign_in(cast.tom)
    assert (
        answer(client, marek, rather_not_home_last="yes", home_want="", words_home_local="Luton, mostly").status_code
        == 303
    )
    assert {(each["question"], each["state"], each["value"], each["words"]) for each in rows(database)} == {
        ("home_last", "rather_not", "", ""), ("home_local", "answered", "", "Luton, mostly"),
    }  # fmt: skip
    page = read(client, marek)
    assert RATHER_NOT in page and "2 of 27 known" in page


def test_two_workers_at_once_lose_nothing_and_the_later_is_shown_what_came_meanwhile(
    sign_in: Any, cast: Cast, marek: str, database: Database, clock: Any
) -> None:
    client = sign_in(cast.tom)
    stale = client.get(f"/people/{marek}/assessment/home", headers=HTML).text
    aisha = sign_in(cast.aisha)
    assert answer(aisha, marek, home_want="A caravan", home_last="Leeds").status_code == 303
    clock.advance(minutes=1)
    client = sign_in(cast.tom)
    refused = send(client, marek, "home", stale, home_want="A flat", home_local="Hull")
    assert refused.status_code == 422 and "A caravan" in refused.text and "A flat" in refused.text
    assert {each["value"] for each in rows(database)} == {"A caravan", "Leeds", "Hull"}
    assert send(client, marek, "home", refused.text, home_want="A flat").status_code == 303
    page = read(client, marek)
    assert page.index("A flat") < page.index("A caravan") and "Said before" in page
    same = client.get(f"/people/{marek}/assessment/home", headers=HTML).text
    assert send(client, marek, "home", same, home_want="A flat").status_code == 303
    assert len(rows(database)) == 4  # the same again says nothing new


def test_paper_is_typed_in_for_the_day_on_which_it_was_asked_and_takes_no_newer_answers_place(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    client = sign_in(cast.tom)
    answer(client, marek, home_want="Now this")
    assert answer(client, marek, home_want="Then that", via="paper", asked_on="2026-11-01").status_code == 303
    assert [(each["value"], each["at"].date().isoformat(), each["via"]) for each in rows(database)] == [
        ("Then that", "2026-11-01", "paper"), ("Now this", "2026-11-12", "desk"),
    ]  # fmt: skip
    page = read(client, marek)
    assert page.index("Now this") < page.index("Then that") and "on paper" in page
    printed = client.get(f"/people/{marek}/assessment-paper")
    assert printed.status_code == 200 and printed.content[:5] == b"%PDF-" and len(printed.content) > 5_000


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"income": "gold"}, "value_income"), ({"papers": ["id", "wings"]}, "value_papers"),
        ({"debts": "yes no"}, "value_debts"), ({"income": "work", "asked_on": "2030-01-01"}, "asked_on"),
        ({"income": "work", "asked_on": "soon"}, "asked_on"), ({"income": "work", "via": "phone"}, "via"),
        ({"income": "work", "place": "x" * 201}, "place"), ({"words_papers": "x" * 10_001}, "value_papers"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_told_and_nothing_is_kept(
    sign_in: Any, cast: Cast, marek: str, database: Database, wrong: dict[str, Any], field: str
) -> None:
    refused = answer(sign_in(cast.tom), marek, "money", **({"words_debts": "kept in the box"} | wrong))
    assert refused.status_code == 422 and f'href="#{field}"' in refused.text
    assert "kept in the box" in refused.text and rows(database) == []


def test_ten_thousand_characters_are_kept_and_shown_whole(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    long = "Zażółć <b>& \U0001f415\n" * 588
    client = sign_in(cast.tom)
    assert answer(client, marek, words_home_last=long[:10_000]).status_code == 303
    (kept,) = rows(database)
    assert kept["words"] == long[:10_000].strip()
    assert read(client, marek).count("&lt;b&gt;&amp; \U0001f415") == 588
    assert client.get(f"/people/{marek}/assessment-paper").status_code == 200


def test_a_question_that_was_retired_or_reworded_while_a_form_was_open_keeps_its_answer(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    client = sign_in(cast.tom)
    stale = client.get(f"/people/{marek}/assessment/home", headers=HTML).text
    priya = sign_in(cast.priya)
    assert post(priya, "/assessment-questions/retire", key="home_last").status_code == 303
    assert post(priya, "/assessment-questions/retire", key="home_last").status_code == 404
    reworded = {"key": "home_want", "section": "home", "text": "Where would you live?", "kind": "one_of",
                "options": "A flat\nA room", "reading": "services", "lives_months": "6"}  # fmt: skip
    assert post(priya, "/assessment-questions", **reworded).status_code == 303
    client = sign_in(cast.tom)
    assert send(client, marek, "home", stale, home_last="Leeds", home_want="By the sea").status_code == 303
    page = read(client, marek)
    assert "No longer asked" in page and "Leeds" in page
    assert "Asked as: What kind of place would you say yes to?" in page and "By the sea" in page
    now = client.get(f"/people/{marek}/assessment/home", headers=HTML).text
    assert "Where would you live?" in now and "home_last" not in now
    assert send(client, marek, "home", now, version="2", home_want="a_room").status_code == 303
    assert "A room" in read(client, marek)
    forged = post(
        client, f"/people/{marek}/assessment/home", version_home_want="9", value_home_want="x", shown_home_want=""
    )
    assert forged.status_code == 422


def test_a_partnership_asks_its_own_questions(sign_in: Any, cast: Cast, marek: str, database: Database) -> None:
    priya = sign_in(cast.priya)
    own = {"section": "skills", "text": "Do you cook?", "kind": "some_of", "options": "Soup\nSoup\nBread & jam",
           "reading": "services", "lives_months": "24"}  # fmt: skip
    for wrong in ({"text": ""}, {"lives_months": "0"}, {"lives_months": "61"}, {"options": "One"}, {"section": "moon"}):
        assert post(priya, "/assessment-questions", **(own | wrong)).status_code == 422, wrong
    assert post(priya, "/assessment-questions", **own).status_code == 303
    client = sign_in(cast.tom)
    form = client.get(f"/people/{marek}/assessment/skills", headers=HTML).text
    key = next(part.split('"')[0] for part in form.split('name="version_')[1:] if part.startswith("own_do_you_cook"))
    assert answer(client, marek, "skills", **{key: ["soup", "bread_jam"]}).status_code == 303
    assert "Soup, Bread &amp; jam" in read(client, marek)
    assert post(sign_in(cast.tom), "/assessment-questions", **own).status_code == 403


def test_another_service_reads_it_while_the_person_agrees_and_at_no_other_moment(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    answer(sign_in(cast.tom), marek, home_want="A studio")
    answer(sign_in(cast.tom), marek, "law", probation="Every Monday")
    priya = sign_in(cast.priya)
    assert "A studio" not in read(priya, marek) and "0 of 27 known" in read(priya, marek)
    assert say(priya, marek, agency=cast.council.id).status_code == 303
    page = read(priya, marek)
    assert "A studio" in page and "Every Monday" not in page  # what only the service that asked reads
    _, word = priya.get(f"/people/{marek}/consent", headers=HTML).text.split('name="consent" value="')
    assert post(priya, f"/people/{marek}/consent/withdraw", consent=word.split('"')[0]).status_code == 303
    assert "A studio" not in read(priya, marek)
    form = priya.get(f"/people/{marek}/assessment/home", headers=HTML).text
    assert "A studio" not in form and "A studio" not in str(priya.get(f"/people/{marek}/assessment-paper").content)
    assert answer(priya, marek, home_want="With the council, a flat").status_code == 303
    assert "With the council" in read(priya, marek) and "With the council" not in read(sign_in(cast.tom), marek)


def test_who_was_told_that_one_service_alone_reads_an_answer_was_told_the_truth(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    answer(sign_in(cast.tom), marek, "law", probation="Every Monday")
    priya = sign_in(cast.priya)
    say(priya, marek)
    reworded = {"key": "probation", "section": "law", "text": "Probation?", "reading": "services", "lives_months": "6"}
    assert post(priya, "/assessment-questions", **reworded).status_code == 303
    assert "Every Monday" not in read(priya, marek)
    page = sign_in(cast.tom).get(f"/people/{marek}/assessment/law", headers=HTML).text
    assert send(sign_in(cast.tom), marek, "law", page, version="2", probation="Every Tuesday").status_code == 303
    assert "Every Tuesday" in read(sign_in(cast.priya), marek)
    back = reworded | {"reading": "who_asked"}
    assert post(sign_in(cast.priya), "/assessment-questions", **back).status_code == 303
    assert "Every Tuesday" not in read(sign_in(cast.priya), marek)


def test_an_answer_of_now_is_the_newest_although_a_phone_whose_clock_is_ahead_asked_before(
    sign_in: Any, cast: Cast, marek: str, phone: Phone, new_id: Any, now: datetime
) -> None:
    assert (
        phone.push(told(phone, new_id, marek, now + timedelta(minutes=4), value="", words="Bella")).status_code == 200
    )
    client = sign_in(cast.tom)
    assert answer(client, marek, "people", words_pet="Bella died").status_code == 303
    page = read(client, marek)
    assert page.index("Bella died") < page.index("“Bella”")


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_others_neither_read_nor_answer(
    sign_in: Any, cast: Cast, marek: str, database: Database, who: str, status: int
) -> None:
    client = sign_in(getattr(cast, who))
    for path in ("assessment", "assessment/home", "assessment-paper"):
        assert client.get(f"/people/{marek}/{path}", headers=HTML).status_code == status
    assert send(client, marek, "home", "", home_want="x").status_code == status
    assert rows(database) == []


def test_what_the_record_asks_too_stands_there_once_every_service_may_read_it(
    sign_in: Any, cast: Cast, marek: str, database: Database
) -> None:
    """Nothing before they agree, nothing over what stands, and no answer that another service may not read."""
    tom = sign_in(cast.tom)
    assert answer(tom, marek, "safety", words_safe_call="Ring Bella", safe_where="The library").status_code == 303
    assert answer(tom, marek, "mind", mind_worry="yes").status_code == 303

    def stands() -> tuple[str, str, str, list[SupportNeed]]:
        with database.reading() as session:
            told = find_person(session, marek)
            assert told is not None
            needs = [each.need for each in person_page.list_needs(session, [marek])]
            return told.safety_call, told.safety_needs, told.strengths, needs

    assert stands() == ("", "", "", [])
    for told in ({"agency": cast.council.id}, {"agency": "", "answer": "refused"}):
        assert say(tom, marek, what="assessment", **told).status_code == 303
        assert stands() == ("", "", "", [])
    assert say(tom, marek, what="assessment", agency="").status_code == 303
    assert stands() == ("Ring Bella", "The library", "", [SupportNeed.MENTAL_HEALTH])
    assert answer(tom, marek, "strengths", good_at="Joinery").status_code == 303
    assert answer(tom, marek, "safety", words_safe_call="Ring Dot").status_code == 303
    assert stands() == ("Ring Bella", "The library", "Joinery", [SupportNeed.MENTAL_HEALTH])
    with database.reading() as session:
        word = newest(each for each in list_said(session, [marek]) if each.agency_id is None)
    assert word is not None
    assert post(tom, f"/people/{marek}/consent/withdraw", consent=word.id).status_code == 303
    assert stands() == ("", "", "", [SupportNeed.MENTAL_HEALTH])
    assert answer(tom, marek, "safety", words_safe_call="Ring Dot again").status_code == 303
    assert say(tom, marek, what="assessment", agency="", until="2027-01-01").status_code == 303
    assert stands() == ("", "", "", [SupportNeed.MENTAL_HEALTH])


def test_what_one_service_alone_may_read_does_not_come_to_stand_on_the_record(
    sign_in: Any, cast: Cast, marek: str, database: Database, now: datetime
) -> None:
    narrower = next(each for each in STANDARD if each.key == "safe_call")
    tom = sign_in(cast.tom)
    with database.writing() as session:
        add_question(session, replace(narrower, version=2, reading=Reading.WHO_ASKED), now, cast.tom.id)
    assert answer(tom, marek, "safety", version="2", words_safe_call="Ring Bella").status_code == 303
    assert say(tom, marek, what="assessment", agency="").status_code == 303
    with database.reading() as session:
        told = find_person(session, marek)
    assert told is not None and told.safety_call == ""


def test_each_look_is_on_record(sign_in: Any, cast: Cast, marek: str, database: Database) -> None:
    read(sign_in(cast.priya), marek)
    with database.reading() as session:
        lines = [each.action for each in audit.list_lines(session, subject_kind="person", subject_id=marek)]
    assert "see_assessment" in lines
    assert "assessment" in sign_in(cast.tom).get(f"/people/{marek}/looks", headers=HTML).text


def test_phones_of_the_own_team_hear_what_the_short_form_asks_and_nobody_else_anything(
    sign_in: Any, cast: Cast, marek: str, database: Database, phone: Phone, new_id: Any, now: datetime
) -> None:
    assert answer(sign_in(cast.tom), marek, home_want="A studio", home_last="Leeds").status_code == 303
    assert answer(sign_in(cast.priya), marek, home_want="With the council").status_code == 303
    heard = phone.pull().content
    assert b"A studio" in heard and b"Leeds" not in heard and b"With the council" not in heard
    with database.writing() as session:
        forget_person(session, [marek], int(now.timestamp() * 1000))
    assert rows(database) == [] and b"A studio" not in phone.pull().content
    phone.push(told(phone, new_id, marek, now))
    assert rows(database) == []


def test_whom_a_service_may_not_know_of_any_more_its_phones_hear_no_answer_of(
    sign_in: Any, cast: Cast, marek: str, phone: Phone
) -> None:
    assert answer(sign_in(cast.tom), marek, home_want="A studio").status_code == 303
    assert b"A studio" in phone.pull().content
    hidden = post(
        sign_in(cast.priya), f"/people/{marek}/hidden", agencies=cast.council.id, reason="He is in danger there"
    )
    assert hidden.status_code == 303
    assert b"A studio" not in phone.pull().content


def test_what_a_phone_asked_is_kept_as_it_was_put_and_what_cannot_be_is_held(
    sign_in: Any, cast: Cast, marek: str, database: Database, phone: Phone, new_id: Any, now: datetime
) -> None:
    good = told(phone, new_id, marek, now, words="Bella, a lurcher")
    phone.push(
        good,
        told(phone, new_id, marek, now, question="pet", version=7, value="yes"),
        told(phone, new_id, marek, now, question="moon_phase", version=3, value="waning"),
        told(phone, new_id, marek, now, value=""),
        told(phone, new_id, marek, now, state="rather_not", value="yes"),
        told(phone, new_id, marek, now, question="Not a key"),
        told(phone, new_id, marek, now + timedelta(days=3)),
        told(phone, new_id, marek, now, words="w" * 10_001),
        told(phone, new_id, new_id(), datetime(1999, 1, 1, tzinfo=UTC)),
    )
    assert len(held(phone, database)) == 6
    phone.push(json.loads(json.dumps(good)))
    assert [(each["question"], each["version"]) for each in rows(database)] == [
        ("pet", 1),
        ("pet", 7),
        ("moon_phase", 3),
    ]
    page = read(sign_in(cast.tom), marek)
    assert (
        "A question that this server does not know yet" in page
        and "Aisha N, New Hope, 12 November 2026, on the street" in page
    )
    with database.reading() as session:
        assert len(list_everything(session, [marek])["assessment_answer"]) == 3
