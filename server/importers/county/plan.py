"""What a county's file would change, line by line, with every fault: two counties compared. Pure; nothing is stored here.

A blank cell leaves what stands, a dash takes it away. What the file does not name stays: nobody is removed by being left out.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from msgspec import Struct

from server.importers.county.renaming import NAMED_IN_LISTS, STAYS, find_new_name, rename
from server.importers.county.sheets import APART, BY_NAME, SHEETS, County, Row, Sheet
from server.mail.smtp import is_address
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.rules.referral import DUE_WORKING_DAYS, MOST_DUE_WORKING_DAYS

REMOVED = "-"
EARLIEST = date(2000, 1, 1)
AGREEMENT_LASTS_AT_MOST = timedelta(days=366)
DAYS_AS_WRITTEN = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y", "%d %B %Y", "%d %b %Y")
USUAL = {
    "Workers": {"Active": "yes"}, "Agencies": {"Kind": "other"},
    "Districts": {"Verified only": "no", "Answer in days": str(DUE_WORKING_DAYS)},
}  # fmt: skip
"""What a new row means where it says nothing."""
FEWEST_DIGITS, MOST_DIGITS = 8, 16
LONGEST = {
    "Name": 200, "Code": 40, "Version": 40, "Signed by": 200, "E-mail": 254, "Mailbox": 254, "Emergency contact": 200,
    "Teams": 20_000, "Districts": 20_000,
}  # fmt: skip


class Verb(str, Enum):
    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    REFUSE = "refuse"


class Change(Struct, frozen=True):
    column: str
    before: str
    after: str


class Fault(Struct, frozen=True):
    """What is wrong, and in which column it is mended."""

    column: str
    words: str


class Line(Struct, frozen=True, kw_only=True):
    """One row of the file and what becomes of it. `cells` is the row as it shall stand; `id` is empty for a new one."""

    sheet: str
    number: int
    label: str
    verb: Verb
    cells: dict[str, str]
    id: str = ""
    changes: tuple[Change, ...] = ()
    faults: tuple[Fault, ...] = ()


class Plan(Struct, frozen=True):
    """`left` counts, by sheet, what stands in Lantern and is not named in the file."""

    lines: tuple[Line, ...]
    left: dict[str, int]
    unread: tuple[str, ...] = ()

    def of(self, verb: Verb) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.verb is verb)


@dataclass(slots=True)
class _Known:
    """What each name means while the file is read: what stands, and what accepted rows have brought."""

    districts: dict[str, str]
    agencies: dict[str, str]
    teams: dict[tuple[str, str], str]

    def follow(self, standing: County, names: Mapping[str, str]) -> None:
        """Know what stands by its new names too; whoever still says an old one means the same."""
        self.districts |= _names(standing, "Districts", "Code") | _names(standing, "Districts", "Name", "Code")
        self.agencies |= _names(standing, "Agencies", "Name")
        self.teams |= {_pair(row): row.cells["Name"] for row in standing.of("Teams")}
        for old, new in names.items():
            for known in (self.districts, self.agencies):
                if old.casefold() in known:
                    known[old.casefold()] = new


def make_plan(file: County, standing: County) -> Plan:
    known = _Known({}, {}, {})
    known.follow(standing, {})
    lines: list[Line] = []
    left: dict[str, int] = {}
    for sheet in SHEETS:
        found = _plan_sheet(sheet, file, standing, known)
        lines += found
        named = {line.id for line in found if line.id}
        left[sheet.name] = sum(1 for row in standing.of(sheet.name) if row.cells["Id"] not in named)
        standing = _follow(sheet, found, standing, known)
    return Plan(tuple(lines), left, file.unread)


def _follow(sheet: Sheet, lines: Iterable[Line], standing: County, known: _Known) -> County:
    """What stands as the sheets after this one shall find it: whatever the file calls by another name is named so everywhere."""
    for line in lines:
        found = find_new_name(sheet.name, line.changes)
        if found is None:
            continue
        old, new = found
        standing = rename(standing, sheet.name, {old: new}, line.cells["Agency"] if sheet.name == "Teams" else "")
        if sheet.name == "Teams":
            known.teams[line.cells["Agency"].casefold(), old.casefold()] = new
        else:
            known.follow(standing, {old: new})
    return standing


def _plan_sheet(sheet: Sheet, file: County, standing: County, known: _Known) -> list[Line]:
    by_id = {row.cells["Id"]: row for row in standing.of(sheet.name)}
    by_key = {key_of(sheet, row.cells): row for row in sorted(standing.of(sheet.name), key=_is_meant)}
    taken: dict[str, int] = {}
    claimed: dict[str, int] = {}
    lines = []
    for row in file.of(sheet.name):
        said, faults = _read(sheet, row, known)
        before = by_id.get(row.cells["Id"]) if row.cells["Id"] else by_key.get(key_of(sheet, said))
        if row.cells["Id"] and before is None:
            faults.append(Fault("Id", "Its Id is not known here: leave the Id empty for something new."))
        line = _line(sheet, row, said, before)
        key = key_of(sheet, line.cells)
        faults += _why_not(sheet, line, by_key, before, known) if not faults else []
        if line.id in claimed:
            words = (
                f"Row {claimed[line.id]} is the same one: keep one of the two. What is new comes in a file after it."
            )
            faults.append(Fault(sheet.key[-1], words))
        elif line.id:
            claimed[line.id] = row.number
        if key in taken and not _keeps_key(sheet, line, before):
            faults.append(Fault(sheet.key[-1], f"Row {taken[key]} is the same one: keep one of the two."))
        taken.setdefault(key, row.number)
        lines.append(_refuse(line, faults) if faults else line)
        if not faults:
            _learn(sheet, line.cells, known)
    return lines


def _line(sheet: Sheet, row: Row, said: Mapping[str, str], before: Row | None) -> Line:
    """The row as it shall stand: what stands, with what the file says laid over it."""
    stood = before.cells if before else dict.fromkeys(sheet.columns, "")
    cells = {name: _over(stood[name], said[name]) for name in sheet.columns if name != "Id"}
    if before is None:
        cells |= {name: usual for name, usual in USUAL.get(sheet.name, {}).items() if not cells[name]}
    changes = tuple(Change(name, stood[name], cells[name]) for name in cells if cells[name] != stood[name])
    verb = Verb.ADD if before is None else Verb.CHANGE if changes else Verb.SAME
    return Line(
        sheet=sheet.name, number=row.number, label=_label(sheet, cells), verb=verb, cells=cells,
        id=stood["Id"], changes=changes if before else (),
    )  # fmt: skip


def _over(stood: str, said: str) -> str:
    return "" if said == REMOVED else said or stood


def _refuse(line: Line, faults: list[Fault]) -> Line:
    return Line(
        sheet=line.sheet, number=line.number, label=line.label, verb=Verb.REFUSE, cells=line.cells, id=line.id,
        faults=tuple(dict.fromkeys(faults)),
    )  # fmt: skip


def _read(sheet: Sheet, row: Row, known: _Known) -> tuple[dict[str, str], list[Fault]]:
    """The row's cells as an export would write them, and what is wrong with those that cannot be."""
    faults, said = list[Fault](), dict(row.cells)
    for column, text in row.cells.items():
        if not text or text == REMOVED or column == "Id":
            continue
        longest = LONGEST.get(column, 1_000)
        if len(text) > longest:
            faults.append(Fault(column, f"{column} is longer than {longest:,} characters."))
            continue
        reader = _READERS.get((sheet.name, column)) or _READERS.get(("", column))
        if reader is not None:
            try:
                said[column] = reader(text, said, known)
            except ValueError as error:
                faults.append(Fault(column, str(error)))
    return said, faults


