"""Who speaks for an agency at a table, who instead, and who comes to one conference."""

import pytest
from sqlalchemy import update

from server.actions.cases.answers import say_who_comes
from server.actions.conferences.seating import say_representative
from server.database.engine import Database
from server.problems import Failure, Invalid, NotFound
from server.queries.conferences import conferences
from server.tables.cases.case import mdt_case
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call
from tests.web import county


def test_a_standing_representative_and_a_deputy_stand_where_the_table_is_prepared(browser: Browser) -> None:
    path = call(browser)
    browser.circulate(path)
    agenda = path.replace("/conferences/", "/agendas/")
    ruth = browser.sign_in("ruth")
    kept = ruth.post("/representatives", district=county.WATFORD, name=" Ruth   Adeyemi ", deputy="Sam Okafor")
    assert kept.headers["location"] == "/agendas?done=saved"
    assert 'value="Ruth Adeyemi"' in ruth.get("/agendas").text
    shown = ruth.get(agenda).text
    assert 'id="name" name="name" type="text" value="Ruth Adeyemi"' in shown
    assert "Where Ruth Adeyemi cannot: Sam Okafor" in shown
    theirs = browser.sign_in("priya").get(f"{path}/attendance").text
    assert "Speaks for it: Ruth Adeyemi, or Sam Okafor" in theirs
    assert 'value="Ruth Adeyemi"' in theirs


def test_a_deputy_is_said_to_come_apologies_are_taken_back_by_it_and_undone_again(browser: Browser) -> None:
    path = call(browser)
    browser.circulate(path)
    agenda = path.replace("/conferences/", "/agendas/")
    ruth = browser.sign_in("ruth")
    ruth.post(f"{agenda}/apologies")
    assert "has sent apologies" in ruth.get(agenda).text
    assert ruth.post(f"{agenda}/comes", name="Sam Okafor").headers["location"] == f"{agenda}?done=comes"
    assert "Sam Okafor comes for your service" in ruth.get(agenda).text
    assert "Sam Okafor comes for your service" in ruth.get("/today").text
    shown = browser.sign_in("priya").get(f"{path}/attendance").text
    assert 'govuk-tag--blue">Comes</strong>' in shown
    assert "Sam Okafor" in shown
    ruth = browser.sign_in("ruth")
    ruth.post(f"{agenda}/apologies")
    assert "has sent apologies" in ruth.get(agenda).text
    assert ruth.post(f"{agenda}/comes", name=" ").status_code == 422
    long = ruth.post(f"{agenda}/comes", name="x" * 201)
    assert long.status_code == 422
    assert "x" * 201 in long.text


def test_nobody_speaks_for_another_service_or_at_another_table(browser: Browser, enter: Enter) -> None:
    with enter("ruth") as access:
        with pytest.raises(NotFound):
            say_representative(access, county.THREE_RIVERS, "Ruth", "")
        with pytest.raises(Invalid):
            say_representative(access, county.WATFORD, "x" * 201, "")
    path = call(browser)
    with enter("rowan") as access, pytest.raises(NotFound):
        say_who_comes(access, path.rsplit("/", 1)[1], "Rowan")
    browser.post(f"{path}/attendance", agency="cgl", came="yes", name="Ruth")
    with enter("ruth") as access, pytest.raises(Failure):
        say_who_comes(access, path.rsplit("/", 1)[1], "Sam")


def test_places_of_an_agenda_are_kept_for_newcomers_by_the_districts_own_number(
    browser: Browser, watford: Database
) -> None:
    first = call(browser)
    browser.finish(first)
    with watford.writing() as session:
        session.execute(update(mdt_case).where(mdt_case.c.id == "case-p16").values(state="open"))
    assert "kept for people new to the conference" in browser.get("/conferences").text
    for wrong in ("16", "-1", "many", ""):
        assert browser.post("/newcomers", district=county.WATFORD, places=wrong).status_code == 422
    assert browser.post("/newcomers", district=county.WATFORD, places="2").status_code == 303
    second = call(browser, day="2027-01-14")
    with watford.reading() as session:
        items = conferences.list_items(session, second.rsplit("/", 1)[1])
    assert [item.carried_over for item in items].count(False) == 2
    assert len(items) == 15
    assert "2 of them kept for people new to the conference" in browser.get(second).text
    assert browser.sign_in("rowan").post("/newcomers", district=county.WATFORD, places="0").status_code == 404
    assert browser.sign_in("ruth").post("/newcomers", district=county.WATFORD, places="0").status_code == 403


def test_two_colleagues_who_each_change_one_name_both_keep_it(browser: Browser) -> None:
    ruth = browser.sign_in("ruth")
    ruth.post("/representatives", district=county.WATFORD, name="Ruth", deputy="Sam")
    was = {"was_name": "Ruth", "was_deputy": "Sam", "district": county.WATFORD}
    ruth.post("/representatives", name="Amina", deputy="Sam", **was)
    ruth.post("/representatives", name="Ruth", deputy="Bola", **was)
    shown = ruth.get("/agendas").text
    assert 'value="Amina"' in shown and 'value="Bola"' in shown


def test_a_stale_page_of_who_came_writes_over_no_name_that_the_agency_gave(browser: Browser, enter: Enter) -> None:
    path = call(browser)
    browser.circulate(path)
    stale = {"agency": "cgl", "name": "", "leaves": "", "was_name": "", "was_leaves": ""}
    browser.sign_in("ruth").post(path.replace("/conferences/", "/agendas/") + "/comes", name="Sam Okafor")
    browser.sign_in("priya").post(f"{path}/attendance", came="yes", **(stale | {"leaves": "11:00"}))
    browser.post(f"{path}/attendance", came="yes", **stale)
    with enter("priya") as access:
        noted = conferences.list_attendance(access.session, path.rsplit("/", 1)[1])["cgl"]
    assert (noted.attended, noted.name, noted.leaves_at is not None) == (True, "Sam Okafor", True)
