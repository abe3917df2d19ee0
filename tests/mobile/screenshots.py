"""Pictures of every screen, at night and by day, with letters of 100 % and 200 %, upright and in landscape.

    python -m tests.mobile.screenshots [DIRECTORY] [--only NAME] [--scale 2]

Run for each font scale in a process of its own, since Kivy reads the scale once. Writes `phone-<screen>-<look>.png`.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from mobile.field.own_views import PlannedShift
from shared.model.shift import ShiftPlanned
from shared.rules.shift_plans import PlanState
from tests.mobile.glass import HEIGHT, WIDTH, prepare
from tests.mobile.rehearsal import ago
from tests.paths import ROOT

Story = Callable[[Any], Awaitable[None]]


async def _nothing(_driver: Any) -> None:
    return None


async def _quick(driver: Any) -> None:
    driver.screen.quick()
    await driver.until(lambda: driver.screen.state.quick is not None)


async def _known(driver: Any) -> None:
    await driver.tap("Marek")


async def _saved(driver: Any) -> None:
    await driver.tap("Marek")
    await driver.tap("Bedded down")
    await driver.settle()


async def _needs(driver: Any) -> None:
    await _saved(driver)
    await driver.tap("Alcohol")
    await driver.settle()


async def _new(driver: Any) -> None:
    await driver.tap("Someone new")
    await driver.settle()
    await driver.write("Red Mick")


async def _match(driver: Any) -> None:
    await _new(driver)
    await driver.tap("Next")
    await driver.settle()


async def _place(driver: Any) -> None:
    await _known(driver)
    await driver.tap("Station stairwell")


async def _pin(driver: Any) -> None:
    await _place(driver)
    await driver.tap("Put the pin on the map")
    await driver.settle()


async def _several(driver: Any) -> None:
    await driver.tap("Several people")
    await driver.tap("Marek")
    await driver.tap("Sheila")


async def _typed(driver: Any) -> None:
    driver.screen.ids.words.text = "red"
    await driver.settle()


async def _outcomes(driver: Any) -> None:
    await driver.tap("Close with an outcome")


async def _ending(driver: Any) -> None:
    await driver.tap("End shift")


async def _pressed_pin(driver: Any) -> None:
    await driver.settle()
    view = driver.screen.ids.map
    pin = next(pin for pin in view.marks.pins if pin.kind == "referral")
    await driver.touch(*view.to_window(*view.window_of(pin.latitude, pin.longitude)))


async def _wrong(driver: Any) -> None:
    await driver.enter_pin("999999")
    await driver.settle()


async def _editing(driver: Any) -> None:
    await driver.tap("Change description")


LINK = "lantern://enrol?server=https%3A%2F%2Flantern.example.org&code=ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567"


async def _choosing_pin(driver: Any) -> None:
    await driver.tap("Next")
    await driver.settle()


async def _out_of_lease(driver: Any) -> None:
    status = driver.app.service.status
    until = driver.app.service.now() + timedelta(hours=9)
    driver.app.service.status = type(status)(
        phase=status.phase.FAILED, trouble="must_enrol", not_yet_sent=3, lease_until=until
    )
    driver.app.service.may_enrol = True
    driver.app._each_second(1.0)
    await driver.settle()


PLANNED = PlannedShift(
    plan=ShiftPlanned(
        id="pl-1", team_id="t-1", worker_ids=("w-aisha", "w-dean"), area="Town centre", starts_at=ago(hours=3),
        back_at=ago(minutes=20),
    ),
    with_whom=("Dean W",),
    state=PlanState.OVERDUE,
)  # fmt: skip
PERSON, SITE, REFERRAL = {"person_id": "p-1"}, {"site_id": "s-stairwell"}, {"referral_id": "r-1"}


async def _press(driver: Any, button: Any) -> None:
    """A button whose words stand in the catalogue only once its part is built."""
    await driver.until(lambda: driver.screen.state.contact_state is not None)
    button(driver.screen.ids.amend).dispatch("on_release")
    await driver.settle()


async def _when(driver: Any) -> None:
    await _press(driver, lambda part: part._time)


async def _strike(driver: Any) -> None:
    await _press(driver, lambda part: part._not)


async def _second_question(driver: Any) -> None:
    await driver.until(lambda: driver.screen.state.form is not None)
    driver.screen.go_on()
    await driver.settle()


async def _sharing(driver: Any) -> None:
    await driver.until(lambda: driver.screen.state.form is not None)
    for _ in driver.screen.state.form.questions:
        driver.screen.go_on()
    await driver.settle()


async def _new_place(driver: Any) -> None:
    driver.screen.place()
    driver.screen.new_place()
    await driver.settle()


async def _changing_place(driver: Any) -> None:
    await driver.until(lambda: driver.screen.state.record is not None)
    driver.screen.edit()
    await driver.settle()


SCREENS: dict[str, tuple[str, dict[str, Any], Story]] = {
    "enrol": ("enrol", {}, _nothing),
    "enrol-link": ("enrol", {"link": LINK}, _nothing),
    "enrol-link-bad": ("enrol", {"link": "lantern://enrol?server=x"}, _nothing),
    "enrol-pin": ("enrol", {"link": LINK}, _choosing_pin),
    "unlock": ("unlock", {}, _nothing),
    "unlock-wrong": ("unlock", {}, _wrong),
    "unlock-quick": ("unlock", {}, _quick),
    "tonight": ("tonight", {}, _nothing),
    "tonight-planned": ("tonight", {}, _nothing),
    "shift": ("shift", {}, _nothing),
    "shift-end": ("shift", {}, _ending),
    "map": ("map", {}, _pressed_pin),
    "map-squares": ("map", {}, _nothing),
    "people": ("people", {}, _nothing),
    "people-search": ("people", {}, _typed),
    "services": ("services", {}, _nothing),
    "service": ("service", {"service_id": "sv-shelter"}, _nothing),
    "person": ("person", PERSON, _nothing),
    "person-change": ("person", PERSON, _editing),
    "site": ("site", SITE, _nothing),
    "site-change": ("site", SITE, _changing_place),
    "asking": ("asking", PERSON, _nothing),
    "asking-choices": ("asking", PERSON, _second_question),
    "asking-sharing": ("asking", PERSON, _sharing),
    "photo-document": ("photo", PERSON, _nothing),
    "photo-place": ("photo", SITE, _nothing),
    "night": ("night", {}, _nothing),
    "contact-1-who": ("contact", {}, _nothing),
    "contact-2-state": ("contact", {}, _known),
    "contact-3-saved": ("contact", {}, _saved),
    "contact-4-more": ("contact", {}, _needs),
    "contact-several": ("contact", {}, _several),
    "contact-new": ("contact", {}, _new),
    "contact-match": ("contact", {}, _match),
    "contact-place": ("contact", {}, _place),
    "contact-pin": ("contact", {}, _pin),
    "contact-when": ("contact", {"contact_id": "c-1"}, _when),
    "contact-strike": ("contact", {"contact_id": "c-1"}, _strike),
    "contact-new-place": ("contact", {"contact_id": "c-1"}, _new_place),
    "contact-correct": ("contact", {"contact_id": "c-1"}, _nothing),
    "visit": ("visit", {}, _nothing),
    "referral": ("referral", REFERRAL, _nothing),
    "referral-outcome": ("referral", REFERRAL, _outcomes),
    "tray": ("tray", {}, _nothing),
    "tray-new-code": ("tray", {}, _out_of_lease),
    "settings": ("settings", {}, _nothing),
    "pin": ("pin", {}, _nothing),
}


IN_LANDSCAPE = ("contact-1", "contact-3", "tonight", "unlock", "map")


def main() -> None:
    """Take them all, or the one asked for."""
    parser = argparse.ArgumentParser(description="Pictures of every phone screen.")
    parser.add_argument("directory", nargs="?", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--only", default="", help="only screens whose name begins so")
    parser.add_argument("--scale", type=float, help="one font scale, in this process")
    parser.add_argument("--language", default="en", help="the language of the screens")
    parser.add_argument(
        "--every", action="store_true", help="every screen on its side too, not only those of the guides"
    )
    parser.add_argument("--landscape", action="store_true", help="with --scale: on its side")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    if options.scale:
        sideways = ("",) if options.every else IN_LANDSCAPE
        _take(options.directory, options.only, options.scale, sideways if options.landscape else (), options.language)
        return
    for scale, landscape in (("1", []), ("2", []), ("1", ["--landscape"]), ("2", ["--landscape"])):
        environment = os.environ | {"KIVY_METRICS_FONTSCALE": scale}
        command = [sys.executable, "-m", "tests.mobile.screenshots", str(options.directory), "--only", options.only]
        command += ["--language", options.language, *(["--every"] if options.every else [])]
        subprocess.run([*command, "--scale", scale, *landscape], env=environment, check=True, cwd=ROOT, timeout=1800)
    if not options.only:
        _strip(options.directory)


def _strip(directory: Path) -> None:
    """The shortest path side by side: Log contact, Marek, Bedded down, Done."""
    from PIL import Image

    names = ("tonight", "contact-1-who", "contact-2-state", "contact-3-saved")
    frames = [Image.open(directory / f"phone-{name}-night.png") for name in names]
    strip = Image.new("RGB", (len(frames) * (WIDTH + 16) - 16, HEIGHT), "#8A6A4A")
    for place, frame in enumerate(frames):
        strip.paste(frame, (place * (WIDTH + 16), 0))
    strip.save(directory / "phone-four-taps.png")


def _take(directory: Path, only: str, scale: float, landscape: tuple[str, ...], language: str) -> None:
    os.environ["KIVY_METRICS_FONTSCALE"] = str(scale)
    prepare(*((HEIGHT, WIDTH) if landscape else (WIDTH, HEIGHT)))
    suffix = "" if scale == 1 else f"-{round(scale * 100)}"
    if landscape:
        asyncio.run(_visit_all(directory, only or landscape, "night", f"landscape{suffix}", (HEIGHT, WIDTH), language))
        return
    for theme in ("night", "day"):
        asyncio.run(_visit_all(directory, only or ("",), theme, f"{theme}{suffix}", (WIDTH, HEIGHT), language))


async def _visit_all(
    directory: Path, only: str | tuple[str, ...], theme: str, look: str, size: tuple[int, int], language: str
) -> None:
    from mobile.app import LanternApp
    from tests.mobile.driver import run_app
    from tests.mobile.ground import town
    from tests.mobile.rehearsal import RehearsalField, SilentCues

    class Town:
        def map_sketch(self) -> Any:
            return town()

    for name, (screen, arguments, story) in SCREENS.items():
        if not name.startswith(only):
            continue
        field = RehearsalField()
        field.settings |= {"theme": theme, "language": language}
        if name.startswith("contact-1"):
            field.status = type(field.status)(phase=field.status.phase, not_yet_sent=3)
        if screen in ("unlock", "enrol"):
            field.lock_state = field.lock_state.LOCKED
            field.may_enrol = screen == "enrol"
        if name == "tonight-planned":
            field.planned = PLANNED
        app = LanternApp(field, SilentCues(), map_source=Town())  # type: ignore[arg-type]

        async def show(
            driver: Any, screen: str = screen, arguments: Any = arguments, story: Story = story, name: str = name
        ) -> None:
            driver.app.go("tonight" if screen not in ("unlock", "enrol") else screen, {})
            driver.app.go(screen, arguments)
            await driver.settle()
            await story(driver)
            await driver.settle()
            driver.picture(directory / f"phone-{name}-{look}.png")

        await run_app(app, show, size)


if __name__ == "__main__":
    main()
