"""The promise, kept with real parts: a contact goes from a phone with no signal to the district's list and the map.

A server process, the phone app on Kivy's offscreen driver driven by touches, a network that is cut and restored, and a
browser. On SQLite and on PostgreSQL.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.browser import Browser, open_browser
from tests.end_to_end.link import Link
from tests.end_to_end.town import PASSWORD, WATFORD, Town, serving, settle
from tests.mobile.glass import HEIGHT, WIDTH, prepare

pytestmark = [pytest.mark.slow, pytest.mark.screen, pytest.mark.browser]

prepare()

PIN = "294175"
REPORT = (
    "alert_id,datetime_opened,geo_latitude,geo_longitude,location_details,appearance,referrer_type,contact_consent\n"
    "SL-1,{opened},{latitude},{longitude},Doorway by the market,man in doorway no coat,public,no\n"
)


@pytest.fixture
def town(database_url: str, tmp_path: Path) -> Town:
    """Watford, set up at the terminal."""
    town = Town(
        {
            "LANTERN_DATABASE": database_url,
            "LANTERN_DATA": str(tmp_path / "server"),
            "LANTERN_SECOND_FACTOR": "off",
            "LANTERN_ONE_ROLE": "on",
        }
    )
    settle(town, tmp_path)
    return town


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A real browser; any request to another host, any script error and any breach of the page's policy fails."""
    with open_browser() as browser:
        yield browser


def test_a_contact_goes_from_a_phone_with_no_signal_to_the_list_and_the_map(
    town: Town, browser: Browser, tmp_path: Path
) -> None:
    report = tmp_path / "streetlink.csv"
    opened = (datetime.now(UTC) - timedelta(hours=3)).strftime("%d/%m/%Y %H:%M")
    report.write_text(REPORT.format(opened=opened, latitude=WATFORD[0] + 0.001, longitude=WATFORD[1]))
    counted = town.ask("import", "referrals", "--format", "streetlink", str(report))
    assert (counted["read"], counted["accepted"], counted["refused"]) == (1, 1, [])

    with serving(town) as url, Link(int(url.rsplit(":", 1)[1])) as link:
        browser.sign_in(url, "tom@example.org", PASSWORD)
        assert "Your teams have recorded nothing here yet" in browser.read(f"{url}/tonight")
        browser.sign_in(url, "priya@example.org", PASSWORD)
        assert "Red Mick" not in browser.read(f"{url}/cases")

        code = town.ask("enrol-code", "aisha@example.org")["code"]
        app = _phone(tmp_path / "phone")
        asyncio.run(_drive(app, lambda driver: _a_night(driver, link, code)))

        listed = browser.read(f"{url}/cases")
        assert "Red Mick" in listed
        assert "seen bedded down by Aisha N" in listed
        browser.follow("Red Mick")
        assert "Date of birth" in browser.text()
        browser.sign_in(url, "tom@example.org", PASSWORD)
        assert "met on 1 night" in browser.read(f"{url}/tonight")
        assert browser.count("#map canvas") == 1


async def _a_night(driver: Any, link: Link, code: str) -> None:
    """Aisha joins her team, starts a shift, sees the referral, loses the signal, meets somebody new, and gets it back."""
    await _enrol(driver, link.url, code)
    await driver.tap("Start your shift")
    await driver.tap("Start shift")
    await driver.settle()
    if driver.screen.title != "Tonight":
        driver.app.home()
    await driver.until(lambda: "Doorway by the market" in " ".join(driver.visible_texts()), "the referral")
    await driver.until(lambda: "All sent" in " ".join(driver.visible_texts()), "all sent")

    link.cut()
    driver.taps = 0
    await driver.tap("Log contact")
    await driver.settle()
    await driver.tap("Someone new")
    await driver.settle()
    await driver.write("Red Mick")
    await driver.tap("Next")
    await driver.settle()
    await driver.tap("Bedded down")
    await driver.until(lambda: "Saved on this phone" in " ".join(driver.visible_texts()), "saved")
    await driver.tap("Done")
    await driver.settle()
    assert driver.taps <= 12
    await driver.until(lambda: "not yet sent" in " ".join(driver.visible_texts()), "what is unsent")

    link.restore()
    driver.app.service.sync_now()
    await driver.until(lambda: "All sent" in " ".join(driver.visible_texts()), "all sent again")


async def _enrol(driver: Any, url: str, code: str) -> None:
    driver.screen.ids.server.text = url
    driver.screen.ids.code.text = code
    await driver.tap("Next")
    await driver.settle()
    await driver.enter_pin(PIN)
    await driver.settle()
    await driver.enter_pin(PIN)
    await driver.tap("They match")
    await driver.settle()


def _phone(data: Path) -> Any:
    """The app as it is composed for a phone, standing in the middle of Watford."""
    from mobile.app import LanternApp
    from mobile.composition import build_field_service
    from mobile.device.location import FixedLocation
    from mobile.device.silent import SilentCues

    service = build_field_service(
        data,
        lambda: datetime.now(UTC),
        location=FixedLocation(*WATFORD, at_ms=lambda: int(time.time() * 1000)),
        label="Test phone",
    )
    service.start()
    return LanternApp(service, SilentCues())


async def _drive(app: Any, story: Any) -> None:
    from tests.mobile.driver import run_app

    await run_app(app, story, (WIDTH, HEIGHT))