def _why_not(sheet: Sheet, line: Line, by_key: Mapping[str, Row], before: Row | None, known: _Known) -> list[Fault]:
    """What is wrong with the row as it shall stand."""
    cells = line.cells
    required = {
        "Workers": ("Name", "Agency", "Roles", "Active"), "Agencies": ("Name", "Kind"),
        "Districts": ("Code", "Name", "Verified only", "Answer in days"),
    }  # fmt: skip
    required |= {"Agreements": tuple(column for column in BY_NAME["Agreements"].columns if column != "Id")}
    faults = [
        Fault(column, f"{column} is missing.") for column in required.get(sheet.name, sheet.key) if not cells[column]
    ]
    other = None if _keeps_key(sheet, line, before) else by_key.get(key_of(sheet, cells))
    if other is not None and (before is None or other.cells["Id"] != before.cells["Id"]):
        faults.append(Fault(sheet.key[0], f"{line.label} stands in Lantern already, as another one."))
    faults += [
        Fault(column, f"{column} cannot hold a semicolon: lists are kept apart by them.")
        for column in NAMED_IN_LISTS.get(sheet.name, ()) if APART.strip() in cells[column]
    ]  # fmt: skip
    if before is not None and sheet.name in STAYS and cells["Agency"] != before.cells["Agency"]:
        faults.append(Fault("Agency", STAYS[sheet.name]))
    if sheet.name == "Workers":
        agency = cells["Agency"].casefold()
        strange = [
            each for each in cells["Teams"].split(APART) if each and (agency, each.casefold()) not in known.teams
        ]
        if strange:
            words = f"{cells['Agency']} has no team “{', '.join(strange)}”: name one of its teams, or write a dash."
            faults.append(Fault("Teams", words))
    if sheet.name == "Agreements" and not faults:
        signed, last = date.fromisoformat(cells["Signed on"]), date.fromisoformat(cells["Last day"])
        if not timedelta() <= last - signed <= AGREEMENT_LASTS_AT_MOST:
            faults.append(Fault("Last day", "An agreement lasts at most 12 months, and ends after it was signed."))
    if sheet.name == "Districts" and cells["From"] and cells["Until"] and cells["Until"] < cells["From"]:
        faults.append(Fault("Until", "Until is before From."))
    return faults


