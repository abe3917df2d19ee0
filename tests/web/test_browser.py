"""Every page in a real browser, from a real server: no violation of accessibility rules or of the content policy, no request
to another host, nothing cut off, the map drawn, and all of it usable by keyboard alone. Also takes the pictures.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from server.actions.street.alarms import Watch
from server.database.engine import Database
from server.queries.maps.boundaries import Boundary, save_boundary
from server.queries.street.alarms import add_events, list_open_alarms
from server.settings import Settings
from server.tables.street.look import look
from shared.geo import grid
from shared.model.alarm import AlarmEvent, AlarmEventKind
from shared.rules.alarms import DEFAULT_LADDER
from tests.conftest import Clock
from tests.paths import AXE
from tests.server.importers.rows import streetlink
from tests.server.places.test_basemap import SQUARE, make
from tests.server.places.tiles import ZOOMSTACK, tile_at, write_mbtiles
from tests.web import county
from tests.web.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = {"375": 375, "1280": 1280}
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}"
HOTSPOTS = "commissioner-hotspots"
MAPS = (HOTSPOTS, "lead-tonight", "lead-where-next")
PAGES = [
    (None, "/sign-in", "sign-in"),
    (None, "/nothing-here", "no-such-page"),
    (None, "/report", "referrer-report"),
    (None, "/report/status", "referrer-status"),
    (None, "/notice", "referrer-notice"),
    ("priya", "/cases", "coordinator-case-list"),
    ("priya", "/people/marek", "coordinator-person"),
    ("priya", "/people/joan/hidden", "person-hiding"),
    ("priya", "/people/joan/offers", "person-offers"),
    ("priya", "/places", "coordinator-places"),
    ("priya", "/notices", "coordinator-notices"),
    ("priya", "/people/marek/own-copy", "person-own-copy"),
    ("tom", "/people/marek/looks", "person-looks"),
    ("tom", "/people/marek/own-record", "person-own-record"),
    ("tom", "/referrals", "lead-referrals"),
    ("tom", "/referrals/r1", "lead-referral"),
    ("tom", "/referrals/figures", "lead-answer-figures"),
    ("tom", "/conflicts", "lead-conflicts"),
    ("tom", "/same-person", "lead-same-person"),
    ("tom", "/cold-nights", "lead-cold-nights"),
    ("tom", "/tonight", "lead-tonight"),
    ("tom", "/where-next", "lead-where-next"),
    ("tom", "/on-shift", "lead-on-shift"),
    ("helen", "/who-can-see", "who-can-see"),
    ("helen", "/hotspots", HOTSPOTS),
    ("omar", "/devices", "admin-phones"),
    ("omar", "/devices/2", "admin-phone"),
    ("omar", "/devices/enrol", "admin-enrol"),
    ("omar", "/workers", "admin-workers"),
    ("omar", "/agencies", "agencies"),
    ("omar", "/boundaries", "admin-boundaries"),
    ("omar", "/access-reviews", "admin-reviews"),
    ("omar", "/outbox", "admin-emails"),
    ("omar", "/server", "admin-server"),
    ("priya", "/notifications", "notifications"),
    ("aisha", "/welcome", "welcome"),
    ("aisha", "/contacts/new", "outreach-contact"),
]


@pytest.fixture
def database_kind() -> str:
    """A page looks the same over either database; what it says is tested over both elsewhere."""
    return "sqlite"


class Watched:
    """A browser's page that notes whatever it asks for and complains of."""

    def __init__(self, page: Any, site: Site) -> None:
        self.page = page
        self.site = site
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, message: Any) -> None:
        is_expected = "GPU stall" in message.text or "status of 4" in message.text
        if message.type in {"error", "warning"} and not is_expected:
            self.complaints.append(message.text)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site.address}{path}")

    def sign_in(self, worker_id: str) -> None:
        self.open("/sign-in")
        self.page.fill("#email", f"{worker_id}@example.org")
        self.page.fill("#password", county.PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_load_state()

    def check(self) -> None:
        """Nothing from elsewhere, nothing the content policy stopped, nothing that axe finds."""
        elsewhere = self.hosts - {urlsplit(self.site.address).netloc, ""}
        assert not elsewhere, f"asked another host: {elsewhere}"
        assert not self.complaints, self.complaints
        self.page.evaluate(AXE.read_text(encoding="utf-8") + ";0")
        found = self.page.evaluate(f"async () => (await axe.run(document, {RULES})).violations")
        assert not found, [(each["id"], each["nodes"][0]["html"][:200]) for each in found]

    def is_cut_off(self) -> bool:
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1")
        )


