"""The monthly return: figures that open to people, a month that stays as it was signed, and why it was signed again."""

from datetime import date, timedelta

import pytest

from server.actions.partnership.returns import list_versions
from server.queries.people.erasure import delete_person
from server.tables.people.person import person
from tests.web import county

OCTOBER = f"/returns?district={county.WATFORD}&month=2026-10"
SIGN = {"district": county.WATFORD, "month": "2026-10"}


@pytest.fixture
def october(watford, now):
    """Three people met in Watford in October, one of them in August too."""
    with watford.writing() as session:
        for name, days in (("Ada", (40, 100)), ("Bo", (41,)), ("Cy", (40,))):
            county.put_person(session, now, f"o-{name}", "", name=name, state="listed", nights=days)
    return watford


def nights_of(now, days):
    return now.date() - timedelta(days=days)


def test_each_figure_opens_to_the_people_behind_it_and_says_who_came(browser, october):
    page = browser.sign_in("priya").get(OCTOBER).text

    assert "Sleeping rough over the month" in page
    assert 'href="/people/o-Bo"' in page
    assert "Not counted the month before: " in page
    assert "Not signed yet" in page
    assert "Not held" in page
    assert "of people whom nobody knew: in no figure" in page
    assert browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").status_code == 404
    for other in ("aisha", "tom", "helen", "omar", "ruth"):
        assert browser.sign_in(other).get(OCTOBER).status_code == 403
    assert browser.sign_in("rowan").get(OCTOBER).status_code == 404


def test_a_signed_month_stays_as_it_was_and_a_second_signature_needs_a_reason(browser, october, now):
    browser.sign_in("priya")
    assert browser.post("/returns", night="2026-10-02", **SIGN).status_code == 303
    before = browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").text
    with october.writing() as session:
        county.put_person(session, now, "late", "", name="Late", state="listed", nights=(39,))
        session.execute(person.update().where(person.c.id == "o-Bo").values(institution_left="prison"))
        delete_person(session, ["o-Cy"])
    assert browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").text == before
    refused = browser.post("/returns", reason="again", new_until_day_seen="yes", **SIGN)
    assert refused.status_code == 422
    assert "say in a sentence why it is signed again" in refused.text
    assert browser.post("/returns", reason="Late came in from a paper form.", **SIGN).status_code == 303
    with october.reading() as session:
        first, second = list_versions(session, county.WATFORD, date(2026, 10, 1))
    assert (first.night, first.reason, second.reason) == (date(2026, 10, 2), "", "Late came in from a paper form.")
    assert first.coverage.unidentified == second.coverage.unidentified
    assert "Late came in from a paper form." in browser.get(OCTOBER).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"month": "2026-11"}, "not over"),
        ({"month": "2026-10", "night": "2026-09-30"}, "a night of this month"),
    ],
)
def test_a_month_is_signed_once_it_is_over_and_by_a_night_of_its_own(browser, october, fields, words):
    answer = browser.sign_in("priya").post("/returns", **{**SIGN, **fields})

    assert answer.status_code == 422
    assert words in answer.text


def test_the_sheet_says_by_which_definitions_it_was_counted(browser, october):
    browser.sign_in("priya").post("/returns", new_until_day_seen="yes", **SIGN)

    sheet = browser.get(f"/returns/sheet?district={county.WATFORD}&month=2026-10").text

    assert "Definition: new until day seen,True" in sheet
    assert "Moved into accommodation in the month,not held" in sheet
    assert "Month,2026-10" in sheet
