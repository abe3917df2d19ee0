"""What is known of a person is changed from their page, each fact by itself; on both databases."""

import html
import re
from typing import Any

import pytest
from sqlalchemy import insert, select

from server.actions.people.facts import FIELDS
from server.queries.people import people, person_page
from server.tables.operation.audit import audit
from server.tables.sync.sync import change, placement
from shared.model.codes import Gender, Quality, ReceivingSupport, SupportNeed
from tests.server.conferences.conftest import Browser, browser, enter, watford  # noqa: F401

PATH = "/people/joan/facts"


def read_form(text: str) -> dict[str, str]:
    """Every field of the form as a browser would send it untouched."""
    form = text[text.index('action="/people/joan/facts"') :]
    found = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form))
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else re.findall(r'value="([^"]*)"', options)[0]
    found.pop("_csrf_token", None)
    return {name: html.unescape(value) for name, value in found.items()}


def find_joan(browser: Browser) -> Any:  # noqa: F811
    with browser.watford.reading() as session:
        return people.find_person(session, "joan")


def test_the_page_leads_to_the_form_and_an_untouched_form_changes_nothing(browser: Browser) -> None:  # noqa: F811
    page = browser.sign_in("priya").get("/people/joan").text
    assert f'href="{PATH}"' in page
    before = find_joan(browser)
    sent = browser.post(PATH, **read_form(browser.get(PATH).text))
    assert sent.headers["location"] == "/people/joan?done=saved"
    assert find_joan(browser) == before


@pytest.mark.parametrize("words", ["1/2/80", "01/02/1980", "1 February 1980", "1980-02-01", "1st Feb 80"])
def test_a_date_of_birth_is_taken_in_any_spelling(browser: Browser, words: str) -> None:  # noqa: F811
    form = read_form(browser.sign_in("priya").get(PATH).text)
    assert browser.post(PATH, **{**form, **three("", "", words)}).status_code == 303
    joan = find_joan(browser)
    assert (joan.date_of_birth.isoformat(), joan.dob_quality) == ("1980-02-01", Quality.FULL)
    assert three("1", "2", "1980").items() <= read_form(browser.get(PATH).text).items()


def three(day: str, month: str, year: str) -> dict[str, str]:
    return {"date_of_birth_day": day, "date_of_birth_month": month, "date_of_birth_year": year}


@pytest.mark.parametrize(
    "parts", [("1", "2", "1980"), ("01", "02", "80"), ("1", "Feb", "1980"), ("1", "february", "80")]
)
def test_a_date_of_birth_is_taken_from_three_fields(browser: Browser, parts: tuple[str, str, str]) -> None:  # noqa: F811
    form = read_form(browser.sign_in("priya").get(PATH).text)
    assert browser.post(PATH, **{**form, **three(*parts)}).status_code == 303
    assert find_joan(browser).date_of_birth.isoformat() == "1980-02-01"


@pytest.mark.parametrize("parts", [("31", "2", "1980"), ("1", "", "1980"), ("x", "2", "80")])
def test_three_fields_that_are_no_date_come_back_as_they_were_typed(
    browser: Browser,  # noqa: F811
    parts: tuple[str, str, str],
) -> None:
    form = read_form(browser.sign_in("priya").get(PATH).text)
    before = find_joan(browser)
    refused = browser.post(PATH, **{**form, **three(*parts)})
    assert refused.status_code == 422
    assert 'href="#date_of_birth"' in refused.text
    assert three(*parts).items() <= read_form(refused.text).items()
    assert find_joan(browser) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("1 January 2031", "That day is still to come."), ("1/1/1066", "That is before 1900."),
        ("sometime in 1980", "Write the day, the month and the year"), ("31/2/80", "Write the day"),
    ],
)  # fmt: skip
def test_no_birthday_is_still_to_come_or_before_1900(browser: Browser, words: str, why: str) -> None:  # noqa: F811
    form = read_form(browser.sign_in("priya").get(PATH).text)
    before = find_joan(browser)
    refused = browser.post(PATH, **{**form, **three("", "", words), "alias": "Joanie"})
    assert refused.status_code == 422
    assert why in refused.text
    assert three("", "", words).items() <= read_form(refused.text).items()
    assert 'value="Joanie"' in refused.text
    assert find_joan(browser) == before


def test_what_somebody_else_changed_meanwhile_is_shown_beside_and_the_rest_is_written(browser: Browser) -> None:  # noqa: F811
    old = read_form(browser.sign_in("priya").get(PATH).text)
    browser.post(PATH, **{**old, "gender": "female", "language": "Polish"})
    asked = browser.post(PATH, **{**old, "language": "Ukrainian", "approximate_age_years": "45"})
    assert asked.status_code == 422
    assert "Meanwhile somebody else wrote “Polish”." in html.unescape(asked.text)
    joan = find_joan(browser)
    assert (joan.gender, joan.language, joan.approximate_age_years) == (Gender.FEMALE, "Polish", 45)
    again = read_form(asked.text)
    assert again["language"] == "Ukrainian"
    assert browser.post(PATH, **again).status_code == 303
    joan = find_joan(browser)
    assert (joan.gender, joan.language) == (Gender.FEMALE, "Ukrainian")  # what was left alone stays the newer


