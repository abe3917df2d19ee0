"""A new county's administrator begins from nothing, and a month later it is counted: with real parts only.

A server process, its mail server, browsers, the phone app under a finger, on SQLite and on PostgreSQL: set up by a page
and a file, a tracker of sixty people with thirty flaws, a phone enrolled, a night's contacts, a pair settled by two, a
conference held, a worker who leaves, another whose training is renewed, and the return of the month.
"""

import asyncio
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from server.importers.county.sheets import SHEETS
from shared.geo.night import outreach_night
from tests.end_to_end.browser import Browser, open_browser
from tests.end_to_end.test_the_whole_road import _drive, _enrol, _phone
from tests.end_to_end.town import BOUNDARY, Town, serving
from tests.end_to_end.tracker import make_tracker
from tests.mobile.glass import prepare
from tests.server.mail.postbox import Postbox

pytestmark = [pytest.mark.slow, pytest.mark.screen, pytest.mark.browser]

prepare()

LONDON = ZoneInfo("Europe/London")
PASSWORD = "three warm words here"
Take = Callable[[str], None]
"""Takes a picture of what the browser shows, under a name."""
PEOPLE = (
    ("priya@example.org", "Priya Shah", "Watford Council", "coordinator", "", "E07000103"),
    ("tom@example.org", "Tom Brook", "New Hope", "team lead", "Watford Outreach", "E07000103"),
    ("aisha@example.org", "Aisha Noor", "New Hope", "worker", "Watford Outreach", ""),
    ("dean@example.org", "Dean Fox", "New Hope", "worker", "Watford Outreach", ""),
)


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    box.start()
    yield box
    box.stop()


@pytest.fixture
def town(database_url: str, tmp_path: Path, postbox: Postbox) -> Town:
    """A server on which nothing was entered, and a mail server beside it."""
    return Town(
        {
            "LANTERN_DATABASE": database_url, "LANTERN_DATA": str(tmp_path / "server"), "LANTERN_SECOND_FACTOR": "off",
            "LANTERN_ONE_ROLE": "on", "LANTERN_SMTP_HOST": "127.0.0.1", "LANTERN_SMTP_PORT": str(postbox.port),
            "LANTERN_SMTP_SECURITY": "none", "LANTERN_MAIL_FROM": "lantern@example.org",
        }
    )  # fmt: skip


@pytest.fixture
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def test_a_county_starts_on_monday_and_its_month_is_counted(
    town: Town, browser: Browser, postbox: Postbox, tmp_path: Path, screenshots: Path | None
) -> None:
    """With LANTERN_SCREENSHOTS it takes the pictures of `docs/start.md` on its way."""

    def take(name: str) -> None:
        browser.picture(screenshots / f"start-{name}-1280.png" if screenshots else None)

    today, night = datetime.now(LONDON).date(), outreach_night(datetime.now(UTC))
    with serving(town) as url:
        (link,) = re.findall(r"/setup/\S+", (tmp_path / "server" / "serve.log").read_text())
        browser.read(url + link)
        take("setup")
        browser.fill(agency="Watford Council", name="Dana Price", email="dana@example.org")
        browser.press("Go on to your password")
        _set_password(browser, url + browser.path)
        _bring_county(browser, url, tmp_path, today, take)
        outlines = tmp_path / "watford.geojson"
        outlines.write_text(json.dumps(BOUNDARY))
        town.run("import", "boundaries", str(outlines))
        _invite(town, browser, url, postbox)
        browser.sign_in(url, "dana@example.org", PASSWORD)
        browser.read(f"{url}/agencies")
        take("agencies")

        browser.sign_in(url, "priya@example.org", PASSWORD)
        _bring_tracker(browser, url, tmp_path, today, take)

        code = town.ask("enrol-code", "aisha@example.org")["code"]
        asyncio.run(_drive(_phone(tmp_path / "phone"), lambda driver: _a_night(driver, url, code)))
        town.work("same people of the county")
        _settle_pair(browser, url, take)
        _house_somebody(browser, url, night)
        _hold_conference(browser, url, today)

        browser.sign_in(url, "dana@example.org", PASSWORD)
        _let_go(browser, url)
        _renew_training(browser, url, today)
        browser.sign_in(url, "dean@example.org", PASSWORD)
        assert "/sign-in" in browser.path, "who has left signs in no more"

        browser.sign_in(url, "priya@example.org", PASSWORD)
        figures = _read_return(browser, url, night)
        take("return")
        assert figures == {
            "Sleeping rough over the month": "4",
            "Sleeping rough on the typical night": "4",
            "New over the month": "1",
            "New, on the typical night": "1",
            "Left an institution in the last 85 days": "1",
            "Long-term: seen in 3 or more of the last 12 months": "0",
            "Returning after 180 days or more": "0",
            "Moved into accommodation in the month": "1",
            "Returning, from a settled home in the 12 months before": "0",
        }


