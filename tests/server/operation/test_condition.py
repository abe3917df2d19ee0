"""A job that fails or is late, a process that dies, a disk that fills, mail that does not go: said on a page, in the log
and by mail."""

import json
import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select, text

from server.backups import make_backup
from server.condition import running as condition
from server.condition.finding import Grade
from server.condition.running import is_ready, list_findings, look_at_room
from server.database.context import Kind, acting
from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import CONDITION, JOBS
from server.jobs.runner import run_due
from server.jobs.schedule import Daily, Every, late_after
from server.queries.operation import jobs, processes
from server.queries.operation.jobs import JobRun
from server.queries.operation.processes import ServerProcess
from server.settings import MailSettings, Settings
from server.soundness import Soundness
from server.tables.operation.job import job
from server.tables.operation.mail import mail
from server.tables.partnership.worker import worker
from tests.conftest import Clock
from tests.server.own_postgres import add_postgres_tools
from tests.web import county
from tests.web.conftest import Browser, app, browse, client, filled, settings  # noqa: F401 - fixtures

GIB = 1024**3


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.fixture
def services(filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Any:  # noqa: F811
    from server.app import create_services

    named = replace(settings, mail=MailSettings(host="127.0.0.1", sender="lantern@example.org"))
    made = create_services(named, clock, new_id)
    with made.database.writing() as session:
        jobs.set_run(session, JobRun(name=jobs.BACKUP, started_at=clock()))
    yield made
    made.database.close()


def find(services: Services) -> dict[str, tuple[Grade, str]]:
    soundness = Soundness(services.settings, services.database, services.ledger)
    with acting(Kind.COMMAND):
        found = list_findings(services.settings, services.database, soundness, services.clock())
    return {each.about: (each.grade, each.words) for each in found}


def run(services: Services) -> int:
    with acting(Kind.JOB):
        (ran,) = run_due(services, CONDITION, "this test", names=["failures"], lease="condition") or []
    assert ran.error == ""
    return ran.done


def mails(database: Database) -> list[str]:
    with database.reading() as session:
        rows = session.execute(select(mail.c.facts).where(mail.c.kind == "job_failed"))
        return sorted(json.loads(row.facts)["job"] for row in rows)


def test_a_sound_server_says_so(services: Services, now: datetime) -> None:
    with services.database.writing() as session:
        jobs.set_run(session, JobRun(name="mail", started_at=now, late_after=now + timedelta(minutes=20)))
        session.execute(mail.delete())

    assert {grade for grade, _ in find(services).values()} == {Grade.WELL}
    assert run(services) == 0


def test_a_job_that_failed_and_one_that_is_late_are_told_on_the_page_in_the_log_and_by_mail(
    services: Services, browse: Callable[[str], Browser], now: datetime, caplog: pytest.LogCaptureFixture  # noqa: F811
) -> None:  # fmt: skip
    with services.database.writing() as session:
        session.execute(mail.delete())
        jobs.set_run(session, JobRun(name="retention", started_at=now, error="OSError", late_after=now + timedelta(1)))
        jobs.set_run(
            session, JobRun(name="digests", started_at=now - timedelta(hours=2), late_after=now - timedelta(hours=1))
        )
    with caplog.at_level(logging.WARNING, "lantern.jobs"):
        assert run(services) == 2
    page = browse("omar").get("/server").text

    assert mails(services.database) == ["job digests", "job retention"]
    assert "amiss: job digests: It is late" in caplog.text
    assert "amiss: job retention: It failed the last time (OSError)" in caplog.text
    assert "The job “digests”" in page and "It failed the last time (OSError)" in page
    assert run(services) == 0  # once a day of each


def test_backups_that_stay_out_are_told_on_the_page_and_by_mail(
    services: Services, browse: Callable[[str], Browser], clock: Clock, tmp_path: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The timer was never enabled, or fails: `lantern doctor --backups` alone knew, and nobody runs it every day."""
    monkeypatch.setenv("PATH", add_postgres_tools())
    with services.database.writing() as session:
        session.execute(mail.delete())
        session.execute(job.delete())
    grade, words = find(services)["backups"]
    assert (grade, "None was ever made" in words) == (Grade.LOOK, True)
    run(services)
    assert "backups" in mails(services.database)
    assert "None was ever made" in browse("omar").get("/server").text

    make_backup(services.settings, tmp_path / "backups", clock(), retained=2)
    with services.database.writing() as session:
        jobs.keep_only(session, [job.name for job in JOBS])  # as each server does when it starts
    assert find(services)["backups"][0] is Grade.WELL
    clock.advance(hours=25)
    assert find(services)["backups"][0] is Grade.WELL
    make_backup(services.settings, tmp_path / "upgrades", clock(), retained=2, is_told=False)
    clock.advance(hours=2)
    grade, words = find(services)["backups"]
    assert (grade, "does the timer run" in words) == (Grade.LOOK, True), "one before an upgrade is no nightly one"


def test_whoever_has_another_role_sees_no_server(browse: Callable[[str], Browser]) -> None:  # noqa: F811
    assert browse("priya").get("/server").status_code == 403


def test_a_process_that_dies_is_missed_and_one_that_ends_is_not(
    services: Services, clock: Clock, now: datetime
) -> None:
    def begin(name: str) -> None:
        with services.database.writing() as session:
            new = ServerProcess(id=name, host="one", number=1, started_at=clock(), seen_at=clock())
            processes.begin_process(session, new)

    for each in ("dead", "ended", "well"):
        begin(each)
    with services.database.writing() as session:
        processes.end_process(session, "ended", clock())
    clock.advance(minutes=2)
    with services.database.writing() as session:
        processes.see_process(session, "well", clock())
    assert find(services)["processes"][0] is Grade.WELL
    clock.advance(minutes=1, seconds=30)
    grade, words = find(services)["processes"]
    with services.database.reading() as session:
        assert [each.id for each in processes.list_serving(session, clock())] == ["well"]

    assert (grade, words.startswith("One process died in the last day, the last on one at about 21:30 UTC.")) == (
        Grade.LOOK,
        True,
    )
    clock.advance(days=8)
    begin("new")
    with services.database.reading() as session:
        assert [each.id for each in processes.list_serving(session, clock())] == ["new"]
        assert processes.list_died(session, now - timedelta(days=30), clock()) == []


def test_a_served_process_says_that_it_is_there_and_that_it_ends(
    filled: Database, settings: Settings, new_id: Callable[[], str], clock: Clock, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    from litestar.testing import TestClient

    from server.app import create_app
    from server.jobs.background import Background

    begun = threading.Event()
    begin = Background._begin
    # Only when it has returned is the row committed, so that another reader finds it.
    monkeypatch.setattr(Background, "_begin", lambda self: (begin(self), begun.set()))
    with TestClient(create_app(settings, clock, new_id, jobs=True)):
        assert begun.wait(60)
        with filled.reading() as session:
            (serving,) = processes.list_serving(session, clock())
    with filled.reading() as session:
        assert processes.list_serving(session, clock()) == []
        assert processes.list_died(session, clock() - timedelta(days=1), clock() + timedelta(hours=1)) == []
    assert serving.host and serving.number


@pytest.mark.parametrize(
    ("free", "grade"),
    [(100 * GIB, Grade.WELL), (2 * GIB, Grade.WELL), (2 * GIB - 1, Grade.LOOK), (64 * 1024**2 - 1, Grade.UNSAFE)],
)  # fmt: skip
def test_room_on_the_disk(free: int, grade: Grade) -> None:
    assert look_at_room(free).grade is grade


def test_a_disk_that_fills_is_told_by_mail_and_a_full_one_gets_no_requests(
    services: Services, client: Any, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    assert client.get("/ready").status_code == 200
    with services.database.writing() as session:
        session.execute(mail.delete())
    monkeypatch.setattr(condition.shutil, "disk_usage", lambda _: Usage(100 * GIB, 99 * GIB, GIB))  # type: ignore[attr-defined]
    assert run(services) == 1
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["checks"]["disk"]) == (200, "look")
    monkeypatch.setattr(condition.shutil, "disk_usage", lambda _: Usage(100 * GIB, 100 * GIB, 1000))  # type: ignore[attr-defined]
    full = client.get("/ready")

    assert mails(services.database) == ["disk"]
    assert (full.status_code, full.json()["status"], full.json()["checks"]["sound"]) == (503, "not ready", "unsafe")
    assert shutil.disk_usage is condition.shutil.disk_usage  # type: ignore[attr-defined]


def test_mail_that_waits_or_fails_is_told_but_not_by_mail(services: Services, clock: Clock) -> None:
    with services.database.writing() as session:
        session.execute(mail.delete())
        county.fill_outbox(session, clock.now - timedelta(hours=2))
    grade, _ = find(services)["mail"]

    assert grade is Grade.LOOK
    run(services)
    assert "mail" not in mails(services.database)


def test_a_system_that_nobody_answers_for_is_told(services: Services) -> None:
    from server.actions.partnership.systems import Wanted, register

    with services.database.writing() as session:
        wanted = Wanted(name="Case book", worker_id="ruth", scopes=("cases",))
        register(session, wanted, (), services.clock(), services.new_id())
    assert find(services)["systems"][0] is Grade.WELL
    with services.database.writing() as session:
        session.execute(worker.update().where(worker.c.id == "ruth").values(active=False))

    assert find(services)["systems"] == (Grade.LOOK, "Nobody answers any more for Case book: `lantern system list`.")


def test_another_schema_gets_no_requests(services: Services, client: Any) -> None:  # noqa: F811
    with services.database.writing() as session:
        session.execute(text("update alembic_version set version_num = '0001'"))
    answer = client.get("/ready")

    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "checks": {"schema": "unsafe"}})
    assert not is_ready([condition.look_at_schema(services.database)])


def test_readiness_says_no_more_than_what_was_looked_at(client: Any) -> None:  # noqa: F811
    told = client.get("/ready").json()

    assert set(told["checks"]) == {"sound", "schema", "disk", "jobs", "backups", "processes", "mail"}
    assert set(told["checks"].values()) <= {"well", "look", "unsafe"}


def test_by_when_a_job_is_late(now: datetime) -> None:
    from datetime import time

    assert late_after(Every(timedelta(minutes=5)), now) == now + timedelta(minutes=30)
    assert late_after(Daily(time(3)), now) == now + timedelta(hours=26)


def test_a_job_that_there_is_no_more_is_not_late_for_ever(services: Services, now: datetime) -> None:
    with services.database.writing() as session:
        jobs.set_run(session, JobRun(name="gone", started_at=now - timedelta(9), late_after=now - timedelta(8)))
        jobs.set_run(session, JobRun(name="mail", started_at=now, late_after=now + timedelta(1)))
        jobs.keep_only(session, [job.name for job in JOBS])
    with services.database.reading() as session:
        assert set(jobs.list_runs(session)) == {"mail", jobs.BACKUP}