def _is_meant(row: Row) -> tuple[bool, str]:
    """Of rows of one key the last by this order. A district that begins where another ended may have its code: whoever says the
    code means the one that stands. An agreement may be signed anew in the same version: the newest is meant."""
    return not row.cells.get("Until"), row.cells.get("Signed on", "")


def _keeps_key(sheet: Sheet, line: Line, before: Row | None) -> bool:
    """Is it called as it was? Then it is as good as before, also where an ended district has the same code."""
    return before is not None and key_of(sheet, before.cells) == key_of(sheet, line.cells)


def _learn(sheet: Sheet, cells: Mapping[str, str], known: _Known) -> None:
    if sheet.name == "Districts":
        known.districts |= {cells[column].casefold(): cells["Code"] for column in ("Code", "Name")}
    elif sheet.name == "Agencies":
        known.agencies[cells["Name"].casefold()] = cells["Name"]
    elif sheet.name == "Teams":
        known.teams[cells["Agency"].casefold(), cells["Name"].casefold()] = cells["Name"]


def _names(county: County, sheet: str, column: str, means: str = "") -> dict[str, str]:
    return {row.cells[column].casefold(): row.cells[means or column] for row in county.of(sheet)}


def _pair(row: Row) -> tuple[str, str]:
    return row.cells["Agency"].casefold(), row.cells["Name"].casefold()


def key_of(sheet: Sheet, cells: Mapping[str, str]) -> str:
    """What tells a row from the others. A worker is told by their e-mail address, and without one by name and agency."""
    if sheet.name == "Workers" and cells["E-mail"]:
        return cells["E-mail"].casefold()
    return "\n".join(cells[name].casefold() for name in sheet.key)


def _label(sheet: Sheet, cells: Mapping[str, str]) -> str:
    """How the row is called on a page: a worker and a district by their name alone, an agreement by whose it is."""
    if sheet.name == "Agreements":
        return f"{cells['Agency']}, {cells['Kind']}, version {cells['Version']}"
    named = ("Name",) if sheet.name in {"Workers", "Districts"} else tuple(reversed(sheet.key))
    return ", ".join(cells[name] for name in named if cells[name])


# --------------------------------------------------------------------------------------------------- what a cell says
Reader = Callable[[str, Mapping[str, str], _Known], str]


def read_day(text: str, said: Mapping[str, str], known: _Known) -> str:
    for pattern in DAYS_AS_WRITTEN:
        try:
            day = datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if day < EARLIEST:
            raise ValueError(f"“{text}” is before 2000.")
        return day.isoformat()
    raise ValueError(f"“{text}” is no day: write it as 31/12/2026.")


def _read_yes(text: str, said: Mapping[str, str], known: _Known) -> str:
    answers = {"yes": "yes", "y": "yes", "true": "yes", "1": "yes", "no": "no", "n": "no", "false": "no", "0": "no"}
    if text.casefold() not in answers:
        raise ValueError(f"“{text}” is neither yes nor no.")
    return answers[text.casefold()]


