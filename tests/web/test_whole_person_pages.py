"""Services, health and harm, the way through services, and a person's own page, in a real browser: accessible and whole, on a
phone of
320 pixels too."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from server.actions.people.wellbeing import load_questionnaire
from server.queries.partnership import services as directory
from server.queries.partnership.services import Kept
from server.queries.people import plans, wellbeing
from shared.model.plan import Goal, Step
from shared.model.service import Place, Service, ServiceOffer, ServiceWelcome
from shared.model.telling import GoalEnd
from shared.model.wellbeing import Filled
from shared.rules.reading_hours import read_hours
from tests.paths import AXE
from tests.server.people.test_wellbeing import SEVEN
from tests.web.test_browser import database_kind, watch  # noqa: F401 - the fixtures

pytestmark = [
    pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(not AXE.exists(), reason="axe is fetched by `make assets`"),
]  # fmt: skip
SHELTER = Service(
    id="shelter", name="Watford night shelter", provider="New Hope", notice="Two beds left at six", telephone="01923 000000",
    offers=(ServiceOffer.EMERGENCY_BED, ServiceOffer.FOOD), welcomes=(ServiceWelcome.DOGS,), eligibility="Known to outreach",
    hours=read_hours("every day 20:00-08:00")[0], places=(Place(id="p", address="1 High Street", town="Watford"),),
)  # fmt: skip
GOAL = Goal(
    id="door", person_id="marek", agency_id="beacon", words="A room of my own with a door that I can close", works="Up early",
    celebration="Fish and chips with Aisha", set_at=datetime(2026, 11, 1, tzinfo=UTC), set_by="tom",
)  # fmt: skip
STEP = Step(
    id="form", goal_id="door", person_id="marek", text="Fill in the housing form together", who="Marek and Aisha",
    added_at=datetime(2026, 11, 1, tzinfo=UTC), added_by="tom",
)  # fmt: skip
PIN = "7394"
VISITED = [
    ("/services", "services"),
    ("/services/shelter", "service"),
    ("/services/shelter/edit", "service-form"),
    ("/service-files", "service-files"),
    ("/people/marek/health", "person-health"),
    ("/people/marek/doors", "person-doors"),
    ("/people/marek/own-link", "person-own-link"),
    ("/harm", "harm"),
    ("/people/marek/assessment", "assessment"),
    ("/people/marek/assessment/home", "assessment-home"),
    ("/people/marek/assessment-from-paper", "assessment-from-paper"),
    ("/people/marek/plan", "plan"),
    ("/people/marek/consent", "consent"),
    ("/people/marek/wellbeing", "wellbeing"),
    ("/people/marek/wellbeing/made_up_seven", "wellbeing-form"),
    ("/people/marek/equality", "equality"),
    ("/wishes", "wishes"),
]


@pytest.fixture
def filled_too(filled: Any, clock: Any) -> Any:
    """The county with a directory."""
    with filled.writing() as session:
        told = [SHELTER, replace(SHELTER, id="refuge", name="Haven", is_secret_address=True)]
        kept = [Kept(service=each, source="", reference=each.id, came_with="{}") for each in told]
        directory.add_services(session, kept, clock())
        load_questionnaire(session, SEVEN, clock())
        for days, points in ((90, 2), (60, 3), (31, 3), (2, 4)):
            wellbeing.add_filled(session, _filled(clock(), days, points))
        for goal in (
            GOAL,
            replace(GOAL, id="flat", words="A flat in Hull", ended=GoalEnd.REACHED, ended_at=clock(), ended_by="tom"),
        ):
            plans.add(session, replace(goal, set_at=clock()))
        plans.add(session, replace(STEP, added_at=clock()))
    return filled


def _filled(now: datetime, days: int, points: int) -> Filled:
    then = now - timedelta(days=days)
    return Filled(
        id=f"filled-{days}", person_id="marek", agency_id="beacon", questionnaire=SEVEN.key, version=1, points=(points,) * 7,
        words="Sleeping a bit better since the hostel, but the nights are long", filled_on=then.date(), at=then, worker_id="tom",
    )  # fmt: skip


def look(seen: Any, name: str, width: int, screenshots: Path | None) -> None:
    """Whole, accessible, and if asked kept as a picture."""
    assert not seen.is_cut_off(), name
    seen.check()
    if screenshots is not None:
        seen.page.screenshot(path=screenshots / f"{name}-{width}.png", full_page=True)


def make_link(seen: Any) -> str:
    """Tom and Marek make a link to Marek's own page."""
    seen.sign_in("tom")
    seen.open("/people/marek/own-link")
    seen.page.fill("#pin", PIN)
    seen.page.fill("#again", PIN)
    seen.page.click("main button[type=submit]")
    return f"/own/{seen.page.inner_text('.lantern-code').strip().rpartition('/')[2]}"


