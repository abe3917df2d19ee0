"""What may go wrong in the night, on the real phone through real touches: a clear screen each, and nothing lost."""

from datetime import timedelta

import httpx
import pytest

from mobile.app import LanternApp
from mobile.field.views import ContactDraft, LockState, PersonDraft
from mobile.ports import NoMap
from mobile.store.errors import DiskFull
from mobile.store.outbox import list_unsent
from shared.model.codes import ContactState
from tests.mobile.rehearsal import SilentCues
from tests.mobile.rig import EVENING, PIN, Rig

NAMES = ("محمد الأحمد", "😀 Dave 🐕 שרה", "\u202eevil")
LONG = "She asked for the day centre, and for somebody to ring her sister. " * 150


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.enrol()
    rig.field.add_person(PersonDraft(alias="Red", description="red hat, small dog"))
    yield rig
    rig.field.close()


def _app(rig):
    return LanternApp(rig.field, SilentCues(), map_source=NoMap())


def _says(driver, beginning):
    return lambda: any(text.startswith(beginning) for text in driver.visible_texts())


def _store(rig):
    return rig.field._open.record.store


def _again(rig):
    """The phone opened anew: what is there is on the disk."""
    field = rig.restart()
    assert field.unlock(PIN).is_unlocked
    return field


def _reds_contact(rig):
    field = _again(rig)
    entry = field.person(field.search_people("red")[0].id).timeline[0]
    return field.contact(entry.contact_id).contact


def _unsent(rig):
    record = rig.field._open.record
    with record.store.reading() as connection:
        return list_unsent(connection, 0)


async def _meet_red(driver):
    await driver.tap("Log contact")
    await driver.tap("Red")
    await driver.tap("Bedded down")


def _fill_up(rig):
    """Not one more contact fits."""
    connection = _store(rig).connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for size in (3_000, 300, 0):
        with pytest.raises(DiskFull):
            while True:
                rig.field.record_contact(ContactDraft(state=ContactState.NOT_BEDDED_DOWN, note="x" * size))


def _take_no_writes(rig):
    _store(rig).connection.execute("PRAGMA query_only = ON")


