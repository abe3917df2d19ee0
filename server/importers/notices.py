"""Notices by spreadsheet and by mail: a list of discharges or releases as a hospital or a prison keeps one, each row a notice,
known, or refused with why; and a mail with a line for each heading. Headings are found in whatever order they stand.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.referrals.notices import FAR, Told, find_faults, receive
from server.database.locks import lock_records
from server.importers.accounting import Account, Importing, add_to_account, end_account, open_account
from server.importers.caseload.grid import Grid, read_file
from server.importers.email.parse import Letter
from server.importers.files import Refusal, UnusableFile
from server.importers.refused import Tray, WaitingRow, say_cells
from server.problems import Invalid, NotFound
from server.queries.maps.boundaries import list_districts_on
from server.queries.partnership.workers import list_workers
from server.queries.referrals import imports
from server.queries.referrals.imports import NOTICES
from shared.model.codes import Role
from shared.model.district import District
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
BY_MAIL = HEADINGS | {"district": ("district", "council", "local authority")}
DAYS = frozenset({"date_of_birth", "expected_on"})
KIND_WORDS = {
    "hospital": NoticeKind.HOSPITAL_DISCHARGE, "discharge": NoticeKind.HOSPITAL_DISCHARGE, "prison": NoticeKind.PRISON_RELEASE,
    "release": NoticeKind.PRISON_RELEASE, "duty": NoticeKind.DUTY_TO_REFER, "dtr": NoticeKind.DUTY_TO_REFER,
}  # fmt: skip


LINE = re.compile(r"^[ \t>*]{0,9}([A-Za-z][A-Za-z -]{0,30}):(.*)$")
"""A line of a mail that says one thing: “Discharge date: 20/11/2026”."""
WORD = re.compile(r"\w+")
FEWEST_LINES = 3
"""So many things a mail says of itself before it is a notice, and so many headings a list has: a report of somebody in the street
may have a type, too."""
LATEST_HEADING = 20
"""So many rows are looked through for the headings."""
LONGEST_MAIL = 20_000
SHOWN_AT_ONCE = 50
"""So many refused rows a page asks about: each is a form, and a wrong file may have thousands."""


# ------------------------------------------------------------------------------------------------------------ by a file
def bring_file(access: Access, tray: Tray, district_id: Id, data: bytes, file_name: str = "") -> Account:
    """Take a spreadsheet of notices in, for one district, in the name of its coordinator. What cannot be read of it waits on
    their page, to be mended.

    Raises NotFound, Forbidden, UnusableFile.
    """
    access.require_district(Act.CHANGE_CASE, district_id, purpose="notices by file")
    lock_records(access.session, [f"notices {district_id}"])
    found = [(sheet, _find_heading(sheet)) for sheet in read_file(data).sheets]
    if all(heading is None for _, heading in found):
        raise UnusableFile("No row of headings was found: name, date of birth, hospital or prison, and so on.")
    every = Account()
    for sheet, heading in found:
        if heading is not None:
            named = f"{file_name}, {sheet.name}" if sheet.name else file_name
            every.add(_bring_sheet(access, tray, district_id, data, named, _list_rows(sheet, heading)))
    return every


def _bring_sheet(
    access: Access,
    tray: Tray,
    district_id: Id,
    data: bytes,
    file_name: str,
    rows: Iterable[tuple[int, dict[str, str]]],
) -> Account:
    """One sheet, with an account of its own: a row is known by its number. A row that was refused before waits once; one that
    was mended since, or left out, is known."""
    account, waiting = Account(), []
    before = imports.list_marks(access.session, district_id, NOTICES)
    for number, said in rows:
        account.read += 1
        is_new, wrong = _take(access, district_id, said)
        raw = say_cells(said)
        earlier = [before[mark] for mark in tray.list_marks(raw) if mark in before]
        if not wrong or any(earlier):
            account.accepted, account.duplicates = account.accepted + is_new, account.duplicates + (not is_new)
            continue
        refusal = Refusal(number, wrong, raw, said)
        account.refuse(refusal)
        waiting += [] if earlier else [refusal]
    run = Importing(
        NOTICES, "spreadsheet", file_name, data, access.now, access.new_id, by=access.actor.worker_id,
        district_id=district_id,
    )  # fmt: skip
    batch_id = access.new_id()
    open_account(access.session, run, batch_id)
    add_to_account(access.session, batch_id, account, waiting, tray)
    end_account(access.session, run, batch_id)
    return account


def _take(access: Access, district_id: Id, said: Mapping[str, str]) -> tuple[bool, str]:
    """Keep what a row says, by heading, as a notice; returns whether it is new, and what is wrong with one that cannot be kept.

    What stands under a heading that is none of ours is kept in its words.
    """
    cells: dict[str, str] = {}
    others = []
    for heading, text in said.items():
        field = _find_field(heading)
        if field and field not in cells:
            cells[field] = text
        elif text:
            others.append(f"{heading}: {text}")
    told, unread = _tell(msgspec.json.encode([district_id, cells]).decode(), cells, district_id, access.today)
    told = msgspec.structs.replace(told, words="\n".join(each for each in (told.words, *others) if each))
    wrong = {**find_faults(told, access.today), **unread}
    if wrong:
        return False, " ".join(wrong.values())
    return receive(access.session, told, access.now, access.today, access.new_id, access.actor.worker_id)[1], ""


def _find_heading(sheet: Grid) -> int | None:
    """The row in which the headings stand."""
    known = ({_find_field(cell) for cell in row} - {""} for row in sheet.rows[:LATEST_HEADING])
    return next((number for number, fields in enumerate(known) if len(fields) >= FEWEST_LINES), None)


def _list_rows(sheet: Grid, heading: int) -> Iterable[tuple[int, dict[str, str]]]:
    """Each row below the heading that says anything: its number in the sheet, and its cells by heading."""
    for number in range(heading + 1, len(sheet.rows)):
        said: dict[str, str] = {}
        for column in range(max(len(sheet.rows[number]), len(sheet.rows[heading]))):
            name = sheet.cell(heading, column).strip() or f"Column {column + 1}"
            text = sheet.cell(number, column).strip()
            if text or _find_field(name):
                said[name if name not in said else f"{name} ({column + 1})"] = text
        if any(said.values()):
            yield number + 1, said


def list_refused(access: Access, tray: Tray) -> tuple[list[WaitingRow], int]:
    """The first rows of files for the actor's districts that could not be read and nobody has seen to, and how many wait."""
    district_ids = access.actor.district_ids
    shown = imports.list_refused_in(access.session, district_ids, NOTICES, limit=SHOWN_AT_ONCE)
    return [tray.open(row) for row in shown], imports.count_refused_in(access.session, district_ids, NOTICES)


