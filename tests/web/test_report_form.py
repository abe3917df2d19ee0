"""The public form on a bus: three languages, a map, a phone that knows where it is, and nothing typed is ever lost."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from server.database.engine import Database
from server.places.gazetteer import make_name_key
from server.tables.maps.gazetteer import gazetteer_place
from server.tables.referrals.referral import alert, referral
from server.web.referrer.words import NAMES, WORDS
from tests.conftest import Clock
from tests.web import county
from tests.web.conftest import Browser
from tests.web.test_browser import watch  # noqa: F401 - a fixture
from tests.web.test_pages import plain
from tests.web.test_referral_place import ground  # noqa: F401 - a fixture
from tests.web.test_referrer import reference_in, tell


@pytest.fixture
def sam(client: Any) -> Browser:
    return Browser(client)


def stored(filled: Database, reference: str) -> Any:
    with filled.reading() as session:
        query = select(referral, alert.c.guesses).join(alert, alert.c.id == referral.c.alert_id)
        return session.execute(query.where(referral.c.number == reference)).mappings().one()


@pytest.mark.parametrize("language", list(NAMES))
def test_the_form_speaks_the_language_that_was_chosen_to_the_end(sam: Browser, filled: Database, language: str) -> None:
    words = WORDS[language]
    page = sam.get(f"/report?lang={language}").text
    assert f'<html lang="{language}"' in page
    for key in ("title", "danger", "place", "postcode", "seen", "appearance", "people", "tell", "send"):
        assert plain(words[key]) in plain(page), key
    refused = tell(sam, lang=language, place="", tell="yes", people="many", district="")
    for key in ("bad_place", "bad_people", "bad_email", "bad_district"):
        assert plain(words[key]) in plain(refused.text), key
    thanked = tell(sam, lang=language, tell="yes", email="sam@example.org")
    assert plain(words["again"]) in plain(thanked.text) and f'<html lang="{language}"' in thanked.text


def test_every_word_is_there_in_each_language_and_is_another(sam: Browser) -> None:
    english = WORDS["en"]
    for language, words in WORDS.items():
        assert set(words) == set(english)
        assert all(text.strip() for text in words.values())
        assert language == "en" or [key for key in words if words[key] == english[key]] == []
        assert [re.findall(r"\{\w+\}", words[key]) for key in english] == [
            re.findall(r"\{\w+\}", english[key]) for key in english
        ]


def test_a_language_that_is_not_there_is_english(sam: Browser) -> None:
    assert '<html lang="en"' in sam.get("/report?lang=xx").text
    assert '<html lang="en"' in sam.get("/report?lang=%3Cb%3E").text


def test_a_report_half_an_hour_after_midnight_is_due_by_the_day_here(
    sam: Browser, filled: Database, clock: Clock
) -> None:
    """In summer that is the evening before in Greenwich: a working day less would be counted."""
    clock.now = datetime(2026, 7, 14, 23, 30, tzinfo=UTC)
    row = stored(filled, reference_in(tell(sam)))
    assert row["due_on"] == date(2026, 7, 29), "ten working days after Wednesday the 15th"


def test_a_point_goes_before_the_area_and_says_whose_it_is(sam: Browser, ground: Database) -> None:  # noqa: F811
    row = stored(ground, reference_in(tell(sam, district="", point="51.66, -0.4")))
    assert (row["state"], row["district_id"], row["latitude"], row["pin_source"]) == (
        "received", county.WATFORD, 51.66, "map_tap",
    )  # fmt: skip


def test_words_are_put_on_the_map_as_a_guess_where_they_are_in_the_chosen_area(sam: Browser, ground: Database) -> None:  # noqa: F811
    with ground.writing() as session:
        session.execute(insert(gazetteer_place), [
            {"id": "far", "name": "Mill Lane", "name_key": make_name_key("Mill Lane"), "kind": "Named Road",
             "latitude": 51.64, "longitude": -0.5}
        ])  # fmt: skip
    row = stored(ground, reference_in(tell(sam, place="behind Tesco")))
    assert (row["latitude"], "Its words name Tesco" in row["guesses"]) == (51.66, True)
    row = stored(ground, reference_in(tell(sam, key="two", place="Mill Lane", district=county.WATFORD)))
    assert (row["latitude"], row["state"], row["guesses"]) == (None, "received", "[]")


@pytest.mark.parametrize("words", ["By the ch\x00emist", "By the ch\ud800emist"])
def test_what_no_database_can_hold_is_kept_as_it_can_be(sam: Browser, filled: Database, words: str) -> None:
    sam.get("/report")
    told = {
        "key": "k",
        "place": words,
        "district": county.WATFORD,
        "tell": "no",
        "_csrf_token": sam.client.cookies["lantern-form"],
    }
    body = "&".join(f"{name}={quote(text.encode('utf-8', 'surrogatepass'))}" for name, text in told.items())
    kind = {"accept": "text/html", "content-type": "application/x-www-form-urlencoded"}
    page = sam.client.post("/report", content=body, headers=kind)
    assert page.status_code == 200, page.text
    assert re.fullmatch("By the ch.{1,3}emist", stored(filled, reference_in(page))["place"])


@pytest.mark.parametrize("point", ["here", "95, 200", "<b>"])
def test_what_is_no_point_is_told_and_kept(sam: Browser, filled: Database, point: str) -> None:
    page = tell(sam, point=point)
    assert page.status_code == 422 and "We cannot read this point" in page.text and "Red hat" in page.text


def test_at_the_limit_the_words_stand_in_the_form_with_999_and_when_to_press_again(
    sam: Browser, filled: Database
) -> None:
    pages = [tell(sam, key=str(number), appearance="Red hat, one shoe") for number in range(11)]
    assert [page.status_code for page in pages] == [200] * 10 + [429]
    last = pages[-1]
    assert "Red hat, one shoe" in last.text and "call 999" in last.text and WORDS["en"]["too_many"] in plain(last.text)
    assert int(last.headers["retry-after"]) > 0
    assert 'name="key" value="10"' in last.text


@pytest.mark.parametrize(
    ("field", "longest"), [("place", 1000), ("seen", 200), ("appearance", 2000), ("concerns", 2000)]
)
def test_what_is_too_long_is_told_and_nothing_of_it_is_cut(
    sam: Browser, filled: Database, field: str, longest: int
) -> None:
    with filled.reading() as session:
        before = len(session.execute(select(alert.c.id)).all())
    page = tell(sam, **{field: "blood " * (longest // 6 + 1) + "behind the bins"})
    assert page.status_code == 422
    assert f"Use {longest:,} characters or fewer." in page.text and "behind the bins" in page.text
    with filled.reading() as session:
        assert len(session.execute(select(alert.c.id)).all()) == before


def test_while_the_server_is_busy_the_words_stand_in_the_form(
    sam: Browser, filled: Database, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam.get("/report")

    @contextmanager
    def locked(self: Database) -> Iterator[Any]:
        raise OperationalError("BEGIN IMMEDIATE", None, TimeoutError("database is locked"))
        yield

    monkeypatch.setattr(Database, "writing", locked)
    page = sam.send(
        "/report", key="one", place="By the chemist", district=county.WATFORD, appearance="Red hat", tell="no"
    )
    assert page.status_code == 503
    assert "Red hat" in page.text and WORDS["en"]["busy"] in plain(page.text)


def test_only_this_page_may_ask_where_a_phone_is(sam: Browser) -> None:
    assert "geolocation=(self)" in sam.get("/report").headers["permissions-policy"]
    assert "geolocation=()" in sam.get("/report/status").headers["permissions-policy"]
    assert "geolocation=()" in sam.get("/sign-in").headers["permissions-policy"]


@pytest.mark.browser
@pytest.mark.slow
def test_a_phones_own_place_and_a_press_on_the_map_fill_the_field_that_can_be_changed(
    ground: Database, chromium: Any, site: Any, now: datetime, watch: Callable[..., Any]  # noqa: F811
) -> None:  # fmt: skip
    with watch(375) as watched:
        watched.page.context.grant_permissions(["geolocation"])
        watched.page.context.set_geolocation({"latitude": 51.6612345, "longitude": -0.4012345, "accuracy": 18})
        watched.open("/report?lang=cy")
        watched.page.fill("#place", "Wrth y fferyllfa")
        watched.page.click("#on-map summary")
        watched.page.locator("#map[data-drawn=yes]").wait_for(timeout=60_000)
        watched.page.click("#locate")
        watched.page.wait_for_function("document.getElementById('point').value === '51.66123, -0.40123'")
        assert "± 18 m" in watched.page.inner_text("#located")
        watched.page.locator("#map canvas").click(position={"x": 100, "y": 120})
        assert watched.page.input_value("#point") != "51.66123, -0.40123"
        watched.page.fill("#point", "51.66, -0.4")
        watched.check()
        assert not watched.is_cut_off()
        watched.page.click("main form button[type=submit]")
        reference = watched.page.inner_text(".lantern-code")
    assert stored(ground, reference)["latitude"] == 51.66
