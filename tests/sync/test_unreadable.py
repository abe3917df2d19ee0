"""What a phone cannot read it keeps as it came, says so, and goes on reading; a newer app reads it after all."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from mobile.store import sync as phone_store
from mobile.store import sync_rows
from server.queries.sync import store as queries
from sync import device, wire
from sync.driver import PULL, Answer, Ask
from sync.wire import Change, encode
from tests.sync.county import Office, Phone


def bend_pages(office: Office, bend: Callable[[list[Any]], None]) -> None:
    """From now on every page of this office is what `bend` makes of its rows (plain values)."""
    good = office.handle

    def handle(number: int, ask: Ask) -> Answer:
        answer = good(number, ask)
        if ask.kind != PULL or answer.status != 200:
            return answer
        page = msgspec.json.decode(answer.body)
        bend(page["rows"])
        return Answer(200, encode(page))

    office.handle = handle  # type: ignore[method-assign]


def _shape(row: list[Any]) -> None:
    row[4] = "a stamp of another kind"


def _no_change(row: list[Any]) -> None:
    row[5] = ["another", "grammar"]


def _another_type(row: list[Any]) -> None:
    row[5]["n"] = "third"


@pytest.mark.parametrize("bend", [_shape, _no_change, _another_type])
def test_one_row_that_cannot_be_read_stops_nothing(
    bend: Callable[[list[Any]], None], aisha: Phone, dean: Phone, office: Office
) -> None:
    said = [aisha.say(note=f"{i}") for i in range(5)]
    aisha.sync()
    bend_pages(office, lambda rows: [bend(row) for row in rows if row[2] == said[2].id] and None)  # type: ignore[arg-type]
    outcome = dean.sync()
    assert outcome.trouble is None
    assert dean.shown == {each.id for each in said} - {said[2].id}
    assert dean.store.unread_count == 1
    later = aisha.say(note="later")
    aisha.sync()
    dean.sync()
    assert later.id in dean.shown and dean.store.unread_count == 1


@pytest.mark.parametrize("op", ["held", "config"])
def test_a_note_that_cannot_be_read_stops_nothing(op: str, aisha: Phone, dean: Phone, office: Office) -> None:
    said = aisha.say()
    aisha.sync()
    bend_pages(office, lambda rows: rows.append([wire.private_scope(dean.number), 0, "note-1", op, 0, [1]]))
    assert dean.sync().trouble is None
    assert dean.shown == {said.id} and dean.store.unread_count == 1


def _older(read: Callable[[Any], Change]) -> Callable[[Any], Change]:
    """An app that does not know the second version of a change."""

    def reading(body: Any) -> Change:
        change = read(body)
        if b'"kind":"new"' in bytes(body):
            raise msgspec.ValidationError("Expected `int`, got `str`")
        return change

    return reading


def test_a_newer_app_reads_what_an_older_one_kept(aisha: Phone, dean: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    new = aisha.say(kind="new")
    patch = aisha.patch("person-1", name="Marek", kind="plain")
    aisha.sync()
    with monkeypatch.context() as older:
        for module in (device, phone_store):
            older.setattr(module, "read_change", _older(wire.read_change))
        dean.sync()
        assert dean.shown == {patch.id} and dean.store.unread_count == 1
        dean.sync()
    dean.sync()
    assert dean.shown == {patch.id}, "the same app does not look again at every sync"
    dean.app = "0.2.0"
    dean.sync()
    assert dean.shown == {new.id, patch.id} and dean.store.unread_count == 0
    assert dean.value("person-1", "name") == "Marek"


class Stumbling:
    """Tables of a phone in which one change meets a fault of this app, or of its disk."""

    def __init__(self) -> None:
        self.at: str | None = None
        self.fault: Exception = KeyError("a field that this app never heard of")
        self.told: list[str] = []

    def changed(self, applied: Sequence[Change], dropped: Sequence[Change]) -> None:
        self.told += [each.id for each in applied]
        if any(each.id == self.at for each in applied):
            raise self.fault

    def wiped(self) -> None:
        self.told = []


def test_a_change_that_the_tables_stumble_over_is_passed_alone(aisha: Phone, dean: Phone) -> None:
    tables = dean.store._projection = Stumbling()
    said = [aisha.say(note=f"{i}") for i in range(4)]
    aisha.sync()
    tables.at = said[1].id
    assert dean.sync().trouble is None
    assert dean.shown == {each.id for each in said} - {said[1].id} and dean.store.unread_count == 1
    tables.at, dean.app = None, "0.2.0"
    dean.sync()
    assert dean.shown == {each.id for each in said} and dean.store.unread_count == 0


def test_a_full_disk_is_no_fault_of_a_row(aisha: Phone, dean: Phone) -> None:
    tables = dean.store._projection = Stumbling()
    said = aisha.say()
    aisha.sync()
    tables.at, tables.fault = said.id, sqlite3.OperationalError("database or disk is full")
    with pytest.raises(sqlite3.OperationalError):
        dean.sync()
    assert dean.store.unread_count == 0
    tables.at = None
    dean.sync()
    assert dean.shown == {said.id}


def test_what_could_not_be_read_goes_with_an_erasure_a_withdrawn_feed_and_a_wipe(
    aisha: Phone, dean: Phone, office: Office
) -> None:
    tables = dean.store._projection = Stumbling()
    said = aisha.say(entity="person-1")
    aisha.sync()
    tables.at = said.id
    dean.sync()
    assert dean.store.unread_count == 1
    tables.at = None
    with office.database.writing() as session:
        queries.erase_entities(session, ["person-1"], office.clock())
    dean.sync()
    assert dean.store.unread_count == 0, "nothing of somebody erased is kept, read or not"
    tables.at = (again := aisha.say()).id
    aisha.sync()
    dean.sync()
    assert dean.store.unread_count == 1 and again.id not in dean.shown
    dean.store.wipe()
    assert sync_rows.count_unread(dean.store._db) == 0


def _nowhere(row: list[Any]) -> None:
    row[0], row[2] = None, {"id": row[2]}


@pytest.mark.parametrize("bend", [_shape, _nowhere])
def test_a_line_of_an_unknown_shape_goes_with_an_erasure_too(
    bend: Callable[[list[Any]], None], aisha: Phone, dean: Phone, office: Office
) -> None:
    said = aisha.say(entity="person-1")
    aisha.sync()
    good = office.handle
    bend_pages(office, lambda rows: [bend(row) for row in rows if row[2] == said.id] and None)  # type: ignore[arg-type]
    dean.sync()
    assert dean.store.unread_count == 1
    office.handle = good  # type: ignore[method-assign]
    with office.database.writing() as session:
        queries.erase_entities(session, ["person-1"], office.clock())
    dean.sync()
    assert dean.store.unread_count == 0
    assert b"bedded_down" not in b"".join(line for (line,) in dean.store._db.execute("select line from sync_unread"))


@pytest.mark.parametrize("bend", [_shape, _no_change])
def test_what_could_not_be_read_goes_with_the_feed_it_came_in(
    bend: Callable[[list[Any]], None], aisha: Phone, dean: Phone, office: Office
) -> None:
    said = aisha.say()
    aisha.sync()
    bend_pages(office, lambda rows: [bend(row) for row in rows if row[2] == said.id] and None)  # type: ignore[arg-type]
    dean.sync()
    assert dean.store.unread_count == 1
    office.order(queries.set_scopes, dean.number, ["team:elsewhere"])
    dean.sync()
    assert dean.store.unread_count == 0
