"""Asking whoever works with somebody: who may ask, whom it reaches, who may answer, and who reads the answer."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.event import listen

from server.actions.cases import questions
from server.actions.people.hiding import hide_person
from server.database.engine import Database
from server.mail.words import write_words
from server.problems import Failure, Invalid, NotFound
from server.queries.operation import outbox
from server.queries.people.erasure import delete_person
from server.queries.people.held import list_everything
from server.tables.partnership.agency import agreement
from server.tables.people.person import person
from server.tables.street.contact import contact_person
from shared.model.mail import MailKind
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call
from tests.server.conferences.test_today import agree
from tests.web import county


def told(watford: Database, kind: MailKind) -> list[str | None]:
    with watford.reading() as session:
        return [each.mail.worker_id for each in outbox.list_posted(session) if each.mail.kind is kind]


def asked(enter: Enter, person_id: str = "p01", text: str = "Does he see a nurse?") -> str:
    with enter("ruth") as access:
        return questions.ask(access, person_id, text).id


def test_a_question_is_asked_read_answered_and_heard_of(browser: Browser, watford: Database) -> None:
    ruth = browser.sign_in("ruth")
    assert 'href="/people/p01/ask"' in ruth.get("/cases").text
    page = ruth.get("/people/p01/ask").text
    assert "Ask about Person 01" in page
    assert "Beacon" not in page
    assert ruth.post("/people/p01/ask", text="Does he see a nurse?").headers["location"] == "/people/p01/ask?done=asked"
    assert "Not answered yet" in ruth.get("/people/p01/ask").text
    assert told(watford, MailKind.QUESTION_ASKED) == ["tom"]

    theirs = browser.sign_in("tom").get("/questions").text
    assert "CGL Spectrum</strong> (Ruth A) asks about" in theirs
    assert "Does he see a nurse?" in theirs
    reply = re.search(r'action="(/questions/[^"]+/answer)"', theirs)
    assert reply is not None
    assert browser.post(reply[1], text="  ").status_code == 422
    assert browser.post(reply[1], text="Every Thursday. Ring me.").headers["location"] == "/questions?done=answered"
    assert "Does he see a nurse?" not in browser.get("/questions").text
    assert told(watford, MailKind.QUESTION_ANSWERED) == ["ruth"]
    for path in ("/people/p01/ask", "/questions"):
        shown = browser.sign_in("ruth").get(path).text
        assert "Beacon Outreach</strong>, Tom E" in shown
        assert "Every Thursday. Ring me." in shown


def test_it_stands_on_the_day_of_a_partner_who_works_with_them_and_is_answered_there(
    browser: Browser, enter: Enter, watford: Database
) -> None:
    agree(enter, call(browser), "case-p01", 9)
    with enter("priya") as access:
        questions.ask(access, "p01", "Is there a bed?")
        questions.ask(access, "p02", "And for her?")
    shown = browser.sign_in("ruth").get("/today").text
    assert "Is there a bed?" in shown
    assert "And for her?" not in shown
    reply = re.search(r'action="(/questions/[^"]+/answer)"', shown)
    assert reply is not None
    assert browser.post(reply[1], text="On Monday", back="/today").headers["location"] == "/today?done=answered"


def test_of_somebody_hidden_only_those_are_told_who_may_know_and_the_question_waits_for_one_of_them(
    enter: Enter, watford: Database
) -> None:
    with enter("priya") as access:
        hide_person(access, "p01", ["cgl"], "His brother looks for him at every door")
    asked(enter)
    # Tom's service works with him, and may not know of him any more: nobody waits for its answer.
    assert told(watford, MailKind.QUESTION_ASKED) == ["priya"]
    with enter("tom") as access:
        assert questions.list_for(access) == []
    with enter("priya") as access:
        assert [each.question.text for each in questions.list_for(access)] == ["Does he see a nurse?"]


def test_a_second_press_asks_nothing_twice_and_the_same_of_later_does(
    browser: Browser, watford: Database, clock: Any
) -> None:
    for text in ("Is there a bed?", "Is there a bed?", "And a nurse?"):
        assert browser.sign_in("ruth").post("/people/p01/ask", text=text).status_code == 303
    assert len(told(watford, MailKind.QUESTION_ASKED)) == 2
    clock.advance(minutes=2)
    browser.post("/people/p01/ask", text="Is there a bed?")
    shown = browser.sign_in("tom").get("/questions").text
    assert shown.count("Is there a bed?") == 2
    assert shown.count("And a nurse?") == 1


def test_many_questions_ask_policy_at_once(enter: Enter) -> None:
    for number in range(1, 13):
        asked(enter, f"p{number:02}")
    with enter("tom") as access:
        seen: list[str] = []
        listen(access.session.connection(), "before_cursor_execute", lambda *told: seen.append(told[2]))
        assert len(questions.list_for(access)) == 12
    assert len(seen) <= 6


def test_who_may_not_answer_finds_no_question(browser: Browser, enter: Enter) -> None:
    question_id = asked(enter)
    for who in ("ruth", "rowan"):
        with enter(who) as access, pytest.raises(NotFound):
            questions.answer(access, question_id, "No idea")
    assert "Does he see a nurse?" not in browser.sign_in("rowan").get("/questions").text
    assert browser.sign_in("helen").get("/questions").status_code == 403
    assert browser.sign_in("rowan").get("/people/p01/ask").status_code == 404
    assert browser.sign_in("aisha").post(f"/questions/{question_id}/answer", text="x").status_code == 403


def test_no_service_answers_its_own_question_and_one_whose_agreement_ended_is_not_told(
    enter: Enter, watford: Database, now: datetime
) -> None:
    with enter("priya") as access:
        own = questions.ask(access, "p01", "Is there a bed?").id
    with enter("priya") as access, pytest.raises(NotFound):
        questions.answer(access, own, "There is")
    assert told(watford, MailKind.QUESTION_ASKED) == ["tom"]
    with watford.writing() as session:
        ended = now.date() - timedelta(days=1)
        session.execute(update(agreement).where(agreement.c.agency_id == "beacon").values(expires_on=ended))
    asked(enter, "p02")
    assert sorted(filter(None, told(watford, MailKind.QUESTION_ASKED))) == ["priya", "tom"]


def test_a_coordinator_may_answer_and_only_the_first_answer_stands(enter: Enter) -> None:
    question_id = asked(enter)
    with enter("priya") as access:
        assert [each.question.id for each in questions.list_for(access)] == [question_id]
        questions.answer(access, question_id, "Thursdays")
    with enter("tom") as access, pytest.raises(Failure, match="changed meanwhile"):
        questions.answer(access, question_id, "Fridays")
    with enter("ruth") as access:
        assert questions.list_ours(access)[0].question.answer == "Thursdays"


def test_where_nobody_works_with_them_the_coordinator_hears(enter: Enter, watford: Database, now: datetime) -> None:
    with watford.writing() as session:
        long_ago = now - timedelta(days=200)
        session.execute(update(contact_person).where(contact_person.c.person_id == "p01").values(seen_at=long_ago))
        session.execute(update(person).where(person.c.id == "p01").values(created_at=long_ago))
    asked(enter)
    assert told(watford, MailKind.QUESTION_ASKED) == ["priya"]


def test_nothing_too_much_or_an_address_is_not_asked_and_nothing_typed_is_lost(browser: Browser, enter: Enter) -> None:
    with enter("ruth") as access, pytest.raises(Invalid):
        questions.ask(access, "p01", " \n ")
    ruth = browser.sign_in("ruth")
    refused = ruth.post("/people/p01/ask", text="Is it 14 Vicarage Road, WD18 0EH?")
    assert refused.status_code == 422
    assert "14 Vicarage Road, WD18 0EH?</textarea>" in refused.text
    assert 'name="sure"' in refused.text
    assert ruth.post("/people/p01/ask", text="Is it 14 Vicarage Road, WD18 0EH?", sure="yes").status_code == 303
    assert ruth.post("/people/p01/ask", text="x" * 10_001).status_code == 422


def test_of_somebody_hidden_nobody_asks_or_reads_who_may_not_know_them(browser: Browser, enter: Enter) -> None:
    question_id = asked(enter)
    with enter("priya") as access:
        hide_person(
            access, "p01", reason="Somebody looks for him with a knife", agency_ids=["beacon", "watford-housing"]
        )
    ruth = browser.sign_in("ruth")
    assert ruth.get("/people/p01/ask").status_code == 404
    assert ruth.post("/people/p01/ask", text="Where is he?").status_code == 404
    assert "Does he see a nurse?" not in ruth.get("/questions").text
    assert "Does he see a nurse?" in browser.sign_in("tom").get("/questions").text
    with enter("tom") as access:
        questions.answer(access, question_id, "Thursdays")
    assert "Thursdays" not in browser.sign_in("ruth").get("/questions").text


def test_what_was_asked_is_in_their_own_copy_and_goes_with_them(enter: Enter, watford: Database) -> None:
    asked(enter)
    with watford.writing() as session:
        assert [row["text"] for row in list_everything(session, ["p01"])["question"]] == ["Does he see a nurse?"]
        delete_person(session, ["p01"])
        assert "question" not in list_everything(session, ["p01"])


def test_a_mail_about_a_question_names_nobody(
    enter: Enter, watford: Database, mail_words: Callable[[Any], str]
) -> None:
    asked(enter, text="Does Person 01 see a nurse?")
    with watford.reading() as session:
        (posted,) = [each for each in outbox.list_posted(session) if each.mail.kind is MailKind.QUESTION_ASKED]
    said = mail_words(posted.mail)
    assert "/questions" in said
    assert not re.search(r"Person|nurse|CGL|p01|watford", said, re.I), said
    assert county.WATFORD not in said


@pytest.fixture
def mail_words() -> Callable[[Any], str]:
    """What a mail says."""

    def write(mail: Any) -> str:
        words = write_words(mail.kind, mail.facts, "https://lantern.example", UTC)
        return f"{words.subject}\n{words.body}"

    return write
