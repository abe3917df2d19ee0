"""The form in a pocket, in a real browser against a real server: it joins as a phone does, records with no network, keeps nothing
that can be read, and hands over everything once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from server.actions.operation.enrolment import make_code
from server.database.engine import Database
from server.queries.operation.audit import list_lines
from server.queries.operation.devices import free_pin
from server.queries.street.contacts import list_contacts
from server.queries.sync import store as sync
from server.settings import Settings
from server.tables.people.person import person
from server.tables.street.contact import contact
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.model.codes import DeviceStatus
from shared.model.contact import Contact
from shared.model.quick_entry import TO_CONFIRM
from tests.conftest import Clock
from tests.paths import AXE
from tests.server.live import listening
from tests.web.test_browser import RULES

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PIN, WRONG = "271828", "593017"
NAME, WORDS, PLACE = "Zbigniew", "wet socks, asks after his sister", "doorway of the old bakery"
HERE = {"latitude": 51.65531, "longitude": -0.39617, "accuracy": 12}
DUMP = """async () => {
  const letters = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const plain = (_, each) => each instanceof ArrayBuffer ? letters(new Uint8Array(each))
    : each instanceof Uint8Array ? letters(each)
    : each instanceof CryptoKey ? `key:${each.extractable && each.type !== "public"}` : each;
  const open = await new Promise((done) => {
    const asked = indexedDB.open("lantern-pocket");
    asked.onsuccess = () => done(asked.result);
  });
  const all = (store, how) => new Promise((done) => {
    const asked = open.transaction(store).objectStore(store)[how]();
    asked.onsuccess = () => done(asked.result);
  });
  const kept = { values: await all("values", "getAll"), names: await all("values", "getAllKeys"),
    boxes: await all("boxes", "getAll"), local: { ...localStorage }, session: { ...sessionStorage },
    cookies: document.cookie, cached: [] };
  open.close();
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      kept.cached.push(request.url, request.url.endsWith(".png") ? "" : await (await cache.match(request)).text());
  }
  return JSON.stringify(kept, plain);
}"""
"""Everything that the browser keeps, as text."""
PUT = """([name, value]) => new Promise((done) => {
  const asked = indexedDB.open("lantern-pocket");
  asked.onsuccess = () => {
    const saved = asked.result.transaction("values", "readwrite");
    saved.objectStore("values").put(value, name);
    saved.oncomplete = () => { asked.result.close(); done(); };
  };
})"""
"""What days and many tries would leave here."""
BLOCKED = """await new Promise((done) => {
  const asked = indexedDB.open("lantern-pocket");
  asked.onsuccess = () => {
    const read = asked.result.transaction("values").objectStore("values").get("attempts");
    read.onsuccess = () => { asked.result.close(); done(read.result.blockedMs > 0); };
  };
})"""


@pytest.fixture
def database_kind() -> str:
    """What a browser keeps is the same over either database; what its boxes mean is tested over both elsewhere."""
    return "sqlite"


@pytest.fixture
def clock() -> Clock:
    """A browser has a clock of its own: the server's shows the same."""
    return Clock(datetime.now(UTC))


class Pocket:
    """A browser with the form, and the server behind it."""

    def __init__(self, context: Any, address: str) -> None:
        self.context, self.address = context, address
        self.complaints: list[str] = []
        self.page = self.tab()

    def tab(self) -> Any:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{self.address}/pocket/form")
        return page

    def join(self, code: str, pin: str = PIN) -> None:
        self.page.locator("#code").fill(code)
        self.page.locator("#new-pin").fill(pin)
        self.page.locator("#new-pin-again").fill(pin)
        self.page.click("#join-press")
        self.screen("digits")
        self.page.evaluate("navigator.serviceWorker.ready")
        self.page.evaluate(
            "(async () => { while ((await caches.keys()).length < 1) await new Promise(requestAnimationFrame); })()"
        )
        self.page.click("#digits-done")
        self.screen("record")

    def screen(self, name: str, page: Any = None) -> None:
        (page or self.page).locator(f"[data-screen={name}]").wait_for(state="visible")

    def unlock(self, pin: str = PIN, page: Any = None) -> None:
        on = page or self.page
        self.screen("locked", on)
        on.locator("#pin").fill(pin)
        on.click("#unlock button")

    def record(self, name: str = NAME, page: Any = None) -> None:
        on = page or self.page
        on.check("input[name=met][value=bedded_down]")
        on.locator("#alias-1").fill(name)
        on.click("#record-press")
        self.reads("done", "Recorded at", on)

    def says(self, words: str, page: Any = None) -> None:
        self.reads("state", words, page)

    def reads(self, place: str, words: str, page: Any = None) -> None:
        (page or self.page).locator(f"#{place}", has_text=words).wait_for()

    def refused(self) -> str:
        self.page.locator("#problem:visible").wait_for()
        return str(self.page.inner_text("#problem-words"))

    def offline(self, is_cut: bool) -> None:
        self.context.set_offline(is_cut)

    def dump(self) -> str:
        return str(self.page.evaluate(DUMP))


