"""A county in a file: every row planned, every fault named, applied in one press, undone as one, exported as it came."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs
from sqlalchemy import select

from server.actions.operation.invitations import invite
from server.database.engine import Database
from server.importers.county.plan import Plan, Verb, make_plan
from server.importers.county.sheets import SHEETS, County, read_county, write_json, write_workbook
from server.importers.county.store import (
    Kept,
    Otherwise,
    apply,
    digest_of,
    keep_plan,
    make_box,
    plan_of,
    read_standing,
    undo,
)
from server.importers.files import UnusableFile
from server.problems import Failure, NotFound
from server.queries.operation import sessions
from server.queries.partnership import agencies, districts, workers
from server.queries.partnership.invitations import find_invitation
from server.tables.partnership.county import county_batch
from server.tables.partnership.district import DistrictRow, district
from tests.server.database.test_locks import wait_until_someone_waits

COUNTY: dict[str, list[dict[str, str]]] = {
    "Districts": [{"Code": "E07000103", "Name": "Watford"}, {"Code": "E07000096", "Name": "Dacorum", "Verified only": "Y"}],
    "Agencies": [{"Name": "New Hope", "Kind": "Outreach"}, {"Name": "Watford Council", "Kind": "housing"}],
    "Teams": [{"Agency": "New Hope", "Name": "Street team", "Districts": "Watford, Dacorum"}],
    "Workers": [
        {
            "E-mail": "Aisha@Example.org", "Name": "Aisha Noor", "Agency": "new hope", "Roles": "worker; team lead",
            "Teams": "street team", "Trained on": "3/11/2026", "Telephone": "07700 900 123",
        },
        {"E-mail": "olu@example.org", "Name": "Olu Ade", "Agency": "Watford Council", "Roles": "Administrator"},
    ],
    "Agreements": [
        {
            "Agency": "New Hope", "Kind": "Information sharing", "Version": "2", "Signed by": "The director",
            "Signed on": "1 Nov 2026", "Last day": "31/10/2027",
        }
    ],
}  # fmt: skip
EMPTY = County({})
BOX = make_box(b"a secret of the suite, thirty-two bytes long")


def as_file(tables: dict[str, list[dict[str, str]]]) -> County:
    return read_county(json.encode(tables))


def change(sheet: str, number: int, **cells: str) -> County:
    """The county with some cells of one row said differently; underscores stand for spaces."""
    tables = {name: [dict(row) for row in rows] for name, rows in COUNTY.items()}
    tables[sheet][number] |= {name.replace("_", " "): text for name, text in cells.items()}
    return as_file(tables)


def list_faults(plan: Plan) -> list[str]:
    return [fault.words for line in plan.of(Verb.REFUSE) for fault in line.faults]


# ------------------------------------------------------------------------------------------------------------- planning
def test_a_new_county_is_planned_row_by_row() -> None:
    plan = make_plan(as_file(COUNTY), EMPTY)

    assert [(line.sheet, line.number, line.verb) for line in plan.lines] == [
        ("Districts", 2, Verb.ADD), ("Districts", 3, Verb.ADD), ("Agencies", 2, Verb.ADD), ("Agencies", 3, Verb.ADD),
        ("Teams", 2, Verb.ADD), ("Workers", 2, Verb.ADD), ("Workers", 3, Verb.ADD), ("Agreements", 2, Verb.ADD),
    ]  # fmt: skip
    aisha = plan.lines[5].cells
    assert aisha["E-mail"] == "aisha@example.org"
    assert (aisha["Roles"], aisha["Teams"], aisha["Trained on"]) == ("team lead; worker", "Street team", "2026-11-03")
    assert plan.lines[4].cells["Districts"] == "E07000096; E07000103"


@pytest.mark.parametrize(
    ("sheet", "number", "cells", "fault"),
    [
        ("Workers", 0, {"Agency": "Nobody's"}, "The agency “Nobody's” is neither in the file nor in Lantern."),
        ("Workers", 0, {"Roles": "wizard"}, "“wizard” is no role"),
        ("Workers", 0, {"Roles": ""}, "Roles is missing."),
        ("Workers", 0, {"E-mail": "aisha at example"}, "“aisha at example” is not one e-mail address."),
        ("Workers", 0, {"Trained_on": "31/02/2026"}, "“31/02/2026” is no day: write it as 31/12/2026."),
        ("Workers", 1, {"E-mail": "AISHA@example.org"}, "Row 2 is the same one: keep one of the two."),
        ("Workers", 1, {"Teams": "Street team"}, "Watford Council has no team “Street team”."),
        ("Workers", 0, {"Telephone": "ask at the desk"}, "“ask at the desk” is no telephone number"),
        ("Workers", 0, {"Telephone": "12345"}, "“12345” is no telephone number"),
        ("Workers", 0, {"Active": "perhaps"}, "“perhaps” is neither yes nor no."),
        ("Workers", 0, {"Id": "made-up"}, "Its Id is not known here: leave the Id empty for something new."),
        ("Workers", 0, {"Name": "x" * 201}, "Name is longer than 200 characters."),
        ("Workers", 0, {"Emergency_contact": "x" * 1_001}, "Emergency contact is longer than 200 characters."),
        ("Workers", 0, {"Telephone": "0" * 1_001}, "Telephone is longer than 1,000 characters."),
        ("Workers", 0, {"Roles": "worker; " * 150}, "Roles is longer than 1,000 characters."),
        ("Workers", 0, {"Teams": "street team; " * 2_000}, "Teams is longer than 20,000 characters."),
        ("Teams", 0, {"Districts": "Atlantis"}, "The district “Atlantis” is neither in the file nor in Lantern."),
        ("Districts", 0, {"From": "1/4/2028", "Until": "1/4/2027"}, "Until is before From."),
        ("Districts", 0, {"Name": ""}, "Name is missing."),
        ("Agencies", 0, {"Kind": "bakery"}, "“bakery” is no kind of agency"),
        (
            "Agreements",
            0,
            {"Last_day": "1/11/2028"},
            "An agreement lasts at most 12 months, and ends after it was signed.",
        ),
        ("Agreements", 0, {"Signed_on": "1/1/1900"}, "“1/1/1900” is before 2000."),
    ],
)
def test_a_fault_is_named_and_only_its_row_is_refused(
    sheet: str, number: int, cells: dict[str, str], fault: str
) -> None:
    plan = make_plan(change(sheet, number, **cells), EMPTY)

    assert any(said.startswith(fault) for said in list_faults(plan)), list_faults(plan)
    refused = {(line.sheet, line.number) for line in plan.of(Verb.REFUSE)}
    assert (sheet, number + 2) in refused or fault.startswith("Row 2")


@pytest.mark.parametrize("write", [write_json, write_workbook])
def test_a_long_list_in_one_cell_is_read_to_its_end(write: Callable[[County], bytes]) -> None:
    tables = {name: [dict(row) for row in rows] for name, rows in COUNTY.items()}
    named = [f"Team of the {number}. ward" for number in range(200)]
    tables["Teams"] = [{"Agency": "New Hope", "Name": name, "Districts": "Watford"} for name in ("Street team", *named)]
    tables["Workers"][0]["Teams"] = "; ".join(named)
    plan = make_plan(read_county(write(as_file(tables))), EMPTY)
    assert not plan.of(Verb.REFUSE)
    (aisha,) = (line for line in plan.lines if line.label == "Aisha Noor")
    assert sorted(aisha.cells["Teams"].split("; ")) == sorted(named)


def test_what_rests_on_a_refused_row_is_refused_with_it() -> None:
    plan = make_plan(change("Agencies", 0, Kind="bakery"), EMPTY)

    assert {line.label for line in plan.of(Verb.REFUSE)} >= {"New Hope", "Street team, New Hope", "Aisha Noor"}
    assert {line.label for line in plan.of(Verb.ADD)} >= {"Watford Council", "Olu Ade"}


def test_a_comma_that_belongs_to_a_name_is_no_end_of_it() -> None:
    tables = COUNTY | {"Districts": [{"Code": "E06000023", "Name": "Bristol, City of"}]}
    tables |= {"Teams": [{"Agency": "New Hope", "Name": "Street team", "Districts": "Bristol, City of"}], "Workers": []}

    assert list_faults(make_plan(as_file(tables), EMPTY)) == []


# ------------------------------------------------------------------------------------------------------------ the file
@pytest.mark.parametrize("write", [write_json, write_workbook])
def test_a_file_reads_back_as_it_was_written(write: Callable[[County], bytes]) -> None:
    county = as_file(COUNTY)

    again = read_county(write(county))

    assert [[row.cells for row in again.of(sheet.name)] for sheet in SHEETS] == [
        [row.cells for row in county.of(sheet.name)] for sheet in SHEETS
    ]


def test_a_workbook_with_a_title_above_and_strange_sheets_is_read_and_says_what_it_passed_over() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "agencies"
    for row in (["Our partners"], [], ["name", "KIND", "Colour"], ["New Hope", "outreach", "blue"]):
        sheet.append(row)
    book.create_sheet("Holidays").append(["Day"])
    # A heading is the first row that holds anything: a title there is not one.
    sheet.delete_rows(1, 2)
    content = io.BytesIO()
    book.save(content)

    county = read_county(content.getvalue())

    assert county.of("Agencies")[0].cells["Name"] == "New Hope"
    assert county.unread == ("column Colour of Agencies", "sheet Holidays")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b"\xff\xfe", b'{"Workers": [{"Colour": "A"}]}', b'{"Cakes": []}', b"PK\x03\x04 not a workbook",
     b'{"Workers": {"Name": "A"}}', b'{"Agencies": [{"Name": ["a"]}]}'],
)  # fmt: skip
def test_what_is_no_county_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(UnusableFile):
        read_county(data)


cells = st.text(max_size=12) | st.sampled_from(["", "-", "yes", "Watford", "worker", "2026-11-03", "New Hope"])
tables = st.fixed_dictionaries(
    {sheet.name: st.lists(st.fixed_dictionaries(dict.fromkeys(sheet.columns, cells)), max_size=4) for sheet in SHEETS}
)


@pytest.mark.slow
@given(tables)
def test_any_file_is_accounted_for_row_by_row(tables: dict[str, Any]) -> None:
    try:
        county = as_file(tables)
    except UnusableFile:
        return

    plan = make_plan(county, EMPTY)

    assert len(plan.lines) == sum(len(county.of(sheet.name)) for sheet in SHEETS)
    assert all(line.faults for line in plan.of(Verb.REFUSE))
    assert not any(line.faults for line in (*plan.of(Verb.ADD), *plan.of(Verb.CHANGE), *plan.of(Verb.SAME)))


# ------------------------------------------------------------------------------------------- applying and undoing
def bring(database: Database, county: County, now: datetime, new_id: Callable[[], str]) -> str:
    with database.writing() as session:
        batch = keep_plan(session, BOX, county, "county.xlsx", None, now, new_id())
    with database.writing() as session:
        apply(session, BOX, batch.id, now, new_id)
    return batch.id


def read_back(database: Database) -> County:
    with database.reading() as session:
        return read_standing(session)


def test_a_county_is_there_after_one_press_and_the_same_file_changes_nothing(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    bring(database, as_file(COUNTY), now, new_id)

    standing = read_back(database)
    assert {line.verb for line in make_plan(as_file(COUNTY), standing).lines} == {Verb.SAME}
    assert {line.verb for line in make_plan(standing, standing).lines} == {Verb.SAME}
    with database.reading() as session:
        aisha = workers.find_worker_by_email(session, "aisha@example.org")
        assert aisha is not None
        assert (aisha.short_name, str(aisha.trained_on)) == ("Aisha N", "2026-11-03")
        assert [each.name for each in agencies.list_teams(session)] == ["Street team"]
        assert {each.name: each.verified_only for each in districts.list_districts(session)} == {
            "Watford": False, "Dacorum": True,
        }  # fmt: skip


def test_every_column_of_a_district_that_people_set_is_in_the_sheet(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    """A column that is new: give it a column of the sheet, and a value here that is not its default (decision 121)."""
    said = {"Code": "E07000099", "Name": "Hatch", "Verified only": "yes", "Answer in days": "5", "From": "2026-04-01",
            "Until": "2030-03-31"}  # fmt: skip
    bring(database, as_file({"Districts": [said]}), now, new_id)
    with database.reading() as session:
        row = dict(session.execute(select(district)).mappings().one())
    assert row.pop("id")
    assert row == {
        "code": "E07000099", "name": "Hatch", "verified_only": True, "answer_days": 5, "valid_from": date(2026, 4, 1),
        "valid_to": date(2030, 3, 31),
    }  # fmt: skip
    assert not any(row[name] == getattr(DistrictRow(code="", name=""), name, None) for name in row), (
        "a default proves nothing"
    )
    (exported,) = read_back(database).of("Districts")
    assert said.items() <= exported.cells.items()


def test_undone_as_one_it_is_as_it_was(database: Database, now: datetime, new_id: Callable[[], str]) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    before = read_back(database)
    tables = {name: [dict(row) for row in rows] for name, rows in COUNTY.items()}
    tables["Workers"][0] |= {"Name": "Aisha Noor-Khan", "Trained on": "10/11/2026"}
    tables["Workers"].append({"Name": "Dean Hall", "Agency": "New Hope", "Roles": "worker"})
    tables["Agencies"].append({"Name": "CGL", "Kind": "substance use", "Mailbox": "cgl@example.org"})

    batch = bring(database, as_file(tables), now, new_id)
    assert read_back(database) != before
    with database.writing() as session:
        assert undo(session, batch, now, new_id) == []

    assert read_back(database) == before
    with database.writing() as session, pytest.raises(Failure) as refused:
        undo(session, batch, now, new_id)
    assert refused.value.detail == "This file was undone before."


def test_undoing_leaves_what_somebody_changed_since_and_what_is_in_use(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    founder = {"Name": "Dana Cole", "Agency": "County partnership", "Roles": "administrator"}
    bring(database, as_file({"Agencies": [{"Name": "County partnership"}], "Workers": [founder]}), now, new_id)
    batch = bring(database, as_file(COUNTY), now, new_id)
    with database.writing() as session:
        olu = workers.find_worker_by_email(session, "olu@example.org")
        assert olu is not None
        sessions.set_password_hash(session, olu.id, "$argon2id$something", now)
    bring(database, as_file({"Agencies": [{"Name": "Watford Council", "Mailbox": "mdt@example.org"}]}), now, new_id)

    with database.writing() as session:
        said = undo(session, batch, now, new_id)

    assert "Watford Council was changed since: it stays as it is." in said
    assert "Olu Ade is in use by now: it stays without access." in said
    with database.reading() as session:
        assert {each.name: each.active for each in workers.list_workers(session)} == {
            "Dana Cole": True,
            "Olu Ade": False,
        }
        assert [each.name for each in agencies.list_agencies(session)] == ["County partnership", "Watford Council"]


def test_nobody_undoes_the_file_that_brought_the_only_administrator(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    batch = bring(database, as_file(COUNTY), now, new_id)

    with pytest.raises(Failure) as refused, database.writing() as session:
        undo(session, batch, now, new_id)

    assert "Nobody could administer Lantern then" in refused.value.detail
    assert {line.verb for line in make_plan(as_file(COUNTY), read_back(database)).lines} == {Verb.SAME}


def test_a_file_is_applied_once(database: Database, now: datetime, new_id: Callable[[], str]) -> None:
    batch = bring(database, as_file(COUNTY), now, new_id)

    with database.writing() as session, pytest.raises(Failure) as refused:
        apply(session, BOX, batch, now, new_id)
    assert refused.value.detail == "This file was applied before."


def test_rows_with_faults_are_left_out_and_the_rest_is_taken(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    bring(database, change("Workers", 0, Roles="wizard"), now, new_id)

    with database.reading() as session:
        assert [each.name for each in workers.list_workers(session)] == ["Olu Ade"]


def test_an_export_can_rename_what_it_names(database: Database, now: datetime, new_id: Callable[[], str]) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    tables = {
        sheet.name: [dict(row.cells) for row in read_back(database).of(sheet.name)]
        for sheet in SHEETS
        if sheet.name == "Agencies"
    }
    next(row for row in tables["Agencies"] if row["Name"] == "New Hope")["Name"] = "New Hope Herts"

    bring(database, as_file(tables), now, new_id)

    standing = read_back(database)
    assert {row.cells["Name"] for row in standing.of("Agencies")} == {"New Hope Herts", "Watford Council"}
    assert standing.of("Teams")[0].cells["Agency"] == "New Hope Herts"


@pytest.mark.parametrize(
    ("cells", "is_open"), [({"E-mail": "a.noor@example.org"}, False), ({"Telephone": "07700 900 124"}, True)]
)
def test_an_invitation_is_good_only_at_the_address_that_it_went_to(
    cells: dict[str, str], is_open: bool, database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    """It was mistyped, or belongs to somebody else by now: whoever reads mails there sets no password."""
    bring(database, as_file(COUNTY), now, new_id)
    with database.writing() as session:
        aisha = workers.find_worker_by_email(session, "aisha@example.org")
        assert aisha is not None
        made = invite(session, aisha, None, now, new_id)
    tables = say_all(database)
    row_of(tables, "Workers", "Aisha Noor").update(cells)
    bring(database, as_file(tables), now, new_id)
    with database.reading() as session:
        assert (find_invitation(session, made.id) is not None) is is_open


def say_all(database: Database) -> dict[str, list[dict[str, str]]]:
    """The whole export, to be changed and brought again."""
    standing = read_back(database)
    return {sheet.name: [dict(row.cells) for row in standing.of(sheet.name)] for sheet in SHEETS}


def row_of(tables: dict[str, list[dict[str, str]]], sheet: str, name: str) -> dict[str, str]:
    return next(row for row in tables[sheet] if row["Name"] == name)


@pytest.mark.parametrize("says_new_names", [True, False])
def test_what_is_renamed_and_moved_at_once_is_undone_as_one(
    database: Database, now: datetime, new_id: Callable[[], str], says_new_names: bool
) -> None:
    """Whoever renames an agency in an export may rename it on each sheet, or on its own alone."""
    bring(database, as_file(COUNTY), now, new_id)
    before = read_back(database)
    tables = say_all(database)
    row_of(tables, "Districts", "Watford")["Code"] = "E07009999"
    row_of(tables, "Agencies", "New Hope")["Name"] = "New Hope Herts"
    row_of(tables, "Teams", "Street team")["Name"] = "Night team"
    named = (
        ("New Hope Herts", "Night team", "E07009999") if says_new_names else ("New Hope", "Street team", "E07000103")
    )
    agency, team, code = named
    row_of(tables, "Teams", "Night team").update({"Agency": agency, "Districts": code})
    row_of(tables, "Workers", "Aisha Noor").update({"Agency": agency, "Teams": team, "Trained on": "10/11/2026"})
    row_of(tables, "Workers", "Olu Ade").update({"Agency": agency, "Teams": team, "Districts": code})
    tables["Agreements"][0]["Agency"] = agency

    plan = make_plan(as_file(tables), before)
    assert not list_faults(plan)
    batch = bring(database, as_file(tables), now, new_id)

    standing = read_back(database)
    olu = next(row.cells for row in standing.of("Workers") if row.cells["Name"] == "Olu Ade")
    assert (olu["Agency"], olu["Teams"], olu["Districts"]) == ("New Hope Herts", "Night team", "E07009999")
    assert standing.of("Teams")[0].cells["Districts"] == "E07009999"
    assert standing.of("Agreements")[0].cells["Agency"] == "New Hope Herts"
    changed = {(line.label, each.column) for line in plan.of(Verb.CHANGE) for each in line.changes}
    assert ("Aisha Noor", "Agency") not in changed and ("Olu Ade", "Agency") in changed, (
        "only what moves is said to move"
    )
    with database.writing() as session:
        assert undo(session, batch, now, new_id) == []
    assert read_back(database) == before


@pytest.mark.parametrize(
    ("sheet", "name", "cells", "fault"),
    [
        ("Teams", "Street team", {"Agency": "Watford Council"}, "A team stays with its agency"),
        (
            "Workers",
            "Aisha Noor",
            {"Agency": "Watford Council", "Teams": ""},
            "Watford Council has no team “Street team”",
        ),
        ("Workers", "Aisha Noor", {"Active": "-"}, "Active is missing."),
        ("Agencies", "New Hope", {"Kind": "-"}, "Kind is missing."),
        ("Districts", "Watford", {"Verified only": "-"}, "Verified only is missing."),
        ("Districts", "Watford", {"Answer in days": "-"}, "Answer in days is missing."),
        ("Teams", "Street team", {"Name": "Street; night"}, "Name cannot hold a semicolon"),
        ("Districts", "Watford", {"Code": "E07; 3"}, "Code cannot hold a semicolon"),
    ],
)
def test_what_could_not_be_done_is_refused_and_never_shown_as_a_change(
    database: Database,
    now: datetime,
    new_id: Callable[[], str],
    sheet: str,
    name: str,
    cells: dict[str, str],
    fault: str,
) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    before = read_back(database)
    tables = say_all(database)
    row_of(tables, sheet, name).update(cells)
    plan = make_plan(as_file(tables), before)
    assert [words for words in list_faults(plan) if words.startswith(fault)], list_faults(plan)
    assert not plan.of(Verb.CHANGE)
    bring(database, as_file(tables), now, new_id)
    assert read_back(database) == before


def test_the_code_of_a_district_that_has_ended_means_the_one_that_follows_it(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    with database.writing() as session:
        ended = next(each for each in districts.list_districts(session) if each.name == "Watford")
        districts.change_district(session, structs.replace(ended, valid_to=date(2026, 3, 31)))
        follows = structs.replace(ended, id="aaa", name="Watford and beyond", valid_from=date(2026, 4, 1))
        districts.add_district(session, follows)
    standing = read_back(database)
    assert {line.verb for line in make_plan(standing, standing).lines} == {Verb.SAME}, "an export is no fault"
    training = {"E-mail": "olu@example.org", "Name": "Olu Ade", "Agency": "Watford Council", "Districts": "E07000103"}
    bring(database, as_file({"Workers": [training]}), now, new_id)
    with database.reading() as session:
        olu = workers.find_worker_by_email(session, "olu@example.org")
    assert olu is not None and olu.district_ids == ("aaa",)


def test_an_agreement_stays_with_whoever_signed_it(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    tables = say_all(database)
    tables["Agreements"][0]["Agency"] = "Watford Council"
    assert list_faults(make_plan(as_file(tables), read_back(database))) == [
        "An agreement stays with whoever signed it: add one for the other agency."
    ]


@pytest.mark.parametrize("sheet", ["Agencies", "Teams"])
def test_what_takes_the_name_of_one_that_is_renamed_is_not_lost_in_silence(
    database: Database, now: datetime, new_id: Callable[[], str], sheet: str
) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    tables = say_all(database)
    first = tables[sheet][0]
    tables[sheet].append(dict(first) | {"Id": ""})
    first["Name"] = "Another name"
    plan = make_plan(as_file(tables), read_back(database))
    assert [words for words in list_faults(plan) if "is the same one" in words]
    tables[sheet][-1] |= {"Id": first["Id"], "Name": "A third name"}
    assert [
        words for words in list_faults(make_plan(as_file(tables), read_back(database))) if "is the same one" in words
    ]


def test_undoing_gives_nobody_a_name_that_another_has_by_now(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    tables = say_all(database)
    row_of(tables, "Agencies", "New Hope")["Name"] = "New Hope Herts"
    row_of(tables, "Workers", "Olu Ade")["Name"] = "Olu Adeyemi"
    batch = bring(database, as_file(tables), now, new_id)
    bring(database, as_file({"Agencies": [{"Name": "New Hope", "Kind": "other"}]}), now, new_id)
    with database.writing() as session:
        said = undo(session, batch, now, new_id)
    assert said == ["New Hope Herts stays as it is: what stood before is taken, or called otherwise, by now."]
    standing = read_back(database)
    assert sorted(row.cells["Name"] for row in standing.of("Agencies")) == [
        "New Hope",
        "New Hope Herts",
        "Watford Council",
    ]
    assert row_of(say_all(database), "Workers", "Olu Ade")


def test_what_was_shown_is_applied_and_nothing_else(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    bring(database, as_file(COUNTY), now, new_id)
    with database.writing() as session:
        training = {"E-mail": "aisha@example.org", "Name": "Aisha Noor", "Agency": "New Hope", "Trained on": "1/2/2026"}
        batch = keep_plan(session, BOX, as_file({"Workers": [training]}), "old.xlsx", None, now, new_id())
        shown = digest_of(plan_of(session, BOX, batch))
    bring(database, change("Workers", 0, Trained_on="19/11/2026"), now, new_id)
    with database.writing() as session, pytest.raises(Otherwise):
        apply(session, BOX, batch.id, now, new_id, shown)
    with database.writing() as session:
        aisha = workers.find_worker_by_email(session, "aisha@example.org")
        assert aisha is not None and str(aisha.trained_on) == "2026-11-19"
        shown = digest_of(plan_of(session, BOX, batch))
        apply(session, BOX, batch.id, now, new_id, shown)
        aisha = workers.find_worker_by_email(session, "aisha@example.org")
    assert aisha is not None and str(aisha.trained_on) == "2026-02-01"


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_of_two_who_apply_one_file_at_one_moment_the_second_is_told(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with database.writing() as session:
        batch = keep_plan(session, BOX, as_file(COUNTY), "county.xlsx", None, now, new_id())

    def second() -> None:
        with database.writing() as session:
            apply(session, BOX, batch.id, now, new_id)

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            apply(session, BOX, batch.id, now, new_id)
            waits = pool.submit(second)
            wait_until_someone_waits(database)
        with pytest.raises(Failure) as refused:
            waits.result(60)
    assert refused.value.detail == "This file was applied before."
    assert {line.verb for line in make_plan(as_file(COUNTY), read_back(database)).lines} == {Verb.SAME}


def test_a_dash_takes_away_and_a_blank_leaves(database: Database, now: datetime, new_id: Callable[[], str]) -> None:
    bring(database, as_file(COUNTY), now, new_id)

    bring(
        database,
        as_file({"Workers": [{"E-mail": "aisha@example.org", "Name": "", "Agency": "", "Teams": "-"}]}),
        now,
        new_id,
    )

    with database.reading() as session:
        aisha = workers.find_worker_by_email(session, "aisha@example.org")
    assert aisha is not None
    assert (aisha.name, aisha.team_ids) == ("Aisha Noor", ())


@pytest.mark.parametrize(("said", "kept"), [("", 10), ("5", 5), ("060", 60)])
def test_a_district_says_in_how_many_working_days_it_answers(
    database: Database, now: datetime, new_id: Callable[[], str], said: str, kept: int
) -> None:
    bring(database, change("Districts", 0, Answer_in_days=said), now, new_id)
    with database.reading() as session:
        assert {each.name: each.answer_days for each in districts.list_districts(session)} == {
            "Watford": kept, "Dacorum": 10,
        }  # fmt: skip


@pytest.mark.parametrize("said", ["0", "61", "ten", "1.5", "٣"])
def test_a_promise_of_no_days_is_refused(said: str) -> None:
    assert (
        "is no number of working days from 1 to 60"
        in list_faults(make_plan(change("Districts", 0, Answer_in_days=said), EMPTY))[0]
    )


def test_a_plan_kept_before_a_column_came_is_read_as_if_it_said_nothing(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with database.writing() as session:
        batch = keep_plan(session, BOX, as_file(COUNTY), "county.json", None, now, new_id())
        rows = BOX.open(batch.id, batch.county).rows
        assert all(row.pop("Answer in days") == "" for row in rows["Districts"])
        old = structs.replace(batch, county=BOX.seal(batch.id, Kept(rows)))
        assert plan_of(session, BOX, old) == plan_of(session, BOX, batch)


def test_a_file_lies_sealed_until_it_is_applied_and_is_gone_then(
    database: Database, now: datetime, new_id: Callable[[], str]
) -> None:
    with database.writing() as session:
        batch = keep_plan(session, BOX, as_file(COUNTY), "county.json", None, now, new_id())
        (held,) = session.scalars(select(county_batch.c.county))
        assert held and not any(words in held for words in ("aisha@example.org", "New Hope", "Watford"))
        with pytest.raises(NotFound):
            plan_of(session, make_box(b"another server's secret, as long as it must be"), batch)
        apply(session, BOX, batch.id, now, new_id)
        assert session.scalars(select(county_batch.c.county)).all() == [""]
