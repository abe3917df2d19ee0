"""A store of an older app forgets what no phone may hold, and nothing else (privacy rule A10)."""

from pathlib import Path

from mobile.field.views import ContactDraft, PersonDraft
from mobile.store.record import Record
from mobile.store.schema import STEPS, migrate
from shared.model.codes import ContactState, InstitutionLeft, ReceivingSupport, SupportNeed
from shared.model.contact import NeedSeen
from tests.mobile.rig import Rig

TOLD = ("no_recourse_to_public_funds", "asylum_support")
TABLES = ("person", "contact", "contact_correction", "need", "sync_log", "sync_change", "sync_write")


def everything(record: Record) -> str:
    with record.store.reading() as connection:
        return "".join(repr(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES)


def test_a_store_of_an_older_app_forgets_it_and_shows_the_rest(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.enrol()
    unsupported = ReceivingSupport.NO
    contact_id = rig.field.record_contact(
        ContactDraft(
            state=ContactState.BEDDED_DOWN, new_people=(PersonDraft(name="Marek"),), note="a cough",
            needs=(
                NeedSeen(need=SupportNeed(TOLD[0]), receiving_support=unsupported),
                NeedSeen(need=SupportNeed.ALCOHOL, receiving_support=unsupported),
            ),
        )
    )  # fmt: skip
    (marek,) = rig.field.contact(contact_id).contact.person_ids
    rig.field.patch_person(marek, {"institution_left": InstitutionLeft(TOLD[1]), "language": "Polish"})
    rig.field.refine_contact(
        contact_id, {"needs": [{"need": TOLD[0], "receiving_support": "yes"}], "next_step": "bring a coat"}
    )
    record: Record = rig.field._open.record
    unsent = record.sync.unsent_count
    before = everything(record)
    assert all(code in before for code in TOLD)
    with record.store.writing() as connection:
        for later in (
            "picture",
            "shift_plan",
            "shift_called_off",
            "answer",
            "consent",
            "visit_strike",
        ):  # later steps make them
            connection.execute(f"DROP TABLE {later}")
        connection.execute("ALTER TABLE visit DROP COLUMN is_struck")
        connection.execute("PRAGMA user_version = 1")
    assert migrate(record.store) == len(STEPS) - 1
    after = everything(record)
    assert not any(code in after for code in TOLD)
    record.rebuild()
    assert not any(code in everything(record) for code in TOLD)
    assert record.sync.unsent_count == unsent
    shown = rig.field.contact(contact_id).contact
    assert (shown.note, shown.next_step) == ("a cough", "bring a coat")
    person = rig.field.person(marek).person
    assert (person.name, person.language, person.institution_left) == ("Marek", "Polish", InstitutionLeft.NOT_KNOWN)