@pytest.fixture
def watch(chromium: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Opens a watched page of a width."""
    contexts = []

    @contextmanager
    def open_page(width: int = 1280) -> Iterator[Watched]:
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
        contexts.append(context)
        yield Watched(context.new_page(), site)

    yield open_page
    for context in contexts:
        context.close()


def wait_for_map(page: Any) -> None:
    page.locator("#map[data-drawn=yes]").wait_for(timeout=60_000)


@pytest.mark.skipif(not AXE.exists(), reason="axe is fetched by `make assets`")
def test_every_page_is_accessible_whole_and_keeps_to_itself(
    watch: Callable[..., Any], screenshots: Path | None
) -> None:
    for label, width in WIDTHS.items():
        for who, pages in groupby(PAGES, key=lambda page: page[0]):
            with watch(width) as watched:
                if who:
                    watched.sign_in(who)
                for _, path, name in pages:
                    look_at(watched, path, name)
                    if screenshots is not None:
                        watched.page.screenshot(path=screenshots / f"{name}-{label}.png", full_page=True)


def look_at(watched: Watched, path: str, name: str) -> None:
    """Opens a page and asks everything of it that is asked of every page."""
    watched.open(path)
    if name in MAPS:
        wait_for_map(watched.page)
    assert not watched.is_cut_off(), f"{name} is cut off"
    watched.check()


def test_the_map_is_drawn_and_cannot_be_asked_about_anybody(watch: Callable[..., Any]) -> None:
    with watch() as watched:
        watched.sign_in("helen")
        watched.open("/hotspots")
        wait_for_map(watched.page)
        watched.hosts.clear()
        before = watched.page.url
        box = watched.page.locator("#map").bounding_box()
        watched.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        assert watched.page.url == before
        assert not watched.hosts, "a click asked the server for something"
        colours = watched.page.locator("#map canvas").screenshot()
        assert len(colours) > 10_000, "the map is blank"


def test_the_table_says_what_the_map_says_without_scripts(chromium: Any, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    Watched(page, site).sign_in("helen")
    page.goto(f"{site.address}/hotspots")
    page.get_by_text(re.compile(r"^About \d+$")).first.wait_for()  # how many depends on a secret lot
    page.get_by_text("Fewer than 10, may be none").first.wait_for()
    context.close()


@pytest.mark.skipif(not AXE.exists(), reason="axe is fetched by `make assets`")
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_file_of_reports_is_looked_at_whole(watch: Callable[..., Any], width: int, screenshots: Path | None) -> None:
    data = streetlink({}, {"alert_id": "SL-2", "datetime_opened": "soon"})
    with watch(width) as watched:
        watched.sign_in("tom")
        look_at(watched, "/imports", "lead-imports")
        watched.page.set_input_files("#data", {"name": "monday.csv", "mimeType": "text/csv", "buffer": data})
        watched.page.get_by_role("button", name="See what it would bring in").click()
        watched.page.get_by_text("Nothing is brought in yet.").wait_for()
        for summary in watched.page.locator("main summary").all():
            summary.click()
        assert not watched.is_cut_off()
        watched.check()
        if screenshots is not None:
            watched.page.screenshot(path=screenshots / f"lead-import-{width}.png", full_page=True)


def test_a_file_of_reports_is_brought_in_and_undone_without_scripts(chromium: Any, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    Watched(page, site).sign_in("tom")
    page.goto(f"{site.address}/imports")
    page.set_input_files("#data", {"name": "monday.csv", "mimeType": "text/csv", "buffer": streetlink({})})
    page.get_by_role("button", name="See what it would bring in").click()
    page.get_by_role("button", name="Bring it in").click()
    page.get_by_text("1 row: 1 accepted").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Nothing of the file is left").wait_for()
    context.close()


def test_a_contact_is_recorded_without_scripts(chromium: Any, site: Site) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    Watched(page, site).sign_in("aisha")
    page.goto(f"{site.address}/contacts/new")
    page.get_by_label("Note").fill("Has a cough")
    page.get_by_label("Search for somebody your team knows").fill("red hat")
    page.keyboard.press("Enter")
    page.get_by_text("1 person found. Tick whoever was there.").wait_for()
    page.get_by_label("Red. Red hat").check()
    page.get_by_label("Bedded down", exact=True).check()
    assert page.get_by_label("Note").input_value() == "Has a cough"
    page.get_by_role("button", name="Record the contact").click()
    page.get_by_text("Recorded. It reaches the team").wait_for()
    context.close()


def test_a_press_without_signal_keeps_the_form_and_is_sent_with_the_next(watch: Callable[..., Any]) -> None:
    with watch(375) as watched:
        watched.sign_in("aisha")
        watched.open("/contacts/new")
        page = watched.page
        page.get_by_label("Bedded down", exact=True).check()
        page.context.set_offline(True)
        page.get_by_label("Note").fill("Has a cough")
        page.get_by_role("button", name="Record the contact").click()
        page.get_by_text("No signal: nothing was sent. What you typed stands here.").wait_for()
        assert page.get_by_label("Note").input_value() == "Has a cough"
        page.context.set_offline(False)
        page.get_by_role("button", name="Record the contact").click()
        page.get_by_text("Recorded. It reaches the team").wait_for()


@pytest.mark.parametrize(
    ("button", "nobody_knows", "then"),
    [("Check in", "Nobody knows that you are well.", "Heard. Your team can see it."),
     ("Ask my team for help", "Your team has not been told. In danger call 999", "You asked at"),
     ("I am home: end my shift", "Nobody knows that you are home.", "Start my shift")],
)  # fmt: skip
def test_a_press_to_be_heard_without_signal_says_that_nobody_heard_it(
    button: str, nobody_knows: str, then: str, watch: Callable[..., Any]
) -> None:
    with watch(375) as watched:
        page = watched.page
        page.add_init_script(
            "Object.defineProperty(navigator, 'onLine', {get: () => true})"
        )  # bars, and nothing behind
        watched.sign_in("aisha")
        watched.open("/my-shift")
        page.context.set_offline(True)
        page.get_by_role("button", name=button).click()
        page.get_by_text(f"No signal: nothing was sent. {nobody_knows}").wait_for()
        page.context.set_offline(False)
        page.get_by_role("button", name=button).dblclick()
        page.get_by_text(then).first.wait_for()


def test_what_a_contact_lacks_is_told_accessibly(watch: Callable[..., Any], screenshots: Path | None) -> None:
    for label, width in WIDTHS.items():
        with watch(width) as watched:
            page = watched.page
            watched.sign_in("aisha")
            watched.open("/contacts/new")
            page.fill("#note", "Stays at flat 4, 12 Station Road")
            page.fill("#search", "a")
            page.get_by_role("button", name="Search").click()
            page.get_by_text("Tick whoever was there.").wait_for()
            watched.check()
            page.get_by_role("button", name="Record the contact").click()
            page.click(".govuk-error-summary a")
            assert page.evaluate("document.activeElement.id") == "state"
            page.get_by_label("It may stand in the note").wait_for()
            assert not watched.is_cut_off()
            watched.check()
            if screenshots is not None:
                page.screenshot(path=screenshots / f"outreach-contact-mistake-{label}.png", full_page=True)


def test_priya_decides_a_case_by_keyboard_alone(watch: Callable[..., Any]) -> None:
    with watch() as watched:
        page = watched.page
        watched.open("/sign-in")
        press_until(page, "#email")
        page.keyboard.type("priya@example.org")
        page.keyboard.press("Tab")
        page.keyboard.type(county.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/cases")
        press_until(page, "a[href='/people/marek']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/people/marek")
        press_until(page, "#case_reason")
        page.keyboard.type("Needs a bed before the frost")
        press_until(page, "button[value=list]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/people/marek?done=listed")
        page.get_by_text("Put on the MDT case list.").wait_for()
        watched.check()


def press_until(page: Any, selector: str, most: int = 60) -> None:
    """Tabs on until the element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate(f'document.activeElement.matches("{selector}")'):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


def test_a_code_is_shown_with_its_picture_and_waits(watch: Callable[..., Any], screenshots: Path | None) -> None:
    for label, width in WIDTHS.items():
        with watch(width) as watched:
            watched.sign_in("omar")
            watched.open("/devices/enrol")
            watched.page.select_option("#carrier", "watford-outreach/aisha")
            watched.page.click("main button[type=submit]")
            watched.page.get_by_text("Waiting for the phone").wait_for()
            with watched.page.expect_response("**/devices/enrol/*", timeout=60_000) as asked:
                pass
            assert asked.value.status == 200
            assert not watched.is_cut_off()
            watched.check()
            if screenshots is not None:
                watched.page.screenshot(path=screenshots / f"admin-code-{label}.png", full_page=True)


def test_a_mistake_is_told_accessibly(watch: Callable[..., Any]) -> None:
    with watch(375) as watched:
        page = watched.page
        watched.open("/sign-in")
        page.click("main button[type=submit]")
        page.locator(".govuk-error-summary").wait_for()
        watched.check()
        watched.sign_in("priya")
        watched.open("/people/marek")
        page.click("button[value=decline]")
        page.click(".govuk-error-summary a")
        assert page.evaluate("document.activeElement.id") == "case_reason"
        watched.check()
        watched.open("/referrals/r1")
        page.get_by_text("Close with an outcome").click()
        page.get_by_role("button", name="Close the referral").click()
        page.get_by_text("Choose an outcome from the list.").first.wait_for()
        assert not watched.is_cut_off()
        watched.check()


def test_the_map_is_still_there_when_the_page_is_printed(watch: Callable[..., Any]) -> None:
    """What a printer is given is the canvas as it stands after the frame: without its buffer kept, that is blank."""
    with watch(1280) as watched:
        watched.sign_in("helen")
        watched.open("/hotspots")
        wait_for_map(watched.page)
        kept = watched.page.evaluate(
            """() => new Promise((done) => setTimeout(() => {
                const drawn = document.querySelector("#map canvas");
                const copy = document.createElement("canvas");
                copy.width = drawn.width; copy.height = drawn.height;
                const pen = copy.getContext("2d");
                pen.drawImage(drawn, 0, 0);
                const colours = new Set(new Uint32Array(pen.getImageData(0, 0, copy.width, copy.height).data.buffer));
                done(colours.size);
            }, 300))"""
        )
    assert kept > 3


def test_streets_are_drawn_beneath_and_their_style_is_chosen(
    watch: Callable[..., Any], filled: Database, settings: Settings, tmp_path: Path, screenshots: Path | None
) -> None:
    with filled.writing() as session:
        box: dict[str, Any] = {"west": -0.41, "south": 51.64, "east": -0.38, "north": 51.67}
        area = Boundary(district_id=county.WATFORD, geojson=SQUARE, **box)
        save_boundary(session, area, datetime(2026, 11, 12, tzinfo=UTC))
    tiles = {
        tile_at(latitude, longitude, 14): ZOOMSTACK for latitude in (51.654, 51.668) for longitude in (-0.405, -0.39)
    }
    make(write_mbtiles(tmp_path / "streets", tiles), settings.data)
    with watch(1280) as watched:
        asked: list[str] = []
        watched.page.context.on("response", lambda answer: asked.append(f"{answer.status} {urlsplit(answer.url).path}"))
        watched.sign_in("tom")
        watched.open("/live-map")
        wait_for_map(watched.page)
        assert any(each.startswith("200 /basemap/") for each in asked), asked
        grey = watched.page.locator("#map canvas").screenshot()
        watched.page.select_option("#map select", "night")
        watched.page.locator("#map[data-style=night]").wait_for()
        watched.page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true), 400))")
        assert watched.page.locator("#map canvas").screenshot() != grey
        if screenshots is not None:
            for style in ("night", "day"):
                watched.page.select_option("#map select", style)
                watched.page.wait_for_function("() => new Promise((done) => setTimeout(() => done(true), 400))")
                watched.page.locator("#map").screenshot(path=screenshots / f"lead-live-map-{style}-1280.png")
        watched.check()