def mend_row(access: Access, batch_id: Id, row_number: int, said: Mapping[str, str]) -> None:
    """Read a refused row with these cells, by heading, and take it out of the tray. Raises NotFound, Forbidden, and Invalid, in
    words, while it cannot be read."""
    district_id = _find_waiting(access, batch_id, row_number)
    _settle(access, batch_id, row_number)
    _, wrong = _take(access, district_id, said)
    if wrong:
        raise Invalid(wrong)


def leave_out(access: Access, batch_id: Id, row_number: int) -> None:
    """Say that a refused row is no notice. Raises NotFound, Forbidden."""
    _find_waiting(access, batch_id, row_number)
    _settle(access, batch_id, row_number)


def _settle(access: Access, batch_id: Id, row_number: int) -> None:
    """Take it out of the tray before anything becomes of it: of two who press at one moment the second finds it gone."""
    if not imports.settle_refused(access.session, batch_id, row_number, access.now, access.actor.worker_id):
        raise NotFound


def _find_waiting(access: Access, batch_id: Id, row_number: int) -> Id:
    """The district of a row that waits in one of the actor's."""
    found = imports.find_refused(access.session, batch_id, row_number, NOTICES)
    if found is None or found.district_id not in access.actor.district_ids:
        access.require(Act.CHANGE_CASE, None)
        raise NotFound
    access.require_district(Act.CHANGE_CASE, found.district_id, purpose="a refused row of notices")
    return found.district_id


# ------------------------------------------------------------------------------------------------------------- by a mail


def _tell(key: str, cells: Mapping[str, str], district_id: Id, today: date) -> tuple[Told, dict[str, str]]:
    """What cells tell, and dates that cannot be read."""
    born = read_written_date(cells.get("date_of_birth", ""), today)
    expected = _read_day(cells.get("expected_on", ""), today)
    wrong = {}
    if cells.get("date_of_birth") and born is None:
        wrong["date_of_birth"] = f"The date of birth {cells['date_of_birth']!r} cannot be read."
    if cells.get("expected_on") and expected is None:
        wrong["expected_on"] = f"The day {cells['expected_on']!r} cannot be read."
    told = Told(
        key=key, kind=_kind(cells.get("kind", "")), district_id=district_id, date_of_birth=born, expected_on=expected,
        **{name: cells.get(name, "") for name in ("institution", "name", "words", "sender_name", "sender_reach")},
    )  # fmt: skip
    return told, wrong


