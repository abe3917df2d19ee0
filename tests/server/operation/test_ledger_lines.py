"""A line of the ledger stands outside for an order that was given, and for no other: one that fell through would keep the server
from starting, and be carried out by `lantern replay`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from server.actions.operation.orders import Ledger, open_ledger, order_erasure, order_placing
from server.http.services import Services
from server.queries.operation.audit import LedgerEntry
from server.settings import Settings
from server.soundness import why_ahead
from tests.conftest import Clock


def told(ledger: Ledger) -> list[str]:
    return sorted(each.subject_id for each in ledger.read())


def test_a_part_that_was_done_makes_no_line_before_the_whole_is(
    services: Services, clock: Clock, new_id: Callable[[], str]
) -> None:
    """A file's undoing, and what is done to several reports at once, are done part by part; what comes after may still fail."""
    before = told(services.ledger)
    with pytest.raises(ZeroDivisionError), services.database.writing() as session:
        order_placing(session, new_id(), ["team:x"], clock(), new_id())
        with session.begin_nested():
            order_placing(session, new_id(), ["team:x"], clock(), new_id())
        raise ZeroDivisionError
    assert told(services.ledger) == before
    with services.database.writing() as session:
        order_placing(session, "one", ["team:x"], clock(), new_id())
        with session.begin_nested():
            order_placing(session, "two", ["team:x"], clock(), new_id())
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            order_placing(session, "three", ["team:x"], clock(), new_id())
            raise ZeroDivisionError
    assert told(services.ledger) == sorted([*before, "one", "two"])
    assert why_ahead(services.database, services.ledger) == ""


def test_an_order_whose_commit_fails_is_taken_back_and_may_be_given_again(
    services: Services, clock: Clock, new_id: Callable[[], str]
) -> None:
    now_ms = int(clock().timestamp() * 1000)

    def fail(_: object) -> None:
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"), services.database.writing() as session:
        order_erasure(session, ["marek"], now_ms)
        event.listen(session, "before_commit", fail)  # after the lines were written, as a full disk would
    assert "marek" not in told(services.ledger)
    assert why_ahead(services.database, services.ledger) == "", "the server would not start"
    with services.database.writing() as session:
        order_erasure(session, ["marek"], now_ms)
    assert told(services.ledger).count("marek") == 1, "the same order, the same id, stands now"


def test_an_order_that_the_second_place_does_not_take_is_in_neither(
    services: Services, settings: Settings, clock: Clock, new_id: Callable[[], str], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("a network folder that is away")
    ledger = open_ledger(replace(settings, ledger_copy=elsewhere / "ledger.jsonl"))
    order = LedgerEntry(id=new_id(), at=clock(), kind="person_shown", subject_id="marek")
    with pytest.raises(OSError), services.database.writing() as session:
        ledger.write(session, order)
    assert "marek" not in told(ledger)
    assert why_ahead(services.database, Ledger(ledger.path)) == "", "the server would not start"
