"""Notices by spreadsheet: a list of discharges or releases as a hospital or a prison keeps one; each row is a notice, known, or
refused with why. Headings are found among the first rows, in whatever order they stand.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from server.access import Access
from server.actions.referrals.notices import FAR, Told, find_faults, receive
from server.importers.caseload.grid import Grid, read_file
from shared.model.notice import NoticeKind
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.days import read_written_date
from shared.rules.names import fold

HEADINGS = {
    "kind": ("kind", "type", "referral type", "door"),
    "name": ("name", "full name", "patient", "prisoner", "person", "applicant"),
    "date_of_birth": ("date of birth", "dob", "born", "birth date"),
    "expected_on": (
        "expected",
        "expected on",
        "discharge date",
        "release date",
        "date expected",
        "date of discharge",
        "date of release",
    ),
    "institution": ("institution", "from", "hospital", "prison", "ward", "establishment", "office"),
    "words": ("notes", "needs", "words", "comments", "risks"),
    "sender_name": ("sender", "referrer", "referred by", "contact", "contact name"),
    "sender_reach": ("sender contact", "telephone", "phone", "e-mail", "email", "contact details"),
}
KIND_WORDS = {
    "hospital": NoticeKind.HOSPITAL_DISCHARGE, "discharge": NoticeKind.HOSPITAL_DISCHARGE, "prison": NoticeKind.PRISON_RELEASE,
    "release": NoticeKind.PRISON_RELEASE, "duty": NoticeKind.DUTY_TO_REFER, "dtr": NoticeKind.DUTY_TO_REFER,
}  # fmt: skip


class Brought(Value, frozen=True, kw_only=True):
    """What became of each row of a file: read = taken + known before + refused, each refused one with why."""

    read: int = 0
    taken: int = 0
    known: int = 0
    refused: tuple[tuple[int, str], ...] = ()


def bring_file(access: Access, district_id: Id, data: bytes) -> Brought:
    """Take a spreadsheet of notices in, for one district, in the name of its coordinator.

    Raises NotFound, Forbidden, UnusableFile.
    """
    access.require_district(Act.CHANGE_CASE, district_id, purpose="notices by file")
    taken = known = 0
    refused: list[tuple[int, str]] = []
    rows = [row for sheet in read_file(data).sheets for row in _list_rows(sheet, district_id, access.today)]
    for number, told, wrong in rows:
        found = {**find_faults(told, access.today), **wrong}
        if found:
            refused.append((number, " ".join(found.values())))
            continue
        _, is_new = receive(access.session, told, access.now, access.today, access.new_id, access.actor.worker_id)
        taken, known = taken + is_new, known + (not is_new)
    return Brought(read=len(rows), taken=taken, known=known, refused=tuple(refused))


def _list_rows(sheet: Grid, district_id: Id, today: date) -> Iterable[tuple[int, Told, dict[str, str]]]:
    """Each row below the heading that says anything: its number in the sheet, what it tells, and dates that cannot be read."""
    heading = next((n for n in range(min(len(sheet.rows), 20)) if len(_columns(sheet, n)) >= 3), None)
    if heading is None:
        return
    columns = _columns(sheet, heading)
    for number in range(heading + 1, len(sheet.rows)):
        cells = {field: sheet.cell(number, column).strip() for field, column in columns.items()}
        if not any(cells.values()):
            continue
        born = read_written_date(cells.get("date_of_birth", ""), today)
        expected = _read_day(cells.get("expected_on", ""), today)
        wrong = {}
        if cells.get("date_of_birth") and born is None:
            wrong["date_of_birth"] = f"The date of birth {cells['date_of_birth']!r} cannot be read."
        if cells.get("expected_on") and expected is None:
            wrong["expected_on"] = f"The day {cells['expected_on']!r} cannot be read."
        told = Told(
            key=msgspec.json.encode([district_id, cells]).decode(), kind=_kind(cells.get("kind", "")), district_id=district_id,
            date_of_birth=born, expected_on=expected,
            **{name: cells.get(name, "") for name in ("institution", "name", "words", "sender_name", "sender_reach")},
        )  # fmt: skip
        yield number + 1, told, wrong


def _columns(sheet: Grid, row: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in enumerate(sheet.rows[row]):
        said = fold(cell).strip()
        field = next((name for name, words in HEADINGS.items() if said in words and name not in found), None)
        if field is not None:
            found[field] = column
    return found


def _kind(text: str) -> str:
    said = fold(text)
    return next((str(kind) for word, kind in KIND_WORDS.items() if word in said), "")


def _read_day(text: str, today: date) -> date | None:
    return read_written_date(text, today + FAR)
