"""A worker's shift and a lead's evening in a browser that runs no script, by labels and buttons alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.queries.street.alarms import list_open_alarms
from shared.rules.alarms import DEFAULT_LADDER
from tests.conftest import Clock
from tests.web import county
from tests.web.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SignIn = Callable[[str], Any]


@pytest.fixture
def database_kind() -> str:
    """What each press does is tested over both databases elsewhere."""
    return "sqlite"


@pytest.fixture
def sign_in(chromium: Any, site: Site, screenshots: Path | None) -> Iterator[Callable[[str], Any]]:
    """Signs somebody in on a narrow screen; the page has `see(path)`, and whatever it shows must fit."""

    @contextmanager
    def opened(who: str) -> Iterator[Walk]:
        context = chromium.new_context(
            java_script_enabled=False, viewport={"width": 375, "height": 800}, locale="en-GB"
        )
        walk = Walk(context.new_page(), site, screenshots)
        walk.open("/sign-in")
        walk.page.fill("#email", f"{who}@example.org")
        walk.page.fill("#password", county.PASSWORD)
        walk.press("Sign in")
        yield walk
        context.close()

    yield opened


class Walk:
    """One browser without scripts."""

    def __init__(self, page: Any, site: Site, screenshots: Path | None) -> None:
        self.page, self.site, self.screenshots = page, site, screenshots

    def open(self, path: str, picture: str = "") -> None:
        answer = self.page.goto(f"{self.site.address}{path}")
        assert answer.status == 200, path
        if self.screenshots is not None and picture:
            for width in (375, 1280):
                self.page.set_viewport_size({"width": width, "height": 800})
                self.page.screenshot(path=self.screenshots / f"{picture}-{width}.png", full_page=True)

    def press(self, name: str, number: int = 0) -> None:
        self.page.get_by_role("button", name=name).nth(number).click()
        self.page.wait_for_load_state()

    def reads(self, words: str) -> None:
        assert words in " ".join(self.page.locator("main").inner_text().split()), words


def test_a_worker_walks_a_whole_shift(sign_in: SignIn) -> None:
    with sign_in("aisha") as walk:
        assert walk.page.url.endswith("/my-shift"), "a worker starts at the shift"
        walk.reads("You are out since 19:00")
        walk.page.get_by_label("I am well. I will be heard again within").select_option("60")
        walk.press("Check in")
        walk.reads("22:30")
        walk.open("/my-shift/tonight", "worker-tonight")
        walk.page.get_by_role("link", name="Nobody here").first.click()
        walk.page.get_by_label("Yes").check()
        walk.press("Record that nobody was here")
        walk.open("/contacts/new", "worker-contact")
        walk.page.get_by_label("Bedded down", exact=True).check()
        walk.page.get_by_label("What do people call them?").fill("Scouse")
        walk.press("Someone else who is new")
        walk.page.get_by_label("How would you know them again?").nth(1).fill("Blue coat, two bags")
        walk.page.get_by_label("Dean Rowe").check()
        walk.press("Record the contact")
        walk.open("/recorded", "worker-recorded")
        walk.page.get_by_role("link", name="Bedded down").first.click()
        walk.page.wait_for_load_state()
        walk.reads("Scouse")
        walk.open("/my-shift", "worker-my-shift")
        walk.page.get_by_label("Where you are and what is happening").fill("Two men by the bridge")
        walk.press("Ask my team for help")
        walk.reads("You asked at 21:30.")
        walk.page.get_by_label("How the shift was, if you like").fill("Quiet")
        walk.press("I am home: end my shift")
        walk.reads("Go out")
        walk.press("Start my shift")
        walk.reads("You are out since 21:30")


def test_a_lead_plans_looks_after_and_settles(
    sign_in: SignIn, site: Site, filled: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        (dean,) = (each.id for each in list_open_alarms(session) if each.worker_id == "dean")
    with sign_in("priya") as walk:
        walk.open("/on-shift", "coordinator-on-shift")
    with sign_in("tom") as walk:
        assert walk.page.url.endswith("/referrals"), "a lead starts at the reports"
        walk.open("/shift-plan", "lead-plan")
        walk.page.get_by_label("Aisha Noor").check()
        walk.page.get_by_label("Where").fill("Canal")
        walk.page.get_by_label("From, for example 20:00").fill("22:00")
        walk.page.get_by_label("Back at, for example 23:30").fill("01:00")
        walk.press("Plan it")
        walk.reads("Aisha N in Canal, 22:00 to 01:00")
        walk.press("Call off")
        walk.open("/on-shift", "lead-on-shift")
        walk.page.locator(f"a[href='/alarms/{dean}']").click()
        walk.press("I have it")
        walk.reads("You have it.")
        walk.page.get_by_label("What you did, and how you know").fill("Rang him: he is at the station")
        walk.page.get_by_label("I reached them").check()
        walk.press("Keep")
        walk.open(f"/alarms/{dean}", "lead-alarm")
        walk.reads("Reached, and goes on. Tom E: Rang him: he is at the station")
        walk.open("/on-duty", "lead-on-duty")
        walk.page.get_by_label("Hand over to").nth(1).select_option(label="Aisha Noor")
        walk.press("Hand over", 1)
        walk.reads("Aisha Noor")
        walk.open("/conflicts", "lead-conflicts")
        walk.press("Keep Aisha N’s")
        walk.reads("Nothing to settle")
        walk.open("/devices/2", "lead-phone")
        walk.open("/devices", "lead-phones")
        walk.open("/held", "lead-held")
        walk.page.get_by_label("Decide on this one").first.check()
        walk.page.get_by_label("Why it is set aside").fill("The year is wrong, and he recorded it again")
        walk.press("Set aside for good")
        walk.reads("Nothing waits for you.")
        walk.open("/on-shift")
        walk.press("Put it on the wall")
        walk.open("/wall", "wall")
        walk.reads("Everybody who is out")
        assert walk.page.locator("meta[http-equiv=refresh]").count() == 1, "it renews itself"
