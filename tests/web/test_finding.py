"""Finding somebody from any page: no name in an address, Back works, and whoever is not found can be put forward."""

import re
from datetime import date
from typing import Any

import pytest

from tests.web import county


def look_for(browser: Any, words: str, **others: str) -> Any:
    browser.get("/account")
    return browser.send("/cases/search", words=words, **others)


def test_every_page_has_the_box_for_those_who_may_look(browse: Any) -> None:
    assert 'id="find-person"' in browse("priya").get("/account").text
    assert 'id="find-person"' not in browse("helen").get("/account").text


def test_what_was_found_stands_under_a_key_that_says_nothing_and_back_works(browse: Any) -> None:
    browser = browse("priya")
    found = look_for(browser, "joan")
    assert "Joan Carter" in found.text
    assert re.fullmatch(r"/cases/found/[0-9a-f-]{36}", found.url.path) and not found.url.query
    assert found.history[-1].status_code == 303
    assert "Joan Carter" in browser.get(found.url.path).text, "Back asks again, and nothing is sent again"


@pytest.mark.parametrize("typed", ["JOAN", "carter joan", "Jo’an", "Joán", "Jaon", "Karter"])
def test_a_name_is_found_however_it_is_typed(typed: str, browse: Any) -> None:
    assert "Joan Carter" in look_for(browse("priya"), typed).text


@pytest.mark.parametrize("typed", ["JOAN", "carter joan", "Jo’an", "Joán", "Jaon", "Karter"])
def test_a_partner_finds_by_the_same_rule(typed: str, browse: Any) -> None:
    assert "Joan Carter" in look_for(browse("ruth"), typed).text


def test_signs_that_are_no_words_find_nobody(browse: Any) -> None:
    found = look_for(browse("priya"), "💊 ?!").text
    assert "Nobody on this list is described like that" in found
    assert "Joan Carter" not in found


@pytest.mark.parametrize("typed", ["irish dog", "Réd", "4 March 1971", "stefan red"])
def test_a_person_is_found_by_what_a_record_says_that_was_joined_with_theirs(
    typed: str, browse: Any, filled: Any, now: Any
) -> None:
    from sqlalchemy import update

    from server.tables.people.person import person, person_merge

    with filled.writing() as session:
        session.execute(update(person).where(person.c.id == "red").values(date_of_birth=date(1971, 3, 4)))
        merge = {"id": "m", "from_id": "red", "into_id": "stefan", "at": now, "worker_id": "priya"}
        county.add(session, person_merge, merge)
    found = look_for(browse("priya"), typed).text
    assert "Stefan Ilic" in found
    assert "Joan Carter" not in found


def test_what_keeps_people_safe_is_told_whichever_of_two_joined_records_says_it(
    browse: Any, filled: Any, now: Any
) -> None:
    """It stood on the record that had gone from the lists, and whoever prepared a visit read that there was nothing."""
    from sqlalchemy import update

    from server.tables.people.person import person, person_merge

    with filled.writing() as session:
        session.execute(update(person).where(person.c.id == "red").values(safety_signs="Shouts\nwhen woken"))
        county.add(
            session, person_merge, {"id": "m", "from_id": "red", "into_id": "stefan", "at": now, "worker_id": "priya"}
        )
    read = browse("priya").get("/people/stefan").text
    assert "read before you meet" in read and "Shouts\nwhen woken" in read
    with filled.writing() as session:
        session.execute(update(person_merge).values(undone=True))
    assert "Shouts" not in browse("priya").get("/people/stefan").text


def test_nobody_else_reads_what_somebody_looked_for(browse: Any) -> None:
    path = look_for(browse("priya"), "joan").url.path
    answer = browse("rowan").get(path)
    assert "joan" not in answer.text.casefold() and answer.url.path == "/cases"


def test_a_key_of_nobody_leads_to_the_list(browse: Any) -> None:
    assert browse("priya").get("/cases/found/nothing").url.path == "/cases"
    assert look_for(browse("priya"), "   ").url.path == "/cases"


@pytest.mark.parametrize(
    ("typed", "field"),
    [("Zdzisław Ćwik", 'name="name" type="text" value="Zdzisław Ćwik"'), ("1/2/80", 'name="born_year" value="1980"')],
)
def test_who_is_not_found_is_put_forward_with_the_words_carried_over(typed: str, field: str, browse: Any) -> None:
    browser = browse("priya")
    nobody = look_for(browser, typed)
    link = re.search(r'href="(/put-forward\?[^"]+)"[^>]*>Put them forward', nobody.text)
    assert link is not None
    path = link[1].replace("&amp;", "&")
    assert "wik" not in path
    assert field in browser.get(path).text


def test_what_is_looked_for_lies_sealed(browse: Any, filled: Any) -> None:
    from sqlalchemy import select

    from server.tables.operation.draft import draft

    look_for(browse("priya"), "Joan Carter", district=county.WATFORD)
    with filled.reading() as session:
        kept = session.execute(select(draft)).mappings().all()
    assert kept and "joan" not in str([dict(each) for each in kept]).casefold()
