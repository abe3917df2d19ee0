"""A file is read a piece at a time: the pieces change nothing, nobody waits for them, and nothing of a file is cut off."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from server.database.engine import Database
from server.importers import workbook
from server.importers.accounting import Account, Importing
from server.importers.files import Refusal, UnusableFile
from server.importers.inputs import look_over, of_bytes, of_path
from server.importers.records import LONGEST_RECORD_CHARACTERS, MOST_LINES_OF_A_RECORD, Records
from server.importers.referrals import import_referrals
from server.importers.report import Report
from server.importers.reports import Reread
from server.importers.source import Asked
from server.importers.sources import PARSERS, SOURCES, guess_source
from server.importers.table import Layout
from server.tables.referrals.imports import import_batch, refused_row
from server.tables.referrals.referral import alert, referral
from shared.model.codes import ReferralState
from tests.server.importers.conftest import NOW, READING, ZONE
from tests.server.importers.rows import TRAY, streetlink

FAMILY = (
    {"alert_id": "E", "parent_alert_id": "D", "duplication_status": "duplicate"},
    {"alert_id": "A"},
    {"alert_id": "B", "parent_alert_id": "A", "duplication_status": "duplicate"},
    {"alert_id": "C", "parent_alert_id": "Z", "duplication_status": "duplicate"},
    {"alert_id": "D", "parent_alert_id": "B", "duplication_status": "duplicate"},
    {"alert_id": "X", "parent_alert_id": "Y", "duplication_status": "duplicate"},
    {"alert_id": "Y", "parent_alert_id": "X", "duplication_status": "duplicate"},
    {"alert_id": "T", "appearance": "one"},
    {"alert_id": "T", "appearance": "two"},
    {"alert_id": "A"},
    {"alert_id": "Q", "datetime_opened": "soon"},
    {"alert_id": "Z", "status": "Closed", "closed_date": "12/11/2026 10:00"},
)
"""A chain that stands upside down, a ring, a reference that two share, a row twice, a refused one, one repeating a closed one."""


@pytest.fixture
def bring_pieces(county: Database, new_id: Callable[[], str], tmp_path: Path) -> Callable[..., Account]:
    def bring(data: bytes, rows_at_once: int) -> Account:
        run = Importing("referrals", "streetlink", "file", data, NOW, new_id, ZONE, tray=TRAY)
        rows = SOURCES["streetlink"].open(of_bytes(data), READING, Asked())
        return import_referrals(county, run, rows, tmp_path, rows_at_once=rows_at_once)

    return bring


def states(database: Database) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Where each alert stands, and the number of the one that it is held to repeat."""
    with database.reading() as session:
        columns = (referral.c.id, referral.c.number, referral.c.description, referral.c.state, referral.c.duplicate_of)
        rows = session.execute(select(*columns)).all()
    numbers = {row.id: row.number for row in rows}
    return {(row.number, row.description): (row.state, numbers.get(row.duplicate_of)) for row in rows}


@pytest.mark.parametrize("rows_at_once", [1, 2, 5, 500])
def test_the_pieces_change_nothing(bring_pieces: Callable[..., Account], county: Database, rows_at_once: int) -> None:
    account = bring_pieces(streetlink(*FAMILY), rows_at_once)

    found = {number: state for (number, _), state in states(county).items()}
    new = (ReferralState.RECEIVED.value, None)
    assert account.as_json() | {"refused": account.refused_number} == {
        "read": 12, "accepted": 7, "duplicates": 4, "wrong_area": 0, "needs_information": 0, "newer": 0, "refused": 1,
    }  # fmt: skip
    assert found["A"] == found["X"] == found["Y"] == found["T"] == found["C"] == new
    assert found["B"] == (ReferralState.DUPLICATE_OF.value, "A")
    assert found["D"] == (ReferralState.DUPLICATE_OF.value, "B")
    assert found["E"] == (ReferralState.DUPLICATE_OF.value, "D")
    assert found["Z"] == (ReferralState.CLOSED.value, None)
    assert {words for number, words in states(county) if number == "T"} == {"one", "two"}
    again = bring_pieces(streetlink(*FAMILY), 3)
    assert (again.accepted, again.duplicates, again.newer) == (0, 11, 0)


def test_any_file_comes_to_the_same_in_any_pieces(bring_pieces: Callable[..., Account], county: Database) -> None:
    chance = random.Random(18)
    rows = [
        {"alert_id": f"R{number}", "parent_alert_id": f"R{chance.randrange(40)}" if chance.random() < 0.5 else ""}
        for number in range(40)
    ]
    whole = bring_pieces(streetlink(*rows), 500)
    found = states(county)
    with county.writing() as session:
        for table in (referral, alert):
            session.execute(table.delete())

    in_pieces = bring_pieces(streetlink(*rows), 7)

    assert in_pieces.as_json() == whole.as_json()
    assert states(county) == found


def test_whoever_writes_between_two_pieces_waits_for_nobody(
    county: Database, new_id: Callable[[], str], tmp_path: Path
) -> None:
    """A public report comes while a file is read: the file holds no lock then, and what it stored before is there already."""
    rows = PARSERS["streetlink"](streetlink(*({"alert_id": f"R{number}"} for number in range(9))), READING)
    stored: list[int] = []

    def read() -> Iterator[Report | Refusal]:
        for row in rows:
            with county.writing() as session:
                stored.append(session.scalar(select(func.count()).select_from(alert)) or 0)
            yield row

    run = Importing("referrals", "streetlink", "file", b"", NOW, new_id, ZONE, tray=TRAY)
    account = import_referrals(county, run, Reread(read), tmp_path, rows_at_once=3)

    assert account.accepted == 9
    assert stored[-9:] == [0, 0, 0, 3, 3, 3, 6, 6, 6]


