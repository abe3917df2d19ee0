"""What is known of a person is changed from their page, each fact by itself; on both databases."""

import html
import re
from typing import Any

import pytest

from server.queries.people import people, person_page
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
    assert find_joan(browser).language == "Ukrainian"


def test_needs_are_recorded_with_who_helps(browser: Browser) -> None:  # noqa: F811
    form = read_form(browser.sign_in("priya").get(PATH).text)
    wanted = {"need_drugs": "no", "need_mental_health": "yes"}
    assert set(wanted) <= set(form)
    assert browser.post(PATH, **{**form, **wanted}).status_code == 303
    with browser.watford.reading() as session:
        needs = {each.need: each.receiving_support for each in person_page.list_needs(session, ["joan"])}
    assert needs[SupportNeed.DRUGS] is ReceivingSupport.NO
    assert needs[SupportNeed.MENTAL_HEALTH] is ReceivingSupport.YES


def test_whoever_may_not_change_a_record_has_no_form(browser: Browser) -> None:  # noqa: F811
    assert browser.sign_in("helen").get(PATH).status_code == 403
    assert browser.sign_in("rowan").get(PATH).status_code == 404