@pytest.mark.parametrize(
    ("fault", "relief", "says"),
    [
        (_fill_up, "PRAGMA max_page_count = 1000000", "This phone is full"),
        (_take_no_writes, "PRAGMA query_only = OFF", "This phone's storage cannot be written"),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_takes_nothing_says_so_and_what_was_chosen_can_be_saved_later(fault, relief, says, rig, on_glass):
    async def story(driver):
        fault(rig)
        await _meet_red(driver)
        await driver.until(_says(driver, says))
        assert "Saved on this phone" not in driver.visible_texts()
        _store(rig).connection.execute(relief)
        await driver.tap("Bedded down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())

    on_glass(_app(rig), story)
    assert _reds_contact(rig).state is ContactState.BEDDED_DOWN
    with_red = [
        change
        for change in _unsent(rig)
        if change.t == "contact.recorded" and b'"state":"bedded_down"' in bytes(change.p)
    ]
    assert len(with_red) == 1, "saved once"


def _damage(rig):
    """Every page after the first few of the file on the disk: what a dying memory chip leaves."""
    for n in range(400):
        rig.field.add_person(PersonDraft(alias=f"Person {n}", description="grey coat " * 20))
    _store(rig).connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    rig.field.close()
    path = rig.data / "store.db"
    raw = bytearray(path.read_bytes())
    for page in range(len(raw) // 8192, len(raw) // 4096):
        raw[page * 4096 + 100] ^= 0xFF
    path.write_bytes(raw)
    rig.restart()


def test_a_damaged_page_is_told_and_a_new_code_begins_again_with_what_was_sealed(rig, on_glass):
    _damage(rig)
    unsent = rig.field.unsent()

    async def story(driver):
        await driver.enter_pin(PIN)
        await driver.settle()
        if rig.field.lock_state is LockState.UNLOCKED:
            await driver.tap("People")
            await driver.until(_says(driver, "Part of this phone's records is damaged"))
            driver.app.go("tray", {})
        await driver.tap("Enter a new code")
        await driver.until(lambda: driver.find("Next"))

    on_glass(_app(rig), story)
    assert rig.field.may_enrol and unsent == 401
    assert rig.restart().unsent() == 401, "nothing sealed was lost, and no loop: it starts like any other day"


def test_a_lost_key_is_told_and_the_phone_joins_again_through_its_screens(rig, on_glass):
    rig.field.close()
    rig.keystore.forget_unlocking_key()
    rig.restart()
    taken = {"acked": 0, "opened": 1, "kept": 0, "status": "ok"}
    rig.server.answer = lambda request: httpx.Response(200, json=taken)
    link = "lantern://enrol?server=https%3A%2F%2Flantern.test&code=ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    async def story(driver):
        await driver.until(_says(driver, "This phone has lost its key"))
        await driver.tap("Enter a new code")
        await driver.settle()
        driver.screen.link_opened(link)
        await driver.tap("Next")
        for _ in range(2):
            await driver.settle()
            await driver.enter_pin(PIN)
        await driver.tap("They match")
        await driver.until(lambda: "Tonight" in driver.visible_texts())

    on_glass(_app(rig), story)
    paths = [request.url.path for request in rig.server.requests]
    assert paths.index("/sync/v1/sealed") < len(paths) - 1 - paths[::-1].index("/sync/v1/enrol"), "handed over before"
    assert _again(rig).unsent() == 0


@pytest.mark.parametrize("wrong", [timedelta(days=3_650), timedelta(days=-3_650)], ids=["ahead", "behind"])
def test_a_clock_ten_years_wrong_opens_every_screen_and_saves(wrong, rig, on_glass):
    rig.field.start_shift("Station")
    rig.clocks.wall = EVENING + wrong

    async def story(driver):
        for name in ("shift", "people", "map", "tray", "settings", "tonight"):
            driver.app.go(name, {})
            await driver.settle()
            assert not [text for text in driver.visible_texts() if text.startswith("That did not work")], name
        driver.app.home()
        await _meet_red(driver)
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())

    on_glass(_app(rig), story)
    assert _reds_contact(rig).state is ContactState.BEDDED_DOWN


def test_ten_thousand_characters_fit_in_a_note_and_stay(rig, on_glass):
    async def story(driver):
        await _meet_red(driver)
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        note = next(w for w in driver.widgets() if getattr(w, "label", "") == "Note")
        note.writing.focus = True
        await driver.write(LONG[:10_000])
        await driver.tap("Done")
        await driver.until(lambda: "Tonight" in driver.visible_texts())

    on_glass(_app(rig), story)
    assert _reds_contact(rig).note.strip() == LONG[:10_000].strip()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_kept_letter_by_letter_and_shown(name, rig, on_glass):
    async def story(driver):
        await driver.tap("Log contact")
        await driver.tap("Someone new")
        await driver.settle()
        await driver.write(name)
        await driver.tap("Next")
        await driver.settle()
        await driver.tap("Bedded down")
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        await driver.tap("Done")
        await driver.settle()
        await driver.tap("People")
        await driver.until(lambda: driver.find_row(name))

    on_glass(_app(rig), story)
    assert name in {card.known_as for card in _again(rig).search_people("")}


def test_nowhere_in_the_ocean_is_shown_as_no_place(rig, on_glass):
    async def story(driver):
        rig.field.listen()
        rig.location.fix(0.0, 0.0, rig.clocks.now())
        await _meet_red(driver)
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())
        assert not [text for text in driver.visible_texts() if "GPS" in text and " m" in text]

    on_glass(_app(rig), story)
    assert _reds_contact(rig).position is None


def test_a_fortnight_without_a_server_every_screen_works_and_nothing_unsent_expires(rig, on_glass):
    """Rule B6: three days without the server, then it must be heard; after a fortnight nothing is readable; unsent work stays."""
    field = rig.field
    field.record_contact(ContactDraft(state=ContactState.BEDDED_DOWN))
    rig.clocks.pass_(hours=60)

    async def works(driver):
        await driver.until(lambda: rig.field.lock_state is LockState.LOCKED)  # it lay idle
        await driver.enter_pin(PIN)
        await driver.until(lambda: "Tonight" in driver.visible_texts())
        for name in ("tonight", "shift", "map", "people", "tray", "settings"):
            driver.app.go(name, {})
            await driver.settle()
        field.sync_once()
        driver.app.go("tray", {})
        await driver.until(_says(driver, "Find a signal before"))
        driver.app.home()
        await _meet_red(driver)
        await driver.until(lambda: "Saved on this phone" in driver.visible_texts())

    on_glass(_app(rig), works)
    unsent = rig.field.unsent()
    rig.restart()
    rig.clocks.pass_(hours=24)

    async def asks_for_the_server(driver):
        await driver.enter_pin(PIN)
        await driver.until(_says(driver, "This phone has been offline too long"))

    on_glass(_app(rig), asks_for_the_server)
    rig.restart()
    rig.clocks.pass_(days=12)

    async def erased(driver):
        await driver.enter_pin(PIN)
        await driver.until(_says(driver, "The records on this phone have been erased"))

    on_glass(_app(rig), erased)
    assert rig.restart().unsent() == unsent == 3, "sealed, and still to be sent"