def test_an_import_that_is_cut_off_keeps_what_it_stored_and_says_so(
    county: Database, bring_pieces: Callable[..., Account], new_id: Callable[[], str], tmp_path: Path
) -> None:
    data = streetlink(*({"alert_id": f"R{number}"} for number in range(6)))
    rows = PARSERS["streetlink"](data, READING)
    asked: list[int] = []

    def read() -> Iterator[Report | Refusal]:
        asked.append(1)
        for place, row in enumerate(rows):
            if len(asked) > 1 and place == 4:
                raise OSError("the disk was pulled out")
            yield row

    run = Importing("referrals", "streetlink", "file", b"", NOW, new_id, ZONE, tray=TRAY)
    with pytest.raises(OSError, match="pulled out"):
        import_referrals(county, run, Reread(read), tmp_path, rows_at_once=2)

    with county.reading() as session:
        (batch,) = session.execute(select(import_batch).where(import_batch.c.kind == "referrals")).all()
    assert (batch.rows_read, batch.accepted, batch.finished_at) == (4, 4, None)
    again = bring_pieces(data, 2)
    assert (again.accepted, again.duplicates) == (2, 4)


def test_every_refused_row_is_kept_though_the_account_lists_some(
    county: Database, bring_pieces: Callable[..., Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.importers.accounting.LISTED_REFUSALS", 2)

    account = bring_pieces(
        streetlink(*({"alert_id": f"R{number}", "datetime_opened": "soon"} for number in range(5))), 2
    )

    assert (len(account.refused), account.refused_number, account.as_json()["refused_unlisted"]) == (2, 5, 3)
    with county.reading() as session:
        assert session.scalar(select(func.count()).select_from(refused_row)) == 5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_every_end_of_a_line(encoding: str, end: str) -> None:
    text = streetlink({"appearance": "café, près"}, {"alert_id": "SL-2"}).decode().replace("\r\n", end)

    first, second = PARSERS["streetlink"](text.encode(encoding), READING)

    assert (first.appearance, second.reference) == ("café, près", "SL-2")


def test_an_encoding_that_only_the_end_of_a_file_tells() -> None:
    rows = [{"alert_id": f"R{number}"} for number in range(200)]
    text = streetlink(*rows, {"alert_id": "last", "appearance": "café"}, encoding="cp1252")

    assert PARSERS["streetlink"](text, READING)[-1].appearance == "café"


def test_an_open_quotation_mark_swallows_no_row_and_a_long_line_is_one_refusal() -> None:
    long = "x" * (LONGEST_RECORD_CHARACTERS + 5)
    text = f'a,b\n1,"open\n2,b\n{long},c\n3,d\n'

    records = Records(io.StringIO(text, newline=""))
    top = next(iter(records))
    below = [cells for _, cells in records.under(2)]

    assert top == (1, ["a", "b"])
    assert below[0] == ["1", "open\n"]
    assert below[1] == ["2", "b"]
    assert "longer than" in below[2]
    assert below[3] == ["3", "d"]


def test_a_record_of_very_many_lines_is_an_open_quotation_mark() -> None:
    lines = "".join(f"{number},b\n" for number in range(MOST_LINES_OF_A_RECORD + 20))

    rows = list(Records(io.StringIO(f'a,b\n1,"open\n{lines}', newline="")).under(2))

    assert len(rows) == MOST_LINES_OF_A_RECORD + 22
    assert rows[-1][1] == [str(MOST_LINES_OF_A_RECORD + 19), "b"]


def test_a_packed_file_is_read_on_its_way_and_a_bomb_is_refused_before_a_row_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "export.csv.gz"
    path.write_bytes(gzip.compress(streetlink({})))

    given = of_path(path)

    assert guess_source(given) == "streetlink"
    assert len(list(SOURCES["streetlink"].open(given, READING, Asked()))) == 1
    with pytest.raises(UnusableFile, match="unpacks to more than"):
        look_over(given, max_bytes=100)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(UnusableFile, match="cannot be read to its end"):
        look_over(of_path(cut))


@pytest.mark.parametrize(("part", "most"), [("xl/sharedStrings.xml", 64 << 20), ("xl/worksheets/sheet1.xml", 1 << 20)])
def test_a_small_workbook_that_unpacks_without_end_is_refused_before_any_of_it_is_unpacked(
    part: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "UNPACKED_MAX_BYTES", most)
    monkeypatch.setattr(workbook, "load", lambda stream: pytest.fail("it was opened"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(part, b"0" * (most + 1))
    assert len(file.getvalue()) < 1 << 20

    with pytest.raises(UnusableFile, match="save it as CSV"):
        guess_source(of_bytes(file.getvalue(), "reports.xlsx"))


def test_a_hidden_sheet_is_read_only_when_it_is_chosen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Shown"
    book.active.append(["Date reported", "Place"])
    book.active.append(["01/11/2026", "arch"])
    hidden = book.create_sheet("Old")
    hidden.append(["Date reported", "Place"])
    hidden.append(["01/10/2026", "bridge"])
    hidden.sheet_state = "hidden"
    path = tmp_path / "book.xlsx"
    book.save(path)
    source = SOURCES["spreadsheet"]

    usual = list(source.open(of_path(path), READING, Asked()))
    chosen = Asked(layout=Layout(sheet="Old"))

    assert [row.place for row in usual] == ["arch"]
    assert [row.place for row in source.open(of_path(path), READING, chosen)] == ["bridge"]
    with pytest.raises(UnusableFile, match="There is no sheet"):
        source.open(of_path(path), READING, Asked(layout=Layout(sheet="New")))
