"""Places without a name and the sync tray read in the worker's own language."""

import pytest
from msgspec import structs

from mobile.field.service import FieldService
from mobile.field.views import ConflictChoice, ContactDraft, PersonDraft, SiteCard, SiteDraft, TonightKind, TrayItem
from mobile.field.wording import CHANGE_WORDS, say_site
from mobile.store.projection import ENTITIES, FACTS
from mobile.text import load
from mobile.text import places as words_of_places
from mobile.text.tray_words import say_choice, say_title, say_what_to_do
from shared.model.codes import ContactState, SiteKind, SyncState
from shared.model.person import PERSON_FIELDS
from shared.model.position import Position
from shared.model.referral import REFERRAL_FIELDS
from shared.model.site import SITE_FIELDS
from tests.mobile.rig import Rig

ENGLISH, POLISH = load("en"), load("pl")
HERE = Position(latitude=51.6637, longitude=-0.3960)


@pytest.mark.parametrize("kind", SiteKind)
def test_a_place_without_a_name_reads_as_its_kind(kind: SiteKind) -> None:
    for name in (say_site("", kind), str(kind).replace("_", " "), ""):
        card = SiteCard(id="s", name=name, kind=kind)
        assert words_of_places.say_site(POLISH, card) == POLISH.say_code("site_kind", kind)
    named = SiteCard(id="s", name="Behind Tesco", kind=kind)
    assert words_of_places.say_site(POLISH, named) == "Behind Tesco"


def test_every_change_and_every_field_that_may_be_contested_has_words() -> None:
    own = {*FACTS, *ENTITIES} - {"referral.received", "verification.recorded", "shift.planned", "shift.called_off"}
    assert own <= CHANGE_WORDS.keys()
    for each in CHANGE_WORDS:
        assert ENGLISH.say_code("change", each.replace(".", "_")) == CHANGE_WORDS[each]
    fields = {*PERSON_FIELDS, *SITE_FIELDS, *REFERRAL_FIELDS}
    assert [each for each in sorted(fields) if f"field.{each}" not in ENGLISH] == []


def test_the_tray_and_tonight_are_told_in_polish(rig: Rig, field: FieldService) -> None:
    """Only their headings were."""
    place = field.add_site(SiteDraft(kind=SiteKind.TENT, position=HERE))
    field.record_contact(
        ContactDraft(
            state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(alias="Lofty"),), site_id=place.id, next_step="koc"
        )
    )
    titles = [say_title(POLISH, item) for item in field.sync_tray()]
    assert titles == ["Opis miejsca: Namiot", "Opis osoby: Lofty", "Kontakt: Śpi tu, Lofty"]
    assert {say_what_to_do(POLISH, item) for item in field.sync_tray()} == {POLISH.say("tray.todo.queued")}
    rig.clocks.pass_(hours=24)
    (stop,) = [item for item in field.tonight() if item.kind is TonightKind.FOLLOW_UP]
    assert (words_of_places.say_place(POLISH, stop.place), stop.about) == ("Namiot", "koc")


def test_a_contested_value_is_told_in_polish() -> None:
    item = TrayItem(id="i", state=SyncState.CONFLICT, title="x", said=(("named", "Lofty"), ("field", "gender")))
    assert say_title(POLISH, item) == "Lofty: Płeć"
    assert say_title(POLISH, structs.replace(item, said=(("change", "visit_recorded"), ("referral", "SL-1")))) == (
        f"Sprawdzenie miejsca: {POLISH.say('referral.title', number='SL-1')}"
    )
    told = [ConflictChoice(value=value, text="t", who="") for value in (None, True, "tent", "own words")]
    said = [
        say_choice(POLISH, field, choice)
        for field, choice in zip(("name", "in_use", "kind", "name"), told, strict=True)
    ]
    assert said == ["Nic", "Tak", "Namiot", "t"]
