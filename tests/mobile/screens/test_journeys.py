"""Aisha's night (journey 1) by real touches on the real phone: encrypted store, no network, GPS when the test says so."""

import gc

import pytest

from mobile.app import LanternApp
from mobile.field.views import ContactDraft, LockState, PersonDraft, SiteDraft
from mobile.ports import NoMap
from mobile.widgets import letters
from shared.model.codes import ContactState, PinSource, ReceivingSupport, SiteKind, SupportNeed
from shared.model.position import Position
from tests.mobile.rehearsal import SilentCues, at
from tests.mobile.rig import PIN, Rig

CANARY = "Zorbax Quillfeather"
TAPS_KNOWN, TAPS_NEW = 6, 12


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.field.close()


@pytest.fixture
def night(rig):
    """Aisha's phone as she left it: enrolled, three people known, one place, locked, no network, no fix."""
    field = rig.enrol()
    stairwell = field.add_site(SiteDraft(name="Station stairwell", kind=SiteKind.STAIRWELL, position=at(20, 5)))
    for name, description in (("Marek", "Tall, army coat"), ("Red", "Red hat, Irish, small dog"), ("Sheila", CANARY)):
        field.record_contact(
            ContactDraft(
                state=ContactState.BEDDED_DOWN,
                new_people=(PersonDraft(name=name, description=description),),
                site_id=stairwell.id,
                position=at(20, 5),
            )
        )
    field.start_shift("Station")
    rig.clocks.pass_(hours=2)
    rig.restart()
    rig.field.listen()
    return rig


def _here(rig):
    rig.location.fix(at().latitude, at().longitude, rig.clocks.now())


def _app(rig, cues=None):
    return LanternApp(rig.field, cues or SilentCues(), map_source=NoMap())


def _latest(field):
    """The newest contact of Marek's timeline, as the store holds it."""
    marek = field.search_people("Marek")[0]
    entry = next(entry for entry in field.person(marek.id).timeline if entry.contact_id)
    return field.contact(entry.contact_id).contact


def test_a_known_person_at_a_known_site_takes_six_taps_or_fewer(night, on_glass):
    cues = SilentCues()
    _here(night)

    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.until(lambda: driver.find("Log contact"))
        unsent = night.field.unsent()
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        assert cues.buzzes == [60], "one soft buzz"
        await driver.tap("Done")
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        assert driver.taps <= TAPS_KNOWN
        assert driver.taps == 4
        assert night.field.unsent() == unsent + 1
        contact = _latest(night.field)
        assert contact.state == ContactState.BEDDED_DOWN
        assert contact.site_id == night.field.sites_near()[0].id

    on_glass(_app(night, cues), story)


