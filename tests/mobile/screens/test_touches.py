"""Fingers on the other screens: lists scroll, the map pans, the tray settles, settings take, a full disk says so."""

import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from kivy.clock import Clock
from kivy.core.window import Window
from msgspec.structs import replace

from mobile.app import LanternApp
from mobile.device.map_pack import MapPack
from mobile.device.silent import NoOutside
from mobile.field.views import CheckInState, PersonCard
from mobile.ports import MapCell
from mobile.screens.contact.values import NewPlacePressed, PlacePressed, Step, StrikePressed
from mobile.screens.map.state import CellsFound
from mobile.screens.night import state as night
from mobile.screens.tray import state as tray
from mobile.store.errors import DiskFull, NotHere
from mobile.widgets import press
from mobile.widgets.field import TextField
from mobile.widgets.mercator import from_world_px, world_px
from tests.mobile.ground import HERE, town
from tests.mobile.rehearsal import SITES, RehearsalField, SilentCues


class Town:
    def map_sketch(self):
        return town()


@pytest.fixture
def field():
    return RehearsalField()


def _app(field, cues=None):
    return LanternApp(field, cues or SilentCues(), map_source=Town())


def test_a_full_disk_says_so_and_nothing_is_lost(field, on_glass):
    cues = SilentCues()
    field.fails_with = DiskFull()

    async def story(driver):
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.until(lambda: any(text.startswith("This phone is full") for text in driver.visible_texts()))
        assert "Saved on this phone" not in driver.visible_texts()
        assert cues.buzzes == [250], "a hard buzz, not the soft one"
        field.fails_with = None
        await driver.tap("Bedded down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        assert len(field.drafts) == 1

    on_glass(_app(field, cues), story)


def test_androids_back_is_the_screens_own_and_loses_no_word(field, on_glass):
    """It left the contact with half a note, and someone new with a name, without a word."""
    app = _app(field)

    async def press_back(driver):
        Window.dispatch("on_keyboard", 27, 0, None, [])
        await driver.settle()

    async def story(driver):
        await driver.tap("Log contact")
        await driver.tap("Someone new")
        driver.screen.ids.alias.text = "Red"
        await press_back(driver)
        assert driver.screen.state.step is Step.WHO, "one step back, not out"
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.until(lambda: driver.screen.state.is_saved)
        driver.screen.ids.details._fields["note"].text = "shivering"
        await press_back(driver)
        await driver.until(lambda: app.way == [("tonight", {})])
        assert field.refinements[-1][1] == {"note": "shivering"}

    on_glass(app, story)


def test_what_a_night_was_like_outlives_a_locked_screen(field, on_glass):
    app = _app(field)

    async def story(driver):
        app.go("shift", {})
        await driver.until(lambda: driver.screen.state.loaded)
        driver.screen.ids.summary.text = "Quiet, one ambulance"
        app.on_pause()
        shift_id = driver.screen.state.shift.shift.id
        assert field.half_written["shift"] == {f"summary {shift_id}": "Quiet, one ambulance"}
        app.home()
        app.go("shift", {})
        await driver.until(lambda: driver.screen.ids.summary.text == "Quiet, one ambulance")

    on_glass(app, story)


def test_a_call_or_a_dark_screen_in_the_middle_of_a_word_costs_none(field, on_glass):
    app = _app(field)

    async def story(driver):
        await driver.tap("Log contact")
        await driver.tap("Someone new")
        driver.screen.ids.alias.text = "Lofty"
        app.on_pause()
        assert field.half_written["contact"] == {"alias": "Lofty"}
        app.home()
        await driver.tap("Log contact")
        await driver.until(lambda: driver.screen.state.half_people)
        await driver.tap("Someone new")
        assert driver.screen.ids.alias.text == "Lofty"
        await driver.tap("Next")
        await driver.tap("Bedded down")
        await driver.until(lambda: driver.screen.state.is_saved)
        app._each_second(1.0)
        await driver.until(lambda: not field.half_written["contact"])
        driver.screen.ids.details._fields["note"].text = "shiver"
        app.screen_went_off()
        assert field.refinements[-1][1] == {"note": "shiver"}, "half a note, before the phone locks"

    on_glass(app, story)


def test_a_reason_a_new_place_and_a_correction_are_found_as_they_were(field, on_glass):
    """They were lost by a lock, a call or a kill; and a field showed words that its screen did not know any more."""
    app = _app(field)

    def lock(name, arguments):
        app.on_pause()
        app.home()
        app.go(name, arguments)

    async def story(driver):
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.until(lambda: driver.screen.state.is_saved)
        contact = {"contact_id": driver.screen.state.contact_id}
        driver.screen.send(StrikePressed())
        driver.screen.ids.amend._own.text = "we mixed up"
        driver.screen.back()
        driver.screen.send(PlacePressed())
        driver.screen.send(NewPlacePressed())
        driver.screen.ids.place_hazards.text = "dog"
        lock("contact", contact)
        await driver.until(lambda: driver.screen.state.reason and driver.screen.state.contact_state)
        driver.screen.send(StrikePressed())
        assert driver.screen.ids.amend._own.text == "we mixed up"
        driver.screen.back()
        driver.screen.send(PlacePressed())
        driver.screen.send(NewPlacePressed())
        assert (driver.screen.ids.place_hazards.text, driver.screen.ids.place_name.text) == ("dog", "")
        app.home()
        app.go("night", {})
        await driver.until(lambda: driver.screen.state.loaded)
        driver.screen.send(night.Picked(entry_id="v-1"))
        driver.screen.ids.stop._own.text = "the wrong"
        lock("night", {})
        await driver.until(lambda: driver.screen.state.loaded and driver.screen.state.half)
        driver.screen.send(night.Picked(entry_id="v-1"))
        assert driver.screen.ids.stop._own.text == "the wrong"
        app.home()
        app.go("tray", {})
        await driver.until(lambda: driver.screen.state.loaded)
        driver.screen.send(tray.CorrectPressed(item_id="c-9"))
        driver.screen.send(tray.Typed(field="note", text="Short"))
        lock("tray", {})
        await driver.until(lambda: driver.screen.state.loaded and driver.screen.state.half)
        driver.screen.send(tray.CorrectPressed(item_id="c-9"))
        await driver.settle()
        assert "Short" in [each.text for each in driver.screen.ids.cards.walk() if isinstance(each, TextField)]

    on_glass(app, story)


@pytest.mark.parametrize(
    ("screen", "arguments", "said"),
    [
        ("person", {"person_id": "p-1"}, "Marek"),
        ("site", {"site_id": "s-stairwell"}, "Station stairwell"),
        ("referral", {"referral_id": "r-1"}, "SL-20418"),
    ],
)
def test_what_a_sync_took_away_does_not_stay_on_the_glass(field, on_glass, screen, arguments, said):
    """Somebody who was erased was read on until the page was left."""
    app = _app(field)

    async def story(driver):
        app.go(screen, arguments)
        await driver.until(lambda: driver.screen.state.record is not None)
        assert said in driver.screen.title

        def gone(_id):
            raise NotHere

        setattr(field, screen, gone)
        driver.screen.synced()
        await driver.until(lambda: driver.screen.state.record is None)
        assert driver.screen.ids.page.hidden and said not in driver.screen.title
        assert driver.screen.ids.failure.text == "That record is not on this phone. It may belong to another team."

    on_glass(app, story)


def test_a_note_begun_at_one_place_does_not_come_up_at_the_next(field, on_glass):
    app = _app(field)

    async def story(driver):
        app.go("visit", {"site": SITES[0]})
        driver.screen.ids.note.text = "dog behind the gate"
        app.on_pause()
        for site, note in ((SITES[1], ""), (SITES[0], "dog behind the gate")):
            app.home()
            app.go("visit", {"site": site})
            await driver.settle()
            assert driver.screen.ids.note.text == note

    on_glass(app, story)


FORMS = (("person", {"person_id": "p-1"}, "strengths"), ("site", {"site_id": "s-stairwell"}, "hazards_field"))


def test_a_form_left_by_a_lock_is_found_as_it_was(field, on_glass):
    app = _app(field)

    async def story(driver):
        for screen, arguments, name in FORMS:
            app.go(screen, arguments)
            await driver.until(lambda: driver.screen.state.record is not None)
            driver.screen.edit()
            driver.screen.ids[name].text = "Two words"
            app.on_pause()
            app.home()
            app.go(screen, arguments)
            await driver.until(lambda: driver.screen.state.record is not None and driver.screen.state.half)
            driver.screen.edit()
            assert driver.screen.ids[name].text == "Two words"
            driver.screen.back()
        app.go("visit", {})
        driver.screen.ids.note.text = "wet cardboard"
        app.on_pause()
        app.home()
        app.go("visit", {})
        await driver.until(lambda: driver.screen.ids.note.text == "wet cardboard")

    on_glass(app, story)


def test_the_window_keeps_clear_of_the_phones_bars_and_a_due_check_in_has_an_alarm(field, on_glass):
    class Bars(NoOutside):
        def edges(self):
            return (0, 88, 0, 48)

    class Clock:
        def __init__(self):
            self.set_for, self.ring = [], None

        def set(self, in_ms, ring):
            self.set_for.append(in_ms)
            self.ring = ring

        def cancel(self):
            self.set_for.append(None)

    clock, cues = Clock(), SilentCues()
    app = LanternApp(field, cues, map_source=Town(), outside=Bars(), alarm=clock)

    async def story(driver):
        await driver.settle()
        await driver.until(lambda: driver.screen.y == 48)
        assert driver.screen.top == app.glass.root.height - 88
        app._heard_check_ins(CheckInState(due_at=field.now() + timedelta(minutes=30)))
        assert clock.set_for[-1] == 30 * 60_000
        app._heard_check_ins(CheckInState(due_at=field.now() - timedelta(seconds=1)))
        clock.ring()
        assert cues.notified == ["Your check-in is due."], "though no second of the app passed"
        app._heard_check_ins(CheckInState())
        assert clock.set_for[-1] is None

    on_glass(app, story)


def test_five_thousand_people_scroll_under_a_finger_and_one_is_picked(field, on_glass):
    field.people = tuple(PersonCard(id=f"p-{n}", known_as=f"Person {n}") for n in range(5_000))
    asked = []
    field.person = asked.append

    async def story(driver):
        await driver.tap("People")
        await driver.until(lambda: driver.find_row("Person 3"))
        rows, _ = driver.find_row("Person 3")
        await driver.drag(rows, 0, 300)
        await driver.until(lambda: not rows.is_gliding)
        assert rows.offset > 250
        still = rows.offset
        await driver.frames(10)
        assert rows.offset == pytest.approx(still, abs=1), "it glides and stops"
        assert driver.screen is not None
        assert not asked, "a drag is not a press"
        await driver.tap("Person 150")
        await driver.until(lambda: asked == ["p-150"])

    on_glass(_app(field), story)


def test_a_flung_list_shows_headings_and_fills_in_the_rest_when_it_rests(field, on_glass):
    field.people = tuple(PersonCard(id=f"p-{n}", known_as=f"Person {n}", description="grey coat") for n in range(500))

    async def story(driver):
        await driver.tap("People")
        await driver.until(lambda: driver.find_row("Person 3"))
        rows, _ = driver.find_row("Person 3")
        rows.scroll_to(3_000)
        moved = [slot for slot in rows._slots if slot.is_brief]
        assert moved, "too fast to read"
        assert all(slot._head.size[0] and not slot._detail.size[0] for slot in moved)
        await driver.until(lambda: not any(slot.is_brief for slot in rows._slots))
        assert all(slot._detail.size[0] for slot in rows._slots)
        rows.scroll_to(3_050)
        assert not any(slot.is_brief for slot in rows._slots), "a finger's pace leaves nothing out"

    on_glass(_app(field), story)


def test_one_finger_pans_the_map_and_buttons_zoom_it(field, on_glass):
    async def story(driver):
        await driver.tap("Map")
        await driver.settle()
        view = driver.screen.ids.map
        before, zoom = (view.latitude, view.longitude), view.zoom
        await driver.drag(view, 120, 80)
        assert view.longitude < before[1], "the ground follows the finger eastwards"
        assert view.latitude < before[0]
        plus = next(w for w in driver.widgets() if getattr(w, "icon", "") == "plus")
        await driver.tap(plus)
        assert view.zoom == zoom + 1
        locate = next(w for w in driver.widgets() if getattr(w, "icon", "") == "locate")
        await driver.tap(locate)
        assert (view.latitude, view.longitude) == pytest.approx(before)

    on_glass(_app(field), story)


def test_the_map_says_what_its_squares_mean_when_there_are_any(field, on_glass):
    class BareTown:
        def map_sketch(self):
            return replace(town(), cells=())

    async def story(driver):
        await driver.tap("Map")
        await driver.settle()
        assert driver.screen.ids.squares.text == "Strong colour: somebody is likely there tonight."
        driver.screen.send(CellsFound(cells=()))
        assert driver.screen.ids.squares.text == ""

    field.likely_cells = lambda: (MapCell(corners=(HERE, HERE, HERE), strength=3),)
    on_glass(LanternApp(field, SilentCues(), map_source=BareTown()), story)


def _tiles(file, level, west, east):
    """A pack of plain tiles at one zoom level: one colour up to column `west`, another from `east` on."""
    from PIL import Image

    def png(colour):
        raw = BytesIO()
        Image.new("RGB", (256, 256), colour).save(raw, "PNG")
        return raw.getvalue()

    with sqlite3.connect(file) as pack:
        pack.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        pack.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
        row = int(world_px(*HERE, level)[1] // 256)
        for column, colour in ((west - 1, "#203040"), (west, "#203040"), (east, "#405060"), (east + 1, "#405060")):
            drawn = [(level, column, row + up, png(colour)) for up in range(-3, 4)]
            pack.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", drawn)
    pack.close()


def test_the_operators_raster_pack_is_drawn_where_it_belongs(field, on_glass, tmp_path):
    level = 15
    column = int(world_px(*HERE, level)[0] // 256)
    _tiles(tmp_path / "tiles.mbtiles", level, column, column + 1)
    edge = from_world_px((column + 1) * 256.0, world_px(*HERE, level)[1], level)

    async def story(driver):
        await driver.tap("Map")
        await driver.settle()
        view = driver.screen.ids.map
        view.look_at(*edge, zoom=level)
        view.show_pins([])
        view.show_here(None)
        await driver.frames(4)
        driver.picture(tmp_path / "map.png")
        x, y = view.to_window(*view.center)
        with Image.open(tmp_path / "map.png") as picture:
            west, east = (picture.getpixel((round(x + across), round(picture.height - y))) for across in (-40, 40))
        assert west == pytest.approx((0x20, 0x30, 0x40), abs=2) and east == pytest.approx((0x40, 0x50, 0x60), abs=2)

    from PIL import Image

    on_glass(LanternApp(field, SilentCues(), map_source=MapPack(tmp_path)), story)


def test_likely_squares_from_the_store_are_drawn_over_the_plain_sketch(field, on_glass, tmp_path):
    from PIL import Image

    def picture(driver, name):
        view = driver.screen.ids.map
        driver.picture(tmp_path / name)
        x, y = view.to_window(*view.center)
        with Image.open(tmp_path / name) as taken:
            return taken.getpixel((round(x), round(taken.height - y)))

    async def story(driver):
        seen = {}
        for name, cells in (("without.png", ()), ("with.png", (_square_about(*HERE),))):
            field.cells = cells
            await driver.tap("Map")
            await driver.settle()
            view = driver.screen.ids.map
            view.look_at(*HERE, zoom=15)
            view.show_pins([])
            view.show_here(None)
            await driver.frames(4)
            seen[name] = picture(driver, name)
            driver.screen.back()
            await driver.settle()
        assert seen["with.png"][0] > seen["without.png"][0] + 30, seen

    on_glass(LanternApp(field, SilentCues(), map_source=MapPack(tmp_path)), story)


def _square_about(latitude, longitude):
    south, north, west, east = latitude - 1e-3, latitude + 1e-3, longitude - 2e-3, longitude + 2e-3
    return MapCell(corners=((south, west), (south, east), (north, east), (north, west)), strength=4)


def test_a_pin_is_pressed_and_its_page_opens(field, on_glass):
    async def story(driver):
        await driver.tap("Map")
        await driver.settle()
        view = driver.screen.ids.map
        pin = next(pin for pin in view.marks.pins if pin.key == "referral/r-1")
        await driver.touch(*view.to_window(*view.window_of(pin.latitude, pin.longitude)))
        await driver.tap("Man in doorway, no coat")
        await driver.until(lambda: "Referral SL-20418" in driver.visible_texts())

    on_glass(_app(field), story)


def test_an_open_map_shows_what_a_sync_has_brought_meanwhile(field, on_glass, monkeypatch):
    async def story(driver):
        await driver.tap("Map")
        await driver.settle()
        marks, items = driver.screen.ids.map.marks, field.map_items(0, 0, 0, 0)
        known = len(marks.pins)
        monkeypatch.setattr(field, "map_items", lambda *_: [*items, replace(items[0], id="s-new")])
        field.status = replace(field.status, last_synced_at=datetime(2026, 11, 27, 2, tzinfo=UTC))
        await driver.until(lambda: len(marks.pins) == known + 1, "a pin more")

    on_glass(_app(field), story)


def test_a_conflict_is_settled_and_a_refused_record_sent_again(field, on_glass):
    async def story(driver):
        await driver.touch(200, 870)  # the sync line at the head of every screen
        await driver.until(lambda: "Keep Dean W's" in driver.visible_texts())
        await driver.tap("Keep Dean W's")
        await driver.until(lambda: field.resolved)
        assert field.resolved[0][1].who == "Dean W"
        await driver.settle()
        await driver.tap("Correct it")
        await driver.settle()
        await driver.until(lambda: "Send the correction" in driver.visible_texts())
        note = next(w for w in driver.widgets() if getattr(w, "label", "") == "Note")
        note.writing.focus = True
        await driver.write("Short")
        await driver.tap("Send the correction")
        await driver.until(lambda: "Contact, Tomasz" not in driver.visible_texts())

    on_glass(_app(field), story)


def test_settings_take_at_once_and_are_kept(field, on_glass):
    from mobile import theme

    async def story(driver):
        await driver.tap("Shift")
        await driver.tap("Settings")
        await driver.tap("Day")
        await driver.until(lambda: theme.palette().name == "day")
        await driver.tap("Polski")
        await driver.until(lambda: "Ustawienia" in driver.visible_texts())
        await driver.tap("Wróć")
        await driver.tap("Wróć") if driver.find("Wróć") else driver.app.back()
        await driver.until(lambda: driver.find("Zapisz kontakt"))
        assert field.settings == {"theme": "day", "language": "pl"}

    on_glass(_app(field), story)


def test_signs_are_given_as_the_settings_say_and_never_name_anybody(field, on_glass):
    cues = SilentCues()
    field.settings |= {"vibration": "off", "speech": "on"}

    async def story(driver):
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        assert cues.buzzes == []
        assert cues.said == ["Saved"]

    on_glass(_app(field, cues), story)


def test_the_phones_back_button_goes_one_screen_back(field, on_glass):
    async def story(driver):
        from kivy.core.window import Window

        await driver.tap("People")
        await driver.until(lambda: driver.find_row("Marek"))
        Window.dispatch("on_keyboard", 27, 0, None, [])
        await driver.until(lambda: "Tonight" in driver.visible_texts())

    on_glass(_app(field), story)


def test_no_shift_is_offered_while_nobody_knows_whether_one_is_going(field, on_glass, monkeypatch):
    """A button that comes and goes would move the list under the finger: somebody else's record would open."""
    answered, shift = threading.Event(), field.current_shift()
    monkeypatch.setattr(field, "current_shift", lambda: shift if answered.wait(60) else None)

    async def story(driver):
        start = driver.screen.ids.start
        seen = [start.hidden]
        start.fbind("hidden", lambda _, hidden: seen.append(hidden))
        await driver.frames(5)
        answered.set()
        await driver.until(lambda: driver.find_row("Man in doorway, no coat"))
        await driver.settle()
        assert all(seen)

    on_glass(_app(field), story)


def test_a_referral_is_closed_with_its_outcome(field, on_glass):
    async def story(driver):
        await driver.tap("Man in doorway, no coat")
        await driver.tap("Close with an outcome")
        await driver.tap("Looked, person not found")
        await driver.tap("Looked, nobody found")
        await driver.tap("Close referral")
        await driver.until(lambda: field.drafts)
        _, arguments, keywords = field.drafts[0]
        assert arguments[0] == "r-1"
        assert keywords["outcome"] == "person not found - person looked for"

    on_glass(_app(field), story)


def test_the_two_sounds_are_sounds():
    import io
    import wave

    from mobile.widgets.chime import samples

    for name in ("saved", "refused"):
        with wave.open(io.BytesIO(samples(name))) as sound:
            assert 0.1 < sound.getnframes() / sound.getframerate() < 0.5


def test_a_check_in_that_is_held_says_duress_and_looks_like_any_other(field, on_glass, monkeypatch):
    cues = SilentCues()
    monkeypatch.setattr(press, "HELD_S", 6 * press.FRAME_S)

    async def story(driver):
        await driver.tap("Shift")
        await driver.until(lambda: driver.find("60\xa0min"))
        await driver.settle()
        await driver.tap("60\xa0min")
        await driver.until(lambda: field.check_ins)
        await driver.settle()
        pressed = driver.visible_texts(), list(cues.buzzes)
        chip = driver.find("60\xa0min")
        await driver.touch(*chip.to_window(*chip.center), until=lambda: chip._rested_s >= press.HELD_S)
        await driver.until(lambda: len(field.check_ins) == 2)
        await driver.settle()
        assert (driver.visible_texts(), cues.buzzes) == (pressed[0], pressed[1] * 2)

    on_glass(_app(field, cues), story)
    assert field.check_ins == [(60, False), (60, True)]


def test_a_tap_while_the_app_stands_still_is_no_duress(field, on_glass, monkeypatch):
    """The finger came and left; the app saw both seconds later, one right after the other."""
    monkeypatch.setattr(press, "HELD_S", 6 * press.FRAME_S)

    async def story(driver):
        await driver.tap("Shift")
        await driver.until(lambda: driver.find("60\xa0min"))
        await driver.settle()
        chip = driver.find("60\xa0min")
        Clock.schedule_once(lambda _: time.sleep(8 * press.FRAME_S), 0)
        await driver.touch(*chip.to_window(*chip.center))
        await driver.until(lambda: field.check_ins)

    on_glass(_app(field), story)
    assert field.check_ins == [(60, False)]