@pytest.fixture
def pocket(chromium: Any, app: Any) -> Iterator[Pocket]:
    with listening(app) as address:
        context = chromium.new_context(viewport={"width": 375, "height": 800}, locale="en-GB")
        context.grant_permissions(["geolocation"], origin=address)
        context.set_geolocation(HERE)
        context.set_default_timeout(60_000)
        opened = Pocket(context, address)
        yield opened
        context.close()
        assert not opened.complaints, opened.complaints


@pytest.fixture
def code(filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Callable[[], str]:
    with filled.writing() as session:  # the cast's phones have numbers that nobody drew
        sync.register_device(session, scopes=[], label="", now_ms=0, number=20)

    def make(worker_id: str = "aisha") -> str:
        with filled.writing() as session:
            return make_code(session, worker_id, "watford-outreach", settings, clock.now, new_id).code

    return make


def recorded(database: Database) -> list[Contact]:
    """What has come since the cast was written, the newest last."""
    with database.reading() as session:
        ids = session.scalars(select(contact.c.id).where(contact.c.id.like("________-____-4%"))).all()
        found = list_contacts(session, ids).values()
    return sorted((each.contact for each in found), key=lambda each: each.recorded_at)


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(person.c.alias).where(person.c.id.like("________-____-4%"))))


def wait_until_sent(pocket: Pocket, page: Any = None) -> None:
    pocket.says("Nothing is waiting.", page)


def test_what_is_recorded_with_no_network_cannot_be_read_here_and_is_sent_once(
    pocket: Pocket, code: Callable[[], str], filled: Database, now: datetime
) -> None:
    pocket.join(code())
    pocket.offline(True)
    pocket.page.reload()
    pocket.unlock()
    pocket.screen("record")
    page = pocket.page
    page.check("input[name=met][value=bedded_down]")
    page.locator("#alias-1").fill(NAME)
    page.click("#another")
    page.locator("#description-2").fill("small dog")
    page.click("#here")
    pocket.reads("where", "12 metres")
    page.locator("#place").fill(PLACE)
    page.locator("#note").fill(WORDS)
    page.click("#record-press")
    pocket.says("4 changes not yet sent")
    dump = pocket.dump()
    assert len(json.loads(dump)["boxes"]) == 4, "two people, a place and the contact"
    for told in (NAME, "small dog", "bakery", "sister", "51.655", "Aisha", "Beacon", PIN, "bedded_down"):
        outside = dump if told != "bedded_down" else dump.partition('"cached"')[0]
        assert told not in outside, f"{told} can be read in the browser"
    assert "key:true" not in dump, "every key stays in the browser"
    assert "draft" not in json.loads(dump)["names"], "half of it is gone with what it became"
    assert recorded(filled) == []
    pocket.offline(False)
    wait_until_sent(pocket)
    (kept,) = recorded(filled)
    assert (kept.state, kept.note, kept.worker_id, kept.team_id) == ("bedded_down", WORDS, "aisha", "watford-outreach")
    assert kept.position and (round(kept.position.latitude, 5), kept.position.accuracy_m) == (51.65531, 12)
    assert len(kept.person_ids) == 2 and names(filled) == ["", NAME]
    with filled.reading() as session:
        assert session.scalar(select(site.c.name).where(site.c.id == kept.site_id)) == PLACE
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until_sent(pocket)
    assert len(recorded(filled)) == 1


