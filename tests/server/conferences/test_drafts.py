"""Nothing typed is ever lost: what stands in a form is kept for its writer alone, also after the session ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from server.actions.conferences.conferences import take_off_agenda
from server.actions.operation.drafts import KEPT_FOR, Drafts
from server.database.engine import Database
from server.queries.people import erasure
from server.security.drafts import DraftKey, load_draft_key
from server.settings import Settings
from server.tables.operation.draft import draft
from tests.conftest import Clock
from tests.server.conferences.conftest import Browser, Enter
from tests.server.conferences.test_pages import call

WORDS = "Seen on licence; keeps every appointment. Łóżko 🐕 ቤት"


def mark_on(page: str) -> str:
    import re

    found = re.search(r'name="_draft" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


@pytest.fixture
def agenda(browser: Browser) -> str:
    path = call(browser)
    browser.circulate(path)
    browser.sign_in("ruth")
    return path.replace("/conferences/", "/agendas/")


def boxes(browser: Browser, agenda: str) -> dict[str, str]:
    """What stands in the boxes of the page, by case."""
    import html
    import re

    shown = browser.get(agenda).text
    cases = dict(re.findall(r'name="case_(\d+)" value="([^"]+)"', shown))
    words = dict(re.findall(r'<textarea[^>]* name="text_(\d+)"[^>]*>(.*?)</textarea>', shown, re.S))
    return {cases[place]: html.unescape(typed) for place, typed in words.items()}


def three(**more: str) -> dict[str, str]:
    written = {f"case_{n}": f"case-p0{n}" for n in (1, 2, 3)} | {f"text_{n}": f"{WORDS} {n}" for n in (1, 2, 3)}
    return {**written, **more}


def test_updates_beside_the_one_that_is_sent_are_kept(browser: Browser, agenda: str) -> None:
    mark = mark_on(browser.get(agenda).text)
    sent = browser.post(f"{agenda}/updates", press="send:case-p03", _draft=mark, **three())
    assert sent.headers["location"] == f"{agenda}?done=update_sent"
    left = boxes(browser, agenda)
    assert (left["case-p01"], left["case-p02"], left["case-p03"]) == (f"{WORDS} 1", f"{WORDS} 2", "")
    browser.post(f"{agenda}/updates", press="all", _draft=mark, **three(text_3=""))
    assert set(boxes(browser, agenda).values()) == {""}
    assert browser.get(agenda).text.count("Your update,") == 3


def test_an_update_that_is_too_long_is_refused_in_words_and_nothing_of_the_press_is_sent(
    browser: Browser, agenda: str
) -> None:
    long = "x" * 11_990 + " THE-END"
    answer = browser.post(f"{agenda}/updates", press="all", **three(text_2=long))
    assert answer.status_code == 422
    assert "Use 10,000 characters or fewer: these are 11,998." in answer.text
    assert answer.text.count("THE-END") == 1
    assert f"{WORDS} 1</textarea>" in answer.text
    assert "Your update," not in browser.get(agenda).text


def test_an_update_that_is_pressed_twice_is_read_out_once(browser: Browser, agenda: str, clock: Clock) -> None:
    for _ in range(2):
        assert browser.post(f"{agenda}/updates", press="all", **three()).status_code == 303
    assert browser.get(agenda).text.count("Your update,") == 3
    clock.advance(minutes=2)
    browser.post(f"{agenda}/updates", press="send:case-p01", **three())
    assert browser.get(agenda).text.count("Your update,") == 4


def test_a_press_that_sends_nothing_says_so(browser: Browser, agenda: str) -> None:
    empty = three(text_1="", text_2=" ", text_3="")
    answer = browser.post(f"{agenda}/updates", press="all", **empty)
    assert (answer.status_code, "Nothing was sent" in answer.text) == (422, True)
    assert "Your update," not in browser.get(agenda).text
    assert browser.post(f"{agenda}/updates", press="rest_not_known", **empty).status_code == 303


def test_an_empty_update_says_what_is_missing(browser: Browser, agenda: str) -> None:
    answer = browser.post(f"{agenda}/updates", press="send:case-p01", case_1="case-p01", text_1=" ")
    assert answer.status_code == 422
    assert "Write at least a line" in answer.text


def test_a_case_that_was_taken_off_meanwhile_holds_up_no_other_and_its_words_are_shown(
    browser: Browser, agenda: str, enter: Enter
) -> None:
    with enter("priya") as access:
        take_off_agenda(access, agenda.rsplit("/", 1)[1], "case-p02", "She is in hospital")
    answer = browser.post(f"{agenda}/updates", press="all", **three())
    assert answer.status_code == 422
    assert "is on this agenda no longer" in answer.text
    assert f"<strong>Person 02:</strong> {WORDS} 2" in answer.text
    assert "Your update," not in browser.get(agenda).text
    left = {name: value for name, value in three().items() if not name.endswith("_2")}
    assert browser.post(f"{agenda}/updates", press="all", **left).status_code == 303
    assert browser.get(agenda).text.count("Your update,") == 2
    alone = browser.post(f"{agenda}/updates", press="nothing_new:case-p02", **left)
    assert alone.status_code == 422
    assert 'id="off"' in alone.text


def test_one_press_says_that_somebody_is_not_known_or_nothing_is_new(browser: Browser, agenda: str) -> None:
    browser.post(f"{agenda}/updates", press="nothing_new:case-p02", **three())
    assert boxes(browser, agenda)["case-p01"] == f"{WORDS} 1"
    assert boxes(browser, agenda)["case-p02"] == f"{WORDS} 2"  # what stood in its own box was not what was sent
    assert "Known to us, nothing new." in browser.get(agenda).text
    browser.post(f"{agenda}/updates", press="rest_not_known", **three(text_1=WORDS, text_3=""))
    shown = browser.get(agenda).text
    assert shown.count("</span> Not known to us.") == 13
    assert boxes(browser, agenda)["case-p01"] == WORDS


def test_words_that_come_after_the_session_are_there_after_signing_in(browser: Browser, agenda: str) -> None:
    mark = mark_on(browser.get(agenda).text)
    browser.client.cookies.delete("lantern-session")
    late = browser.post(f"{agenda}/updates", press="send:case-p01", _draft=mark, **three())
    assert late.headers["location"] == f"/sign-in?next={agenda}&kept=yes"
    assert "What you typed is kept" in browser.get(late.headers["location"]).text
    assert set(boxes(browser.sign_in("ruth"), agenda).values()) == {"", *(f"{WORDS} {n}" for n in (1, 2, 3))}
    assert "Your update," not in browser.get(agenda).text


def test_words_from_a_page_of_an_earlier_session_are_kept_too(browser: Browser, agenda: str) -> None:
    mark = mark_on(browser.get(agenda).text)
    stale = {"_csrf_token": "of-another-session", "_draft": mark, "press": "all", **three()}
    answer = browser.client.post(
        f"{agenda}/updates", data=stale, headers={"accept": "text/html"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, agenda)
    assert boxes(browser, agenda)["case-p02"] == f"{WORDS} 2"
    assert "Your update," not in browser.get(agenda).text


def test_nobody_else_finds_them_and_nobody_adds_to_them_without_the_mark(browser: Browser, agenda: str) -> None:
    mark = mark_on(browser.get(agenda).text)
    browser.sign_in("priya")
    assert browser.client.get("/drafts", params={"mark": mark}).status_code == 404
    browser.client.cookies.delete("lantern-session")
    forged = mark[:-4] + ("AAAA" if not mark.endswith("AAAA") else "BBBB")
    late = browser.post(f"{agenda}/updates", press="all", _draft=forged, **three())
    assert late.headers["location"] == "/sign-in"
    assert set(boxes(browser.sign_in("ruth"), agenda).values()) == {""}


def test_what_is_typed_is_kept_as_it_is_typed_and_gone_when_it_was_sent(browser: Browser, watford: Database) -> None:
    path = "/people/marek/notes"
    page = browser.sign_in("tom").get(path).text
    mark = mark_on(page)
    token = browser.client.cookies["lantern-form"]
    kept = browser.client.post(
        "/drafts",
        json={"mark": mark, "action": path, "fields": {"text": WORDS}},
        headers={"accept": "application/json", "x-csrftoken": token},
    )
    assert kept.status_code == 200, kept.text
    assert WORDS in browser.get(path).text
    with watford.reading() as session:
        (row,) = session.execute(select(draft)).mappings()
    assert "licence" not in row["sealed"]
    assert row["person_id"] == "marek"
    assert browser.post(path, text=WORDS, _draft=mark).status_code == 303
    with watford.reading() as session:
        assert session.execute(select(draft)).all() == []


def test_a_draft_goes_with_its_person(browser: Browser, watford: Database) -> None:
    path = "/people/marek/notes"
    mark = mark_on(browser.sign_in("tom").get(path).text)
    browser.client.cookies.delete("lantern-session")
    browser.post(path, text=WORDS, _draft=mark)
    with watford.writing() as session:
        assert session.scalar(text("select count(*) from draft")) == 1
        erasure.delete_person(session, ["marek"])
        assert session.scalar(text("select count(*) from draft")) == 0


def test_a_draft_about_a_case_or_a_contact_goes_with_its_person_and_no_other_does(
    watford: Database, settings: Settings, now: datetime
) -> None:
    drafts = Drafts(watford, load_draft_key(settings))
    theirs = ["/cases/case-marek/case-study", "/recorded/contact-marek-0", "/conferences/c1/guest#case-marek"]
    others = [
        "/cases/case-joan/case-study",
        "/recorded/contact-joan-0",
        "/conferences/c1/guest#case-joan",
        "/contacts/new",
    ]
    for action in (*theirs, *others):
        assert drafts.keep("priya", "/cases", action, {"text": WORDS}, now)
    with watford.writing() as session:
        erasure.delete_person(session, ["marek"])
        assert sorted(session.scalars(select(draft.c.action))) == sorted(others)


def test_asking_how_long_the_session_lasts_keeps_it_no_longer_and_staying_does(
    browser: Browser, clock: Clock, settings: Settings
) -> None:
    browser.sign_in("ruth")
    ask: Callable[[], Any] = lambda: browser.client.get("/session", headers={"accept": "application/json"})  # noqa: E731
    clock.advance(minutes=13)
    assert ask().json()["left_s"] == 120
    clock.advance(minutes=1)
    assert ask().json()["left_s"] == 60
    token = browser.client.cookies.get("lantern-form") or ""
    stayed = browser.client.post("/session/stay", headers={"accept": "application/json", "x-csrftoken": token})
    assert stayed.json()["left_s"] == 900
    clock.advance(minutes=16)
    assert ask().status_code == 401


def test_what_nobody_came_back_for_in_a_week_is_forgotten(watford: Database, settings: Settings, now: datetime) -> None:
    drafts = Drafts(watford, load_draft_key(settings))
    kept = {"/agendas/1": KEPT_FOR + timedelta(minutes=1), "/agendas/2": KEPT_FOR - timedelta(minutes=1)}
    for page, age in kept.items():
        assert drafts.keep("ruth", page, f"{page}/updates", {"text_1": WORDS}, now - age)
    drafts.forget_old(now)
    assert [bool(drafts.list_on("ruth", page)) for page in kept] == [False, True]


def test_a_draft_is_opened_by_nobody_else_and_a_mark_lasts_a_day(settings: Settings, clock: Clock) -> None:
    key = load_draft_key(settings)
    sealed = key.seal(b"words", "ruth", "/agendas/1/updates")
    assert key.open(sealed, "ruth", "/agendas/1/updates") == b"words"
    assert key.open(sealed, "priya", "/agendas/1/updates") is None
    assert DraftKey(b"another key of thirty-two bytes!").open(sealed, "ruth", "/agendas/1/updates") is None
    mark = key.mark("ruth", "/agendas/1", clock.now)
    assert key.read_mark(mark, clock.now + timedelta(hours=23)) is not None
    assert key.read_mark(mark, clock.now + timedelta(hours=25)) is None
    assert key.read_mark(mark.replace("ruth", "anna"), clock.now) is None
    assert key.read_mark("a.b.c", clock.now) is None


def test_words_of_a_form_that_asks_to_prove_who_one_is_are_kept(
    browser: Browser, watford: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "/people/p01/facts"
    mark = mark_on(browser.sign_in("priya").get(page).text)
    monkeypatch.setattr("server.access.PROVE_AGAIN_AFTER", 0)
    asked = browser.post(page, alias=WORDS, _draft=mark)
    assert asked.headers["location"] == f"/sign-in?next={page}&kept=yes&done=prove_again"
    with watford.reading() as session:
        assert session.execute(select(draft.c.worker_id, draft.c.action)).all() == [("priya", page)]


def test_forms_of_one_address_are_kept_and_sent_each_by_itself(browser: Browser, watford: Database) -> None:
    path = f"{call(browser)}/attendance"
    mark = mark_on(browser.sign_in("priya").get(path).text)
    token = browser.client.cookies["lantern-form"]
    for agency in ("cgl", "hpft"):
        kept = browser.client.post(
            "/drafts",
            json={"mark": mark, "action": f"{path}#{agency}", "fields": {"agency": agency, "name": WORDS}},
            headers={"accept": "application/json", "x-csrftoken": token},
        )
        assert kept.status_code == 200, kept.text
    sent = browser.post(path, agency="cgl", came="yes", name="Ruth", _draft=mark, _part="cgl")
    assert sent.status_code == 303
    read = browser.client.get("/drafts", params={"mark": mark}).json()
    assert [(each["action"], each["fields"]["name"]) for each in read] == [(f"{path}#hpft", WORDS)]
    browser.client.cookies.delete("lantern-session")
    late = browser.post(path, agency="cgl", came="yes", name="Ruth too", _draft=mark, _part="cgl")
    assert late.headers["location"] == f"/sign-in?next={path}&kept=yes"
    browser.sign_in("priya")
    read = browser.client.get("/drafts", params={"mark": mark}).json()
    assert {each["action"]: each["fields"]["name"] for each in read} == {
        f"{path}#cgl": "Ruth too", f"{path}#hpft": WORDS,
    }  # fmt: skip


def test_what_is_wrong_on_a_page_of_several_forms_stands_where_it_was_typed(browser: Browser) -> None:
    path = f"{call(browser)}/attendance"
    refused = browser.sign_in("priya").post(path, agency="cgl", came="yes", name="Ruth Ó", leaves="late", _part="cgl")
    assert refused.status_code == 422
    assert 'value="Ruth Ó"' in refused.text
    assert 'value="late"' in refused.text
    bare = browser.post("/priorities/case-p03", rank="7", reason="")
    assert bare.status_code == 422
    assert 'id="rank-case-p03" name="rank" autocomplete="off" inputmode="numeric" value="7"' in bare.text