class Lines(Value, frozen=True, kw_only=True):
    """A mail's text: what each line with a heading of ours says, and every other word."""

    cells: Mapping[str, str]
    rest: tuple[str, ...]

    @property
    def is_notice(self) -> bool:
        """Does it say by which door somebody comes, and enough else?"""
        return len(self.cells) >= FEWEST_LINES and bool(_kind(self.cells.get("kind", "")))


def read_lines(text: str) -> Lines:
    cells: dict[str, str] = {}
    rest = []
    for line in text.splitlines():
        matched = LINE.match(line)
        field, said = (_find_field(matched[1], BY_MAIL), matched[2].strip()) if matched else ("", "")
        if field and said and field not in cells and not (field == "institution" and "@" in said):
            cells[field] = said
        elif line.strip(" \t>*"):
            rest.append(line.strip())
    return Lines(cells=cells, rest=tuple(rest))


def receive_mail(
    session: Session, letter: Letter, lines: Lines, now: datetime, today: date, new_id: Callable[[], Id]
) -> bool:
    """Keep the notice that a mail is, with every word of it; what it lacks its coordinator adds.

    The same mail again is the notice before. Returns False where no district stands that could have it.
    """
    standing = list_districts_on(session, today)
    if not standing:
        return False
    district_id, doubt = _find_district(session, lines, standing)
    sender = {"sender_name": letter.sender_name or letter.sender_address, "sender_reach": letter.sender_address}
    cells = {name: said for name, said in sender.items() if said} | dict(lines.cells)
    told, unread = _tell(f"mail {letter.message_id}", cells, district_id, today)
    told = msgspec.structs.replace(told, words="")
    faulty = sorted(find_faults(told, today) | unread)
    nothing = {each: None if each in DAYS else "" for each in faulty}
    words = [
        doubt, cells.get("words", ""), *(f"{HEADINGS[each][0]}: {cells[each]}" for each in faulty if each in cells), *lines.rest,
        f"{letter.attached} attached: read it in the mailbox itself." if letter.attached else "",
    ]  # fmt: skip
    text = "\n".join(each for each in words if each)
    if len(text) > LONGEST_MAIL:
        text = f"{text[:LONGEST_MAIL]}\nThe mail is longer: read the rest in the mailbox itself."
    receive(session, msgspec.structs.replace(told, words=text, **nothing), now, today, new_id)
    return True


def _find_district(session: Session, lines: Lines, standing: Sequence[District]) -> tuple[Id, str]:
    """Whose a notice is: the district that it names, else the one whose name alone stands in it, else one that has a coordinator;
    with what its reader is told where it was not named. What belongs to nobody is read by nobody.
    """
    named = fold(lines.cells.get("district", ""))
    where = named.removesuffix(" borough council").removesuffix(" district council").removesuffix(" council").strip()
    found = next((each for each in standing if where in (fold(each.name), fold(each.code))), None)
    if found is not None:
        return found.id, ""
    said = _in_words(" ".join([*lines.cells.values(), *lines.rest]))
    mentioned = [each for each in standing if _in_words(each.name) in said]
    coordinated = {
        each for worker in list_workers(session) if worker.active and Role.COORDINATOR in worker.roles
        for each in worker.district_ids
    }  # fmt: skip
    likely = mentioned if len(mentioned) == 1 else [each for each in standing if each.id in coordinated] or standing
    told = f"It names “{lines.cells['district']}”, which is" if named else "It names"
    return likely[0].id, f"{told} no district of ours: send it on if it is not yours."


def _in_words(text: str) -> str:
    """The text word by word, so that a name is found as a whole."""
    return f" {' '.join(WORD.findall(fold(text)))} "


def _find_field(heading: str, headings: Mapping[str, tuple[str, ...]] = HEADINGS) -> str:
    said = fold(heading).strip()
    return next((name for name, words in headings.items() if said in words), "")


def _kind(text: str) -> str:
    said = fold(text)
    return next((str(kind) for word, kind in KIND_WORDS.items() if word in said), "")


def _read_day(text: str, today: date) -> date | None:
    return read_written_date(text, today + FAR)