def _set_password(browser: Browser, link: str) -> None:
    browser.read(link)
    browser.fill(password=PASSWORD, again=PASSWORD)
    browser.press("Set the password")
    assert "/sign-in" in browser.path


def _bring_county(browser: Browser, url: str, folder: Path, today: date, take: Take) -> None:
    browser.sign_in(url, "dana@example.org", PASSWORD)
    file = folder / "county.xlsx"
    file.write_bytes(_county(today))
    browser.read(f"{url}/county")
    browser.upload("data", file)
    browser.press("See what would change")
    assert "0 refused" in browser.text(), browser.text()
    take("county")
    browser.press("Apply")
    for name in ("Priya Shah", "Aisha Noor"):
        assert name in browser.read(f"{url}/workers")
    assert "Sees nobody" not in browser.read(f"{url}/agreements")


def _county(today: date) -> bytes:
    """The empty workbook, filled: two services, one team, four people, what both have signed."""
    signed, ends = today - timedelta(days=30), today + timedelta(days=300)
    rows: dict[str, list[dict[str, Any]]] = {
        "Districts": [{"Code": "E07000103", "Name": "Watford"}],
        "Agencies": [{"Name": "New Hope", "Kind": "outreach"}, {"Name": "Watford Council", "Kind": "housing"}],
        "Teams": [{"Agency": "New Hope", "Name": "Watford Outreach", "Districts": "E07000103"}],
        "Workers": [
            {"E-mail": email, "Name": name, "Agency": agency, "Roles": role, "Teams": team, "Districts": district,
             "Trained on": today - timedelta(days=700 if name == "Aisha Noor" else 60)}
            for email, name, agency, role, team, district in PEOPLE
        ],
        "Agreements": [
            {"Agency": agency, "Kind": kind, "Version": "1", "Signed by": "A director", "Signed on": signed, "Last day": ends}
            for agency in ("New Hope", "Watford Council")
            for kind in ("terms of reference", "information sharing")
        ],
    }  # fmt: skip
    book = openpyxl.Workbook()
    book.remove(book.active)
    for each in SHEETS:
        sheet: Any = book.create_sheet(each.name)
        sheet.append(list(each.columns))
        for row in rows[each.name]:
            sheet.append([row.get(column) for column in each.columns])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _invite(town: Town, browser: Browser, url: str, postbox: Postbox) -> None:
    """Each who signs in is sent a link, and sets their own password by it."""
    for email, name, *_ in PEOPLE:
        browser.sign_in(url, "dana@example.org", PASSWORD)
        browser.read(f"{url}/workers")
        browser.follow(name)
        browser.press("Send an invitation")
        town.work("mail")
        mail = next(message.get_content() for address, message in reversed(postbox.kept) if address == email)
        (link,) = re.findall(r"/invitations/\S+", mail)
        _set_password(browser, url + link)


def _bring_tracker(browser: Browser, url: str, folder: Path, today: date, take: Take) -> None:
    """Sixty people with thirty flaws: mended in place, answered, brought in, and let onto the team's phones."""
    file = folder / "tracker.xlsx"
    file.write_bytes(make_tracker(today))
    browser.read(f"{url}/caseload")
    browser.upload("data", file)
    browser.press("See what it would bring in")
    assert "58 people to bring in, 2 rows to answer for" in browser.text(), browser.text()[:600]
    take("tracker")
    browser.fill(
        **{"mend-6-2": "1 February 1980", "mend-12-6": "yes", "mend-14-10": "open", "mend-18-1": "Graham Kovács"}
    )
    browser.press("Keep what I chose")
    browser.pick("who-33-1", "new")
    browser.press("Bring them in")
    assert "60 new people from 60 rows, 0 left out" in browser.read(f"{url}/caseload")
    browser.press("Let the team have them on its phones")
    assert "On the team’s phones since" in browser.text()
    assert "Lena Thistle" in browser.read(f"{url}/cases")