def test_half_a_record_outlives_a_killed_tab_and_stands_on_no_locked_screen(
    pocket: Pocket, code: Callable[[], str]
) -> None:
    pocket.join(code())
    pocket.page.locator("#alias-1").fill(NAME)
    pocket.page.locator("#note").fill(WORDS)
    pocket.page.wait_for_timeout(600)
    assert NAME not in pocket.dump()
    pocket.page.evaluate("() => new Promise((done) => setTimeout(done, 0))")
    pocket.page = pocket.tab()  # nothing of the first tab is asked again: it may as well be dead
    pocket.unlock()
    pocket.screen("record")
    assert pocket.page.input_value("#alias-1") == NAME and pocket.page.input_value("#note") == WORDS
    pocket.page.click("#lock")
    pocket.screen("locked")
    assert NAME not in pocket.page.content() and pocket.page.locator("#note").input_value() == ""


def test_two_tabs_number_what_they_record_without_a_gap(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    other = pocket.tab()
    pocket.unlock(page=other)
    pocket.screen("record", other)
    pocket.offline(True)
    for tab, name in ((pocket.page, "One"), (other, "Two")):
        tab.check("input[name=met][value=bedded_down]")
        tab.locator("#alias-1").fill(name)
    both = "document.getElementById('record-press').click()"
    pocket.page.evaluate(both)
    other.evaluate(both)
    for tab in (pocket.page, other):
        tab.locator("#recorded strong").first.wait_for()
    numbers = sorted(each["n"] for each in json.loads(pocket.dump())["boxes"])
    assert numbers == [1, 2, 3, 4]
    pocket.offline(False)
    pocket.page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until_sent(pocket)
    assert names(filled) == ["One", "Two"] and len(recorded(filled)) == 2
    with filled.reading() as session:
        assert sync.get_device_state(session, _number(pocket)).acked == 4


def _number(pocket: Pocket) -> int:
    kept = json.loads(pocket.dump())
    return int(dict(zip(kept["names"], kept["values"], strict=True))["card"]["device"])


def test_a_form_that_was_revoked_hands_over_what_it_has_and_opens_no_more(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    pocket.offline(True)
    pocket.record()
    pocket.page.locator("#note").fill(WORDS)
    with filled.writing() as session:
        number = _number(pocket)
        sync.set_status(session, number, DeviceStatus.REVOKED)
    pocket.offline(False)
    pocket.page.evaluate("window.dispatchEvent(new Event('online'))")
    pocket.screen("join")
    assert "withdrawn" in pocket.page.inner_text("#join-why")
    wait_until_sent(pocket)
    with filled.reading() as session:
        assert len(sync.list_quarantined(session, number)) == 2, "set aside under its reason, not lost"
    kept = json.loads(pocket.dump())
    assert kept["boxes"] == [] and not {"wrapped", "secret", "draft"} & set(kept["names"])
    pocket.page.reload()
    pocket.screen("join")
    pocket.join(code())
    pocket.record("After")
    wait_until_sent(pocket)
    assert "After" in names(filled)


def test_five_wrong_pins_wait_a_quick_record_does_not_and_ten_erase(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    pocket.page.locator("#note").fill(WORDS)
    pocket.page.wait_for_timeout(500)
    pocket.offline(True)
    pocket.page.click("#lock")
    for left in (4, 3, 2):
        pocket.unlock(WRONG)
        pocket.reads("problem-words", f"{left} tries")
    pocket.unlock(WRONG)
    pocket.reads("problem-words", "One try")
    pocket.unlock(WRONG)
    pocket.reads("problem-words", "Five wrong PINs")
    pocket.unlock(PIN)
    pocket.reads("problem-words", "20 minutes")
    pocket.page.reload()
    pocket.unlock(PIN)
    assert "Five wrong PINs" in pocket.refused(), "the right PIN waits as well, over a reload too"
    pocket.page.click("#quick")
    pocket.reads("quick-done", "Recorded at")
    pocket.page.evaluate(PUT, ["attempts", {"wrong": 9, "blockedMs": 0}])
    pocket.unlock(WRONG)
    pocket.screen("join")
    assert "erased" in pocket.page.inner_text("#join-why")
    kept = json.loads(pocket.dump())
    assert len(kept["boxes"]) == 1 and "bytes" not in json.dumps(kept["values"]), (
        "nothing encrypted is left; the box is"
    )
    pocket.offline(False)
    pocket.page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until_sent(pocket)
    (told,) = recorded(filled)
    assert (told.unidentified_people, told.person_ids, told.state) == (1, (), "bedded_down")
    assert told.note == TO_CONFIRM, "whoever holds the browser can press it: its worker says whether it was so"
    assert told.position is not None and round(told.position.longitude, 5) == HERE["longitude"]


def test_a_form_that_is_left_alone_locks_and_keeps_what_was_typed(pocket: Pocket, code: Callable[[], str]) -> None:
    """On a borrowed browser tonight's list stood open, with who is to be careful of, for as long as the page was in front."""
    pocket.join(code())
    pocket.page.locator("#note").fill(WORDS)
    pocket.page.evaluate(
        "(() => { const real = performance.now.bind(performance); performance.now = () => real() + 301000; })()"
    )
    pocket.screen("locked")
    pocket.unlock()
    pocket.screen("record")
    assert pocket.page.locator("#note").input_value() == WORDS


def test_a_lead_ends_the_wait_once_there_is_a_network(
    pocket: Pocket, code: Callable[[], str], filled: Database, now: datetime
) -> None:
    pocket.join(code())
    pocket.page.evaluate(PUT, ["attempts", {"wrong": 5, "blockedMs": 1_200_000, "freed": 0}])
    pocket.page.click("#lock")
    pocket.unlock(PIN)
    assert "Five wrong PINs" in pocket.refused()
    with filled.writing() as session:
        free_pin(session, _number(pocket), now)
    pocket.page.evaluate("window.dispatchEvent(new Event('online'))")
    pocket.page.evaluate(f"(async () => {{ while ({BLOCKED}) await new Promise(requestAnimationFrame); }})()")
    pocket.unlock(PIN)
    pocket.screen("record")


def test_a_form_that_was_not_heard_for_three_days_asks_for_a_network_and_still_records(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    pocket.offline(True)
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    unheard = {"elapsedMs": 73 * 3_600_000, "wallMs": now_ms, "uptimeMs": 0, "boot": "before", "isDoubtful": False}
    pocket.page.evaluate(PUT, ["lease", unheard])
    pocket.page.reload()
    pocket.unlock()
    assert "offline too long" in pocket.refused()
    pocket.page.click("#quick")
    pocket.reads("quick-done", "Recorded at")
    pocket.offline(False)
    pocket.unlock()
    pocket.screen("record")
    wait_until_sent(pocket)
    assert len(recorded(filled)) == 1
    pocket.page.evaluate(PUT, ["lease", unheard | {"elapsedMs": 15 * 24 * 3_600_000}])
    pocket.page.reload()
    pocket.screen("join")
    assert "erased" in pocket.page.inner_text("#join-why") and "wrapped" not in json.loads(pocket.dump())["names"]


def test_nobody_here_is_a_visit_and_another_pin_opens_afterwards(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    page = pocket.page
    page.check("input[name=met][value=nobody_here]")
    page.click("#record-press")
    assert "Say where you looked" in pocket.refused()
    page.locator("#place").fill(PLACE)
    page.locator("#alias-1").fill("Blue")
    page.click("#record-press")
    assert "nobody was here, and tell of somebody" in pocket.refused()
    page.locator("#alias-1").fill("")
    page.click("#record-press")
    pocket.reads("done", "Recorded at")
    wait_until_sent(pocket)
    with filled.reading() as session:
        (looked,) = session.execute(select(visit).where(visit.c.id.like("________-____-4%"))).mappings()
    assert (looked["people_found"], looked["worker_id"]) == (0, "aisha")
    page.click("summary")
    page.locator("#old-pin").fill(PIN)
    page.locator("#other-pin").fill("123456")
    page.click("#change button")
    assert "Too many people choose that PIN" in pocket.refused()
    page.locator("#other-pin").fill(WRONG)
    page.click("#change button")
    pocket.reads("done", "The PIN is changed.")
    page.click("#lock")
    pocket.unlock(PIN)
    pocket.refused()
    pocket.unlock(WRONG)
    pocket.screen("record")


def test_a_note_with_an_address_is_asked_about_once_and_never_refused(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    page = pocket.page
    page.check("input[name=met][value=bedded_down]")
    page.locator("#note").fill("sister at 14 Queens Road")
    page.click("#record-press")
    assert "seems to hold an address" in pocket.refused()
    page.locator("#note").fill("sister at 15 Queens Road")
    page.click("#record-press")
    pocket.reads("problem-words", "seems to hold an address")
    assert recorded(filled) == [], "another address is another question"
    page.click("#record-press")
    pocket.reads("done", "Recorded at")
    wait_until_sent(pocket)
    assert [each.note for each in recorded(filled)] == ["sister at 15 Queens Road"]


@pytest.mark.parametrize("said", ["<h1>Welcome to the café</h1>", '"yes"', '{"login": "https://cafe.test"}'])
def test_the_page_of_a_cafe_is_no_answer(said: str, pocket: Pocket, code: Callable[[], str], filled: Database) -> None:
    pocket.join(code())
    pocket.context.route("**/sync/v1/**", lambda route: route.fulfill(status=200, body=said))
    pocket.record()
    pocket.says("2 changes not yet sent")
    pocket.page.click("#tonight-read")
    pocket.reads("tonight", "There is none now.")
    pocket.page.evaluate("window.dispatchEvent(new Event('online'))")
    pocket.page.wait_for_load_state("networkidle")
    assert not pocket.page.locator("#problem").is_visible() and recorded(filled) == []
    pocket.page.click("#lock")
    pocket.context.unroute("**/sync/v1/**")
    pocket.page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until_sent(pocket)
    assert [each.state for each in recorded(filled)] == ["bedded_down"]


def test_tonights_list_is_read_while_online_written_down_and_kept_nowhere(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    pocket.page.click("#tonight-read")
    pocket.page.locator("#tonight li").first.wait_for()
    told = pocket.page.inner_text("#tonight")
    assert "Joan Carter: Follow-up" in told
    assert "Joan" not in pocket.dump()
    with filled.reading() as session:
        lines = list_lines(session, subject_kind="person", subject_id="joan")
    assert any(line.purpose == "tonight’s list in a browser form" and line.actor_id == "aisha" for line in lines)
    pocket.offline(True)
    pocket.page.click("#tonight-read")
    pocket.reads("tonight", "There is none now")


def test_signing_out_of_the_pages_leaves_what_the_form_has_not_sent(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    from tests.web import county

    pocket.join(code())
    pocket.offline(True)
    pocket.record()
    pocket.offline(False)
    other = pocket.context.new_page()
    other.route("**/sync/v1/sealed", lambda route: route.abort())
    pocket.page.close()
    other.goto(f"{pocket.address}/sign-in")
    other.fill("#email", "aisha@example.org")
    other.fill("#password", county.PASSWORD)
    other.click("main button[type=submit]")
    other.wait_for_load_state()
    other.click("text=Sign out")
    other.wait_for_load_state()
    pocket.page = pocket.tab()
    pocket.screen("locked")
    wait_until_sent(pocket)
    assert names(filled) == [NAME]


def test_leaving_a_borrowed_browser_waits_for_what_is_not_sent_and_forgets_all(
    pocket: Pocket, code: Callable[[], str], filled: Database
) -> None:
    pocket.join(code())
    pocket.offline(True)
    pocket.record()
    pocket.page.click("summary")
    pocket.page.click("#leave")
    assert "not sent yet" in pocket.refused()
    pocket.offline(False)
    pocket.page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_until_sent(pocket)
    pocket.page.click("#leave")
    pocket.screen("join")
    assert pocket.page.evaluate("caches.keys()") == []
    assert pocket.page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


@pytest.mark.skipif(not AXE.exists(), reason="axe is fetched by `make assets`")
def test_every_screen_is_accessible_and_whole_at_375(
    pocket: Pocket, code: Callable[[], str], screenshots: Path | None
) -> None:
    def look(name: str) -> None:
        assert not pocket.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
        )
        pocket.page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        found = pocket.page.evaluate(f"async () => (await axe.run(document, {RULES})).violations")
        assert not found, (name, [(each["id"], each["nodes"][0]["html"][:200]) for each in found])
        if screenshots is not None:
            pocket.page.screenshot(path=screenshots / f"pocket-{name}-375.png", full_page=True)

    pocket.screen("join")
    look("join")
    pocket.page.click("#join-press")
    pocket.refused()
    look("join-mistake")
    pocket.join(code())
    pocket.page.click("#map-open")
    pocket.page.locator("#map svg").focus()
    for key in ("ArrowUp", "+", "Enter"):
        pocket.page.keyboard.press(key)
    assert pocket.page.inner_text("#where") == "As put on the map."
    pocket.page.click("#tonight-read")
    pocket.page.locator("#tonight li").first.wait_for()
    look("record")
    pocket.page.click("#lock")
    pocket.screen("locked")
    look("locked")


def test_a_browser_may_put_it_among_its_apps(pocket: Pocket, code: Callable[[], str]) -> None:
    pocket.join(code())
    session = pocket.context.new_cdp_session(pocket.page)
    found = {each["errorId"] for each in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert found <= {"in-incognito"}, "all that stands against it is this test’s own private window"
