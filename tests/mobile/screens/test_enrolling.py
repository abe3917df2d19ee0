"""Joining a team by real touches: the link that the phone's camera opened, the PIN twice, the digits; and links nobody needs."""

import pytest

from mobile.app import LanternApp
from mobile.device.links import GivenLink
from mobile.field.views import LockState
from mobile.ports import NoMap
from mobile.store.errors import DiskFull
from tests.mobile.rehearsal import SilentCues
from tests.mobile.rig import PIN, Rig

LINK = "lantern://enrol?server=https%3A%2F%2Flantern.test&code=ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567"


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.field.close()


class LaterLinks:
    """Links handed over while the app runs."""

    def start(self, on_link):
        self.tell = on_link


def _app(rig, links):
    return LanternApp(rig.field, SilentCues(), map_source=NoMap(), links=links)


def test_a_scanned_picture_a_pin_twice_and_four_digits_join_the_team(rig, on_glass):
    async def story(driver):
        await driver.until(lambda: any("https://lantern.test" in text for text in driver.visible_texts()))
        assert not rig.server.requests, "nothing is sent before a worker agrees"
        await driver.tap("Next")
        for _ in range(2):
            await driver.settle()
            await driver.enter_pin(PIN)
        await driver.until(lambda: "4 7 1 1" in driver.visible_texts())
        await driver.tap("They match")
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        sent = [request for request in rig.server.requests if request.url.path.endswith("/enrol")]
        assert len(sent) == 1 and b"ABCD-EFGH" in sent[0].content
        assert all("ABCD" not in str(request.url) for request in rig.server.requests), "the code is in no address"

    on_glass(_app(rig, GivenLink(LINK)), story)
    assert rig.field.is_enrolled


@pytest.mark.parametrize(
    "link", ["lantern://enrol?server=evil", "WIFI:S:Watford;T:WPA;;", LINK.replace("https", "ftp")]
)
def test_a_hostile_link_is_told_plainly_and_sends_nothing(link, rig, on_glass):
    async def story(driver):
        await driver.until(lambda: any(t.startswith("That link is not one of Lantern") for t in driver.visible_texts()))
        await driver.tap("Next")
        await driver.settle()
        assert driver.find("Next"), "still here: there is no address yet"

    on_glass(_app(rig, GivenLink(link)), story)
    assert not rig.server.requests


def test_a_link_in_plain_http_is_refused_before_the_code_leaves_the_phone(rig, on_glass):
    async def story(driver):
        await driver.until(lambda: driver.find("Next"))
        await driver.tap("Next")
        for _ in range(2):
            await driver.settle()
            await driver.enter_pin(PIN)
        await driver.until(lambda: any("must begin with https://" in text for text in driver.visible_texts()))

    on_glass(_app(rig, GivenLink(LINK.replace("https", "http"))), story)
    assert not rig.server.requests


def test_a_phone_that_is_enrolled_keeps_its_team_and_leads_back(rig, on_glass):
    rig.enrol()
    links = LaterLinks()

    async def story(driver):
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        links.tell(LINK)
        await driver.until(lambda: any("belongs to a team already" in text for text in driver.visible_texts()))
        await driver.tap("Back")
        await driver.until(lambda: "Tonight" in driver.visible_texts())

    before = len(rig.server.requests)
    on_glass(_app(rig, links), story)
    assert len([r for r in rig.server.requests[before:] if r.url.path.endswith("/enrol")]) == 0
    assert rig.field.lock_state is not LockState.NOT_ENROLLED


def test_a_locked_phone_shows_no_more_for_a_link(rig, on_glass):
    rig.enrol()
    rig.field.lock()
    links = LaterLinks()

    async def story(driver):
        await driver.until(lambda: "Enter your six digits" in driver.visible_texts())
        links.tell(LINK)
        await driver.until(lambda: driver.find("Back"))
        await driver.tap("Back")
        await driver.until(lambda: "Enter your six digits" in driver.visible_texts())

    on_glass(_app(rig, links), story)


def test_a_full_disk_while_joining_is_told_and_the_code_can_be_asked_for_again(rig, on_glass, monkeypatch):
    def full(*_):
        raise DiskFull

    monkeypatch.setattr("mobile.opening.store_opener.open_store", full)

    async def story(driver):
        await driver.tap("Next")
        for _ in range(2):
            await driver.settle()
            await driver.enter_pin(PIN)
        await driver.until(lambda: any(text.startswith("This phone is full") for text in driver.visible_texts()))

    on_glass(_app(rig, GivenLink(LINK)), story)
    assert not rig.field.is_enrolled
