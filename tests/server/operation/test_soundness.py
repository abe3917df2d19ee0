"""`/health` and `lantern serve` tell what keeps this server from being trusted with more."""

import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from litestar.testing import TestClient

from server import soundness
from server.actions.operation import ledger, orders
from server.backups import repeat_orders
from server.cli import main
from server.database.engine import Database
from server.http.services import Services
from server.queries.operation.audit import LedgerEntry
from server.queries.sync import store as sync
from server.settings import Settings
from shared.model.codes import DeviceStatus
from tests.conftest import Clock
from tests.server.phone import Phone

Usage = namedtuple("Usage", "total used free")


def test_in_order_it_says_ok(client: TestClient) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_full_disk_is_said(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 4096))
    answer = client.get("/health")
    assert answer.status_code == 503 and "disk is full" in answer.json()["trouble"][0]


def test_a_write_ahead_log_that_is_gone_is_said(phone: Phone, settings: Settings, database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL looks after its own log")
    assert phone.push(phone.contact()).status_code == 200
    assert phone.client.get("/health").status_code == 200
    log = Path(settings.database.removeprefix("sqlite:///") + "-wal")
    log.unlink()
    answer = phone.client.get("/health")
    assert answer.status_code == 503 and "write-ahead log" in answer.json()["trouble"][0]


def test_a_database_that_was_put_back_is_not_served_until_its_orders_are_repeated(
    phone: Phone, services: Services, settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    """A snapshot of the machine was rolled back: the ledger's second place still knows that the phone is to be wiped."""
    assert soundness.why_ahead(services.database, services.ledger) == ""
    wiped = LedgerEntry(
        id=new_id(), at=clock(), kind=orders.DEVICE_STATUS, subject_id=str(phone.number), detail={"status": "wipe_now"}
    )
    services.ledger.complete([wiped])
    answer = phone.client.get("/health")
    assert answer.status_code == 503 and "stopping a phone" in answer.json()["trouble"][0]
    environment = {"LANTERN_DATABASE": settings.database, "LANTERN_DATA": str(settings.data)}
    refused = CliRunner().invoke(main, ["serve", "--port", "0"], env=environment)
    assert refused.exit_code == 2 and "lantern replay" in refused.output and "one order" in refused.output

    assert repeat_orders(settings, services.ledger.read(), clock()) == 1
    assert soundness.why_ahead(services.database, services.ledger) == ""
    with services.database.reading() as session:
        assert sync.get_device_state(session, phone.number).status is DeviceStatus.WIPE_NOW
    assert phone.client.get("/health").status_code == 200


def test_what_another_machine_ordered_is_written_down_here_too(
    services: Services, settings: Settings, clock: Clock, new_id: Callable[[], str], database: Database
) -> None:
    """No folder is shared: the database tells each machine what the others ordered."""
    with database.writing() as session:
        orders.mark(session, clock(), new_id())
    assert services.ledger.read() == []
    assert soundness.why_ahead(services.database, services.ledger) == ""
    assert [entry.kind for entry in services.ledger.read()] == ["mark"]


def test_every_order_has_words_for_whoever_reads_that_it_is_missing() -> None:
    assert ledger.ORDERS.keys() - soundness.SENT_AGAIN <= soundness.KINDS.keys()
