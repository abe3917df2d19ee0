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
from server.importers.caseload.grid import Grid, read_file
from server.importers.email.parse import Letter
from server.queries.maps.boundaries import list_districts_on
from server.queries.partnership.workers import list_workers
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
"""So many things a mail says of itself before it is a notice: a report of somebody in the street may have a type, too."""
LONGEST_MAIL = 20_000


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
        yield number + 1, *_tell(msgspec.json.encode([district_id, cells]).decode(), cells, district_id, today)


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


def _columns(sheet: Grid, row: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in enumerate(sheet.rows[row]):
        field = _find_field(cell)
        if field and field not in found:
            found[field] = column
    return found


def _find_field(heading: str, headings: Mapping[str, tuple[str, ...]] = HEADINGS) -> str:
    said = fold(heading).strip()
    return next((name for name, words in headings.items() if said in words), "")


def _kind(text: str) -> str:
    said = fold(text)
    return next((str(kind) for word, kind in KIND_WORDS.items() if word in said), "")


def _read_day(text: str, today: date) -> date | None:
    return read_written_date(text, today + FAR)