def _read_answer_days(text: str, said: Mapping[str, str], known: _Known) -> str:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MOST_DUE_WORKING_DAYS):
        raise ValueError(f"“{text}” is no number of working days from 1 to {MOST_DUE_WORKING_DAYS}.")
    return str(int(text))


def _read_code(kind: type[Enum], what: str) -> Reader:
    codes = {str(each.value) for each in kind}

    def read(text: str, said: Mapping[str, str], known: _Known) -> str:
        code = "_".join(text.casefold().replace("-", " ").replace("_", " ").split())
        if code not in codes:
            raise ValueError(
                f"“{text}” is no {what}: use one of {', '.join(sorted(say_code(each) for each in codes))}."
            )
        return say_code(code)

    return read


def say_code(code: str) -> str:
    return code.replace("_", " ")


def _read_roles(text: str, said: Mapping[str, str], known: _Known) -> str:
    return join_names(_read_code(Role, "role")(each, said, known) for each in _apart(text, ()))


def _read_agency(text: str, said: Mapping[str, str], known: _Known) -> str:
    if text.casefold() not in known.agencies:
        raise ValueError(f"The agency “{text}” is neither in the file nor in Lantern.")
    return known.agencies[text.casefold()]


def _read_districts(text: str, said: Mapping[str, str], known: _Known) -> str:
    named = _apart(text, known.districts)
    unknown = [each for each in named if each.casefold() not in known.districts]
    if unknown:
        raise ValueError(f"The district “{', '.join(unknown)}” is neither in the file nor in Lantern.")
    return join_names(known.districts[each.casefold()] for each in named)


def _read_teams(text: str, said: Mapping[str, str], known: _Known) -> str:
    agency = said["Agency"].casefold()
    named = _apart(text, {name for of, name in known.teams if of == agency})
    unknown = [each for each in named if (agency, each.casefold()) not in known.teams]
    if unknown:
        raise ValueError(f"{said['Agency'] or 'The agency'} has no team “{', '.join(unknown)}”.")
    return join_names(known.teams[agency, each.casefold()] for each in named)


def _read_address(text: str, said: Mapping[str, str], known: _Known) -> str:
    if not is_address(text):
        raise ValueError(f"“{text}” is not one e-mail address.")
    return text.casefold()


def _read_telephone(text: str, said: Mapping[str, str], known: _Known) -> str:
    number = "".join(each for each in text if each in "+0123456789")
    if set(text) - set("+0123456789 ()-./") or not FEWEST_DIGITS <= len(number) <= MOST_DIGITS or "+" in number[1:]:
        raise ValueError(f"“{text}” is no telephone number: write it as +44 7700 900123 or 07700 900123.")
    return number


def join_names(names: Iterable[str]) -> str:
    return APART.join(sorted(set(names), key=str.casefold))


def _apart(text: str, known: Container[str]) -> list[str]:
    """Names between semicolons or lines; between commas too, save where a comma belongs to a known name ("Bristol, City of")."""
    parts = [each.strip() for each in text.replace("\n", ";").split(";") if each.strip()]
    return [
        name
        for part in parts
        for name in ([part] if part.casefold() in known else [each.strip() for each in part.split(",") if each.strip()])
    ]


_READERS: dict[tuple[str, str], Reader] = {
    ("Districts", "Verified only"): _read_yes,
    ("Districts", "Answer in days"): _read_answer_days,
    ("Districts", "From"): read_day,
    ("Districts", "Until"): read_day,
    ("Agencies", "Kind"): _read_code(AgencyKind, "kind of agency"),
    ("Agencies", "Mailbox"): _read_address,
    ("", "Agency"): _read_agency,
    ("", "Districts"): _read_districts,
    ("Workers", "E-mail"): _read_address,
    ("Workers", "Roles"): _read_roles,
    ("Workers", "Teams"): _read_teams,
    ("Workers", "Trained on"): read_day,
    ("Workers", "Telephone"): _read_telephone,
    ("Workers", "Active"): _read_yes,
    ("Agreements", "Kind"): _read_code(AgreementKind, "agreement"),
    ("Agreements", "Signed on"): read_day,
    ("Agreements", "Last day"): read_day,
}