def test_the_live_map_renews_itself_without_a_reload(watch: Callable[..., Any], filled: Database, clock: Clock) -> None:
    """Time is the browser's own to wind on: half a minute is no half minute here."""
    with watch(1280) as watched:
        watched.page.clock.install()
        watched.sign_in("tom")
        watched.open("/live-map")
        wait_for_map(watched.page)
        loads: list[str] = []
        watched.page.on("framenavigated", lambda frame: loads.append(frame.url))
        fresh = watched.page.locator("#live-content").get_by_text("3 in 1 look")
        assert fresh.count() == 0
        with filled.writing() as session:
            county.put_person(session, clock.now, "late", "", name="Late", state="listed", nights=(1,))
            at = {"district_id": county.WATFORD, "site_id": "", "people": 3, "unidentified": 0, "outing": "renewed"}
            county.add(session, look, at | {"night": clock.now.date(), "cell": grid.cell_of(511_000, 195_000)})
        watched.page.clock.run_for(31_000)
        watched.page.wait_for_function(
            "() => document.getElementById('live-said').textContent.startsWith('Renewed at')"
        )
        assert fresh.count() == 1
        assert loads == []
        watched.page.clock.run_for(10 * 60_000)
        watched.page.wait_for_function(
            "() => document.getElementById('live-said').textContent.includes('stopped renewing')"
        )
        watched.check()