async def _a_night(driver: Any, url: str, code: str) -> None:
    """Aisha's phone: two of whom the tracker told, somebody new, and somebody whom the tracker knows by another name."""
    await _enrol(driver, url, code)
    await driver.tap("Start your shift")
    await driver.tap("Start shift")
    await driver.settle()
    if driver.screen.title != "Tonight":
        driver.app.home()
    await driver.until(lambda: "All sent" in " ".join(driver.visible_texts()), "all sent")
    for known in ("Lena Thistle", "Yusuf Roe"):
        await _meet(driver, known, is_new=False)
    for new in ("Ginger", "Socks"):
        await _meet(driver, new, is_new=True)
    driver.app.service.sync_now()
    await driver.until(lambda: "All sent" in " ".join(driver.visible_texts()), "all sent")


async def _meet(driver: Any, name: str, *, is_new: bool) -> None:
    await driver.tap("Log contact")
    await driver.settle()
    if is_new:
        await driver.tap("Someone new")
        await driver.settle()
        await driver.write(name)
        await driver.tap("Next")
    else:
        await driver.tap("Search")
        await driver.settle()
        await driver.write(name)
        await driver.settle()
        await driver.tap(name)
    await driver.settle()
    await driver.tap("Bedded down")
    await driver.until(lambda: "Saved on this phone" in " ".join(driver.visible_texts()), "saved")
    await driver.tap("Done")
    await driver.settle()


def _settle_pair(browser: Browser, url: str, take: Take) -> None:
    """The lead says that Socks of the night is Peter Roe of the tracker, and the coordinator has looked too."""
    for email, press in (("tom@example.org", "The same person"), ("priya@example.org", "Yes, the same: join them")):
        browser.sign_in(url, email, PASSWORD)
        said = browser.read(f"{url}/same-person")
        assert "Peter Roe" in said and "Both known as Socks" in said, said
        take("same-person")
        browser.press(press)
    assert "Joined" in browser.read(f"{url}/same-person")


def _house_somebody(browser: Browser, url: str, day: date) -> None:
    browser.read(f"{url}/cases")
    browser.follow("Susan Roe")
    browser.read(f"{url}/{browser.path.strip('/')}/stays")
    browser.choose(kind=1, district=1)
    browser.fill(moved_in_on=day.isoformat())
    browser.press("Save")
    assert "Recorded by Priya" in browser.text()


def _hold_conference(browser: Browser, url: str, today: date) -> None:
    browser.read(f"{url}/conferences")
    browser.fill(day=today.isoformat(), time="23:59", place="Town hall")
    browser.choose(chair=1, minute_taker=2)
    browser.press("Choose the cases")
    conference = browser.path
    browser.read(f"{url}{conference}/circulate")
    browser.press("Circulate")
    browser.read(f"{url}{conference}/end")
    browser.press("Check, then finish")
    browser.press("Finish the conference")
    assert browser.path.endswith("/minutes"), browser.text()[:400]
    assert "minutes and actions" in browser.read(f"{url}/conferences")


def _let_go(browser: Browser, url: str) -> None:
    browser.read(f"{url}/workers")
    browser.let_go("Dean Fox")
    assert "Left" in browser.text()


def _renew_training(browser: Browser, url: str, today: date) -> None:
    said = browser.read(f"{url}/workers")
    assert "the training of 1 person ends within 60 days" in said
    browser.follow("Aisha Noor")
    browser.fill(trained_on=today.strftime("%d/%m/%Y"))
    browser.press("Keep")
    assert "ends within 60 days" not in browser.read(f"{url}/workers")


def _read_return(browser: Browser, url: str, night: date) -> dict[str, str]:
    browser.read(f"{url}/returns?month={night:%Y-%m}")
    return {row[1]: row[2] for row in browser.rows("table")}