VOICE = """
  window.heard = []; window.cancelled = 0;
  Object.defineProperty(window, "speechSynthesis", {value: {
    speak: (said) => window.heard.push(said), cancel: () => { window.cancelled += 1; },
  }});
"""
"""A computer's voice that says nothing: headless browsers have none. The page, its words and its utterances are the browser's."""


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_each_page_is_accessible_and_whole(
    watch: Callable[..., Any],  # noqa: F811
    filled_too: Any,
    screenshots: Path | None,
    width: int,
) -> None:
    with watch(width) as seen:
        seen.sign_in("tom")
        for path, name in VISITED:
            seen.open(path)
            look(seen, name, width, screenshots)


def test_their_own_page_opens_by_pin_and_is_whole_at_320(
    watch: Callable[..., Any],  # noqa: F811
    filled_too: Any,
    screenshots: Path | None,
) -> None:
    with watch() as seen:
        link = make_link(seen)
        look(seen, "person-own-link-made", 1280, screenshots)
    with watch(320) as theirs:
        theirs.open(link)
        look(theirs, "own-page-door", 320, screenshots)
        theirs.page.fill("#pin", PIN)
        theirs.page.click("main form button[type=submit]")
        assert "Marek" in theirs.page.inner_text("main")
        look(theirs, "own-page", 320, screenshots)
        theirs.page.click("text=Po polsku")
        assert theirs.page.get_attribute("html", "lang") == "pl"
        look(theirs, "own-page-pl", 320, screenshots)
        theirs.page.check("#kind")
        theirs.page.fill("#words", "Chcę pokój")
        theirs.page.click("text=Wyślij")
        assert "Dziękujemy" in theirs.page.inner_text("main")
        assert theirs.page.is_visible("#own-print")


def test_the_browser_reads_their_own_page_aloud_line_by_line_in_its_language(
    watch: Callable[..., Any],  # noqa: F811
    filled_too: Any,
) -> None:
    with watch() as seen:
        link = make_link(seen)
    with watch() as theirs:
        theirs.page.add_init_script(VOICE)
        theirs.open(link)
        theirs.page.fill("#pin", PIN)
        theirs.page.click("main form button[type=submit]")

        def heard(what: str) -> Any:
            return theirs.page.evaluate(f"window.heard.map((said) => said.{what})")

        def pressed() -> Any:
            return theirs.page.get_attribute("#own-aloud", "aria-pressed")

        start = theirs.page.inner_text("#own-aloud")
        theirs.page.click("#own-aloud")
        said = heard("text")
        shown = [line.strip() for line in theirs.page.inner_text("#own-words").split("\n") if line.strip()]
        assert said == shown and len(said) > 10 and any(GOAL.words in line for line in said)
        assert set(heard("lang")) == {"en"} and pressed() == "true"
        assert theirs.page.inner_text("#own-aloud") != start
        theirs.page.evaluate("window.heard.at(0).dispatchEvent(new Event('end'))")
        assert pressed() == "true"
        theirs.page.evaluate("window.heard.at(-1).dispatchEvent(new Event('end'))")
        assert pressed() == "false" and theirs.page.inner_text("#own-aloud") == start
        theirs.page.click("#own-aloud")
        theirs.page.click("#own-aloud")
        assert pressed() == "false" and theirs.page.evaluate("window.cancelled") == 3
        theirs.page.click("#own-aloud")
        theirs.page.evaluate(f"window.heard.at({len(said)}).dispatchEvent(new Event('error'))")
        assert pressed() == "true", "what was cancelled before ends no reading that has begun since"
        theirs.page.evaluate("window.heard.at(-1).dispatchEvent(new Event('error'))")
        assert pressed() == "false"
        theirs.page.click("text=Po polsku")
        theirs.page.click("#own-aloud")
        assert set(heard("lang")) == {"pl"} and any(line.startswith("Dzień dobry") for line in heard("text"))