def test_someone_new_takes_twelve_taps_or_fewer(night, on_glass):
    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("Log contact")
        await driver.tap("Someone new")
        await driver.write("red hat, Irish, small dog")
        await driver.tap("Next")
        await driver.tap("Bedded down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        await driver.tap("Done")
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        assert driver.taps <= TAPS_NEW
        assert driver.taps == 5
        assert len(night.field.search_people("red hat")) == 2

    on_glass(_app(night), story)


def test_a_likely_duplicate_is_hinted_and_after_yes_it_was_they_who_were_met(night, on_glass):
    _here(night)

    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.until(lambda: driver.find("Log contact"))
        nights = sum(len(night.field.person(card.id).timeline) for card in night.field.search_people("Red"))
        await driver.tap("Log contact")
        await driver.tap("Someone new")
        await driver.write("Red")
        await driver.tap("Next")
        await driver.tap("Bedded down")
        await driver.until(lambda: any("Could this be ‘Red’?" in text for text in driver.visible_texts()))
        await driver.settle()
        await driver.tap("Yes")
        await driver.settle()
        await driver.tap("Done")
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        met = [night.field.person(card.id).timeline for card in night.field.search_people("Red")]
        (known,) = [timeline for timeline in met if timeline]
        assert sum(1 for entry in known if entry.contact_id) == nights + 1
        assert () in met, "the record just begun waits for the desk: a phone joins nobody"

    on_glass(_app(night), story)


def test_saving_never_waits_for_gps_and_a_later_fix_improves_the_pin(night, on_glass):
    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        assert "GPS still searching. No need to wait." in driver.visible_texts()
        assert _latest(night.field).position is None
        _here(night)
        await driver.until(lambda: _latest(night.field).position is not None)
        assert _latest(night.field).position.source == PinSource.GPS

    on_glass(_app(night), story)


def test_what_was_ticked_is_there_after_the_phone_dies_before_done(night, on_glass):
    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Up and about")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())

    on_glass(_app(night), story)
    field = night.restart()
    field.unlock(PIN)
    assert _latest(field).state == ContactState.NOT_BEDDED_DOWN


def test_needs_and_a_note_refine_the_contact_and_the_original_stays(night, on_glass):
    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.settle()
        await driver.tap("Alcohol")
        await driver.settle()
        await driver.tap("No")
        await driver.tap("Sleeping bag")
        driver.screen.ids.details._fields["note"].writing.focus = True
        await driver.write("He stays at 14 Kings Close, WD18 0AB now")
        await driver.until(lambda: any("looks like an address" in text for text in driver.visible_texts()))
        await driver.tap("Done")
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        contact = _latest(night.field)
        assert [(n.need, n.receiving_support) for n in contact.needs] == [(SupportNeed.ALCOHOL, ReceivingSupport.NO)]
        assert contact.offered == ("sleeping bag",)
        assert contact.note.startswith("He stays")
        assert night.field.contact(contact.id).original.note == ""

    on_glass(_app(night), story)


def test_an_older_contact_is_corrected_from_the_persons_page_and_the_original_stays(night, on_glass):
    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("People")
        await driver.tap("Marek")
        await driver.until(lambda: any(getattr(w, "detail", "") for w in driver.widgets()))
        await driver.settle()
        entry = next(w for w in driver.widgets() if type(w).__name__ == "Tile")
        await driver.tap(entry)
        await driver.until(lambda: "Correct contact" in driver.visible_texts())
        await driver.settle()
        await driver.tap("Up and about")
        await driver.settle()
        await driver.tap("Done")
        await driver.until(lambda: "Marek" in driver.visible_texts() and driver.find("Change description"))
        contact = _latest(night.field)
        assert contact.state == ContactState.NOT_BEDDED_DOWN
        assert night.field.contact(contact.id).original.state == ContactState.BEDDED_DOWN

    on_glass(_app(night), story)


def test_nobody_here_counts_as_a_visit(night, on_glass):
    _here(night)

    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("Nobody here")
        await driver.until(lambda: "Is there bedding?" in driver.visible_texts())
        await driver.settle()
        await driver.tap("Yes")
        await driver.tap("Done")
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        assert night.field.current_shift().visits == 1
        site = night.field.sites_near()[0]
        assert night.field.site(site.id).timeline[0].visit_id

    on_glass(_app(night), story)


def test_a_dragged_pin_keeps_the_guess_it_was_moved_from(night, on_glass):
    _here(night)

    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("Log contact")
        await driver.tap("Marek")
        await driver.tap("Bedded down")
        await driver.settle()
        await driver.tap("Station stairwell")
        await driver.tap("Put the pin on the map")
        await driver.settle()
        await driver.drag(driver.screen.middle, 90, -60)
        await driver.tap("Pin here")
        await driver.settle()
        position = _latest(night.field).position
        assert position.source == PinSource.MOVED_BY_WORKER
        assert position.moved_from == pytest.approx((at().latitude, at().longitude))
        moved = (position.latitude, position.longitude)
        assert moved != pytest.approx((at().latitude, at().longitude), abs=1e-6)

    on_glass(_app(night), story)


def test_several_people_and_one_not_known_are_one_contact(night, on_glass):
    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("Log contact")
        await driver.tap("Several people")
        await driver.tap("Marek")
        await driver.tap("Sheila")
        plus = next(w for w in driver.widgets() if getattr(w, "icon", "") == "plus")
        await driver.tap(plus)
        await driver.tap("Next")
        await driver.tap("About to bed down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        contact = _latest(night.field)
        assert len(contact.person_ids) == 2
        assert contact.unidentified_people == 1

    on_glass(_app(night), story)


def test_the_app_opens_with_no_server_and_no_network_and_says_what_is_unsent(night, on_glass):
    async def story(driver):
        assert "Enter your six digits" in driver.visible_texts()
        await driver.enter_pin(PIN)
        waiting = night.field.unsent
        await driver.until(lambda: any("not yet sent" in text for text in driver.visible_texts()))
        assert any(text.startswith(f"{waiting()} not yet sent") for text in driver.visible_texts())

    on_glass(_app(night), story)


def test_wrong_digits_say_how_many_tries_are_left_and_five_block(night, on_glass):
    async def story(driver):
        for left in ("4 tries", "3 tries", "2 tries", "1 try"):
            await driver.enter_pin("999999")
            await driver.until(lambda left=left: any(left in text for text in driver.visible_texts()), left)
        await driver.enter_pin("999999")
        await driver.until(lambda: any("Too many wrong tries" in text for text in driver.visible_texts()))
        assert driver.screen.ids.pad.asleep

    on_glass(_app(night), story)


def _remembered() -> list[str]:
    """Every text that any widget still alive holds."""
    from kivy.uix.widget import Widget

    # isinstance would follow dead weak proxies
    widgets = [thing for thing in gc.get_objects() if issubclass(type(thing), Widget)]
    names = ("text", "detail", "line", "title", "rows", "state")
    return [repr(getattr(widget, name, "")) for widget in widgets for name in names]


@pytest.mark.parametrize("how", ["idle", "background", "screen_off", "by_hand"])
def test_after_a_lock_no_living_widget_holds_a_word_about_anybody(how, night, on_glass):
    """Rule B3: locking clears the screen, whatever caused it."""

    def lock():
        if how == "idle":
            night.clocks.pass_(minutes=6)
        elif how == "background":
            night.field.paused()
            night.clocks.pass_(seconds=61)
            night.field.resumed()
        elif how == "screen_off":
            night.field.screen_went_off()
        else:
            night.field.lock()

    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.tap("People")
        await driver.until(lambda: driver.find_row("Sheila"))
        await driver.tap("Sheila")
        await driver.until(lambda: CANARY in " ".join(driver.visible_texts()))
        assert any(CANARY in text for text in _remembered())
        lock()
        await driver.until(lambda: "Enter your six digits" in driver.visible_texts())
        await driver.frames(2)
        gc.collect()
        assert not any(CANARY in text for text in _remembered())
        assert letters.texture.cache_info().currsize < 60
        assert night.field.lock_state == LockState.LOCKED

    on_glass(_app(night), story)


def test_an_idle_finger_keeps_the_phone_open(night, on_glass):
    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.until(lambda: driver.find("Log contact"))
        for _ in range(3):
            night.clocks.pass_(minutes=4)
            await driver.touch(200, 500)
        assert not night.field.lock_if_due()

    on_glass(_app(night), story)


def test_no_journey_leaves_a_position_that_is_not_the_workers(night):
    """The test's own place is invented: nothing here may come from a real device."""
    night.field.unlock(PIN)
    assert isinstance(at(), Position)
    assert night.field.where_am_i() is None
