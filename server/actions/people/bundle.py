"""A person's own copy of everything that is held about them, put together by the system (privacy rule A7).

Workers and other people are not named in it: what stands in the place of a name says so. Who reported somebody, and how to
reach them, is never in it. Files and pages are made of it elsewhere.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from server.access import Access
from server.queries.people import access_log as looks
from server.queries.people import held, subjects
from server.queries.people.notes import OWN_COPY
from server.queries.sync.store import list_changes
from shared.model.value import Id, Value
from shared.policy import Act
from shared.policy.looks import FieldClass
from shared.rules.address_hint import find_hints
from shared.rules.third_parties import make_withholder, parts_of

ANOTHER_PERSON = "[withheld: another person]"
NOT_IN_A_FILE = "[held apart, in no file: ask for it to be read to you]"
NEVER_IN_A_FILE = frozenset({"nationality_group", "recourse_to_public_funds"})
"""Privacy rule A10."""
WHO_TOLD = "[withheld: who told us of you]"
TELLS_WHO_TOLD = frozenset({"sender_name", "sender_reach"})
TWO_RECORDS = {"identity_judgement": ("one_id", "other_id"), "person_merge": ("from_id", "into_id")}
"""Of two records the other may be somebody else's, or have been held to be theirs for a while."""

Cell = str | int | float | bool | None


class Section(Value, frozen=True, kw_only=True):
    """One kind of record: `name` is its table's. Every row is what its columns say, in words that anybody may read."""

    name: str
    rows: tuple[dict[str, Cell], ...]


class Bundle(Value, frozen=True, kw_only=True):
    """Everything held. `withheld` counts the marks in it, `to_read` the texts in which an address or a number may be another
    person's."""

    known_as: str
    made_at: datetime
    sections: tuple[Section, ...]
    withheld: int
    to_read: int


def compose_bundle(access: Access, person_id: Id) -> Bundle:
    """Put a person's own copy together. Raises NotFound or Forbidden; that it was made is in the audit and before the
    reviewer."""
    person = access.open_person(person_id, OWN_COPY, Act.EXPORT_PERSON)
    access.write_lines()
    same = subjects.list_same_person(access.session, person_id)
    rows = held.list_everything(access.session, same)
    tell = _Redactor(access, same, rows)
    sections = [Section(name=name, rows=tuple(tell.row(row) for row in found)) for name, found in rows.items()]
    sections += [_said_before(access, same, tell), *_who_looked(access, same)]
    cells = [cell for section in sections for row in section.rows for cell in row.values() if isinstance(cell, str)]
    return Bundle(
        known_as=person.known_as, made_at=access.now, sections=tuple(each for each in sections if each.rows),
        withheld=sum("[withheld" in cell for cell in cells), to_read=sum(bool(find_hints(cell)) for cell in cells),
    )  # fmt: skip


class _Redactor:
    """Says what a row holds without naming anybody else."""

    def __init__(self, access: Access, same: list[Id], rows: dict[str, held.Rows]) -> None:
        others = held.list_names_of_others(access.session, same)
        staff = held.list_workers_called(access.session)
        site_ids = {row["site_id"] for row in rows.get("contact", []) if row["site_id"]}
        self._named = held.list_named_ids(access.session, site_ids)
        self._named |= {worker_id: _a_worker(agency) for worker_id, _, _, agency in staff}
        self._named |= dict.fromkeys([*others, *_others_of_two(rows, same)], ANOTHER_PERSON)
        own = {
            part for row in rows.get("person", []) for name in (row["name"], row["alias"]) for part in parts_of(name)
        }
        self._withhold: Callable[[str], str] = make_withholder(
            {
                **{part: ANOTHER_PERSON for names in others.values() for name in names for part in parts_of(name)},
                **{name: _a_worker(agency) for _, full, short, agency in staff for name in (full, short)},
                **{row["sender_name"]: WHO_TOLD for row in rows.get("notice", []) if row["sender_name"]},
                **dict.fromkeys(others, ANOTHER_PERSON),
                **{worker_id: _a_worker(agency) for worker_id, _, _, agency in staff},
            },
            own,
        )

    def row(self, row: dict[str, Any]) -> dict[str, Cell]:
        """Every column with something in it."""
        apart = dict.fromkeys(NEVER_IN_A_FILE, NOT_IN_A_FILE) | dict.fromkeys(TELLS_WHO_TOLD, WHO_TOLD)
        return {name: apart.get(name) or self.cell(value) for name, value in row.items() if value not in (None, "")}

    def cell(self, value: Any) -> Cell:
        """One value: an id that has a name by its name, a text without the names of others."""
        if isinstance(value, datetime | date):
            return value.isoformat()
        if isinstance(value, bool | int | float):
            return value
        text = str(value)
        return self._named.get(text) or self._withhold(text)


def _others_of_two(rows: dict[str, held.Rows], same: list[Id]) -> set[Id]:
    named = {row[column] for table, two in TWO_RECORDS.items() for row in rows.get(table, []) for column in two}
    return named - set(same)


def _a_worker(agency_name: str) -> str:
    return f"[withheld: a worker of {agency_name}]"


def _said_before(access: Access, same: list[Id], tell: _Redactor) -> Section:
    """What each field of the record was ever said to be: what is wrong is corrected, and the old is kept."""
    rows: list[dict[str, Cell]] = []
    for person_id in same:
        for stored in list_changes(access.session, person_id):
            change = stored.change
            for field, (value, _) in ((change.set_ or {}) if change else {}).items():
                said = tell.cell(bytes(value).decode())
                by = tell.cell(change.who) if change and change.who else None
                rows.append({"at_ms": stored.received_at_ms, "field": field, "value": said, "by": by})
    return Section(name="what_was_said_before", rows=tuple(rows))


def _who_looked(access: Access, same: list[Id]) -> list[Section]:
    """By agency, and look by look; without the names of workers."""
    every = looks.list_accesses(access.session, same, limit=None)
    found = looks.list_agencies_that_looked(access.session, same)
    return [
        Section(
            name="who_looked",
            rows=tuple(
                {"organisation": each.name, "first": each.first_at.isoformat(), "last": each.last_at.isoformat(),
                 "looks": each.times, "saw": ", ".join(each.field_classes)}
                for each in found
            ),
        ),
        Section(
            name="each_look",
            rows=tuple(
                {"at": each.at.isoformat(), "organisation": each.agency_name, "saw": str(each.field_class),
                 "purpose": each.purpose}
                for each in every
                if each.field_class is not FieldClass.NOTHING
            ),
        ),
    ]  # fmt: skip