def test_needs_are_recorded_with_who_helps(browser: Browser) -> None:  # noqa: F811
    form = read_form(browser.sign_in("priya").get(PATH).text)
    wanted = {"need_drugs": "no", "need_mental_health": "yes"}
    assert set(wanted) <= set(form)
    assert browser.post(PATH, **{**form, **wanted}).status_code == 303
    with browser.watford.reading() as session:
        needs = {each.need: each.receiving_support for each in person_page.list_needs(session, ["joan"])}
    assert needs[SupportNeed.DRUGS] is ReceivingSupport.NO
    assert needs[SupportNeed.MENTAL_HEALTH] is ReceivingSupport.YES


def test_a_need_that_somebody_else_told_meanwhile_is_never_written_over_by_an_older_page(
    browser: Browser,  # noqa: F811
    clock: Any,
) -> None:
    def helped() -> ReceivingSupport:
        with browser.watford.reading() as session:
            needs = {each.need: each.receiving_support for each in person_page.list_needs(session, ["joan"])}
        return needs[SupportNeed.DRUGS]

    priya = browser.sign_in("priya")
    priya.post(PATH, **{**read_form(priya.get(PATH).text), "need_drugs": "no"})
    old = read_form(priya.get(PATH).text)
    clock.advance(minutes=1)
    assert priya.post(PATH, **{**old, "need_drugs": "yes"}).status_code == 303
    clock.advance(minutes=1)
    assert priya.post(PATH, **{**old, "language": "Polish"}).status_code == 303
    assert helped() is ReceivingSupport.YES  # a need that the older page left alone says what it said
    asked = priya.post(PATH, **{**old, "language": "Polish", "was_language": "Polish", "need_drugs": "not_known"})
    assert asked.status_code == 422
    assert "Meanwhile somebody else chose “Receiving support”." in html.unescape(asked.text)
    assert helped() is ReceivingSupport.YES
    again = read_form(asked.text)
    assert again["need_drugs"] == "not_known"
    clock.advance(minutes=1)
    assert priya.post(PATH, **again).status_code == 303
    assert helped() is ReceivingSupport.NOT_KNOWN


def test_whoever_may_not_change_a_record_has_no_form(browser: Browser) -> None:  # noqa: F811
    assert browser.sign_in("helen").get(PATH).status_code == 403
    assert browser.sign_in("rowan").get(PATH).status_code == 404


def test_one_press_leads_from_each_fact_to_the_field_that_changes_it(browser: Browser) -> None:  # noqa: F811
    page, form = browser.sign_in("priya").get("/people/joan").text, browser.get(PATH).text
    led = set(re.findall(rf'href="{PATH}#([^"]+)"', page))
    wanted = {
        "name", "alias", "date_of_birth", "approximate_age_years", "gender", "language", "institution_left", "description",
        "strengths", "wants_first", "safety_needs", "safety-plan", "need_mental_health",
    }  # fmt: skip
    assert wanted <= led
    for field in led:
        assert form.count(f'id="{field}"') == 1, field
    assert 'href="/people/joan/lead"' in page
    assert 'action="/priorities/case-joan/general"' in page
    assert f'href="{PATH}#' not in browser.sign_in("ruth").get("/people/joan").text


def test_general_data_is_changed_on_the_persons_page(browser: Browser) -> None:  # noqa: F811
    priya = browser.sign_in("priya")
    saved = priya.post("/priorities/case-joan/general", back="joan", eviction_risk="yes")
    assert saved.headers["location"] == "/people/joan?done=general_saved"
    general = priya.get("/people/joan").text.split('id="general"')[1]
    assert "At risk of eviction, or on a final warning. " in general.split("<details")[0]
    assert (
        priya.post("/priorities/case-joan/general", back="//evil.example").headers["location"].startswith("/priorities")
    )
    with browser.watford.reading() as session:
        details = set(session.scalars(select(audit.c.detail).where(audit.c.purpose == "general data")))
    assert "eviction_risk: yes" in details


CODED = {"name_quality": ("full", "does_not_know"), "dob_quality": ("partial_or_alias", "prefers_not"),
         "gender": ("male", "other"), "institution_left": ("prison", "hospital"), "approximate_age_years": ("40", "50"),
         "date_of_birth": ("1 2 1980", "3 4 1981"), "institution_left_on": ("1 March 2026", "2 April 2026")}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_every_fact_that_is_changed_is_audited_kept_as_it_was_and_told_to_phones(
    browser: Browser,  # noqa: F811
    field: str,
) -> None:
    with browser.watford.writing() as session:
        session.execute(insert(placement), [{"entity": "joan", "scope": "team:watford-outreach"}])
    browser.sign_in("priya")
    for value in CODED.get(field, ("Said at first", "Said later")):
        form = read_form(browser.get(PATH).text)
        new = three(*value.split()) if field == "date_of_birth" else {field: value}
        assert browser.post(PATH, **{**form, **new}).status_code == 303
    with browser.watford.reading() as session:
        told = session.execute(
            select(change.c.scope, change.c.body).where(change.c.entity == "joan", change.c.type == "person.patched")
        ).all()
        audited = session.scalars(
            select(audit.c.action).where(audit.c.subject_id == "joan", audit.c.purpose == "a fact of the record")
        ).all()
    said = [body for _, body in told if f'"{field}"'.encode() in bytes(body)]
    assert len(said) == 2
    assert {scope for scope, _ in told} == {"team:watford-outreach"}  # whose phones hold the record
    assert list(audited).count("edit_person") >= 2