def test_an_alarms_page_renews_itself_and_keeps_what_is_being_typed(
    watch: Callable[..., Any], filled: Database, clock: Clock, new_id: Callable[[], str]
) -> None:
    with filled.writing() as session:
        Watch(session, clock.now, new_id, DEFAULT_LADDER).look()
        found = next(each for each in list_open_alarms(session) if each.worker_id == "dean")
    with watch(1280) as watched:
        watched.page.clock.install()
        watched.sign_in("tom")
        watched.open(f"/alarms/{found.id}")
        stands = watched.page.locator("#stands")
        assert "nobody has it yet" in stands.inner_text()
        watched.page.fill("#note", "I rang him twice")

        def say(kind: AlarmEventKind) -> None:
            with filled.writing() as session:
                add_events(session, [AlarmEvent(
                    id=new_id(), alarm_id=found.id, at=clock.now, kind=kind, worker_id="priya", note="He is here",
                )])  # fmt: skip

        say(AlarmEventKind.TAKEN)
        watched.page.clock.run_for(16_000)
        watched.page.wait_for_function("() => document.getElementById('stands').textContent.includes('has it since')")
        assert watched.page.get_by_role("button", name="I take it over from").count() == 1
        assert "has it" in watched.page.locator("#alarm-log").inner_text()
        assert watched.page.input_value("#note") == "I rang him twice"
        assert watched.page.evaluate("document.activeElement.id") == "note"
        watched.page.clock.run_for(11 * 60_000)
        watched.page.wait_for_function("() => !document.getElementById('alarm-silent').hidden")
        watched.page.keyboard.press("End")
        say(AlarmEventKind.HOME)
        watched.page.clock.run_for(16_000)
        watched.page.wait_for_function("() => document.getElementById('stands').textContent.includes('is home at')")
        assert watched.page.input_value("#note") == "I rang him twice", "what was typed is still there to be copied"
        assert watched.page.locator("#alarm-take button").count() == 0
        watched.check()
