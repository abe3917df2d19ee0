"""The runner: who runs, when, and what becomes of a job that fails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError

from server.http.services import Services
from server.jobs.runner import Job, Moment, Ran
from server.jobs.schedule import Daily, Every
from server.queries.operation import jobs as stored
from server.queries.operation import outbox
from shared.model.mail import MailState
from tests.conftest import KINDS, Clock
from tests.server.mail.postbox import Postbox
from tests.server.mail.test_sending import tell
from tests.server.running import run_due

OVER_BOTH = pytest.mark.parametrize("database_kind", KINDS)


@pytest.fixture
def database_kind() -> str:
    """Leases and claims are tested over both databases; the rest needs one."""
    return "sqlite"


LONDON = ZoneInfo("Europe/London")
EVERY_MINUTE = Every(timedelta(minutes=1))


def count_calls(name: str = "count") -> tuple[Job, list[Moment]]:
    calls: list[Moment] = []

    def run(_: Services, moment: Moment) -> int:
        calls.append(moment)
        return len(calls)

    return Job(name, EVERY_MINUTE, run), calls


@OVER_BOTH
def test_while_one_process_runs_the_jobs_another_does_not(services: Services) -> None:
    answers: list[object] = []
    counting, calls = count_calls()
    outer = Job("outer", EVERY_MINUTE, lambda *_: answers.append(run_due(services, [counting], "another")) or 0)
    assert run_due(services, [outer], "one") == [Ran(job="outer")]
    assert (answers, calls) == ([None], [])
    assert run_due(services, [counting], "another") == [Ran(job="count", done=1)], "the lease was not given back"


def test_a_run_says_by_when_the_next_should_begin(services: Services, now: datetime) -> None:
    counting, _ = count_calls()
    run_due(services, [counting], "one")
    with services.database.reading() as session:
        run = stored.list_runs(session)["count"]

    assert run.late_after == now + timedelta(minutes=18)
    assert not run.is_late(now + timedelta(minutes=18)) and run.is_late(now + timedelta(minutes=19))


@OVER_BOTH
def test_a_runner_that_died_loses_its_lease_after_two_minutes(services: Services, clock: Clock, now: datetime) -> None:
    with services.database.writing() as session:
        assert stored.take_lease(session, "jobs", "the dead", now, now + timedelta(minutes=2))
    counting, calls = count_calls()
    clock.advance(seconds=119)
    assert run_due(services, [counting], "heir") is None
    clock.advance(seconds=1)
    assert run_due(services, [counting], "heir") == [Ran(job="count", done=1)]
    assert len(calls) == 1


@OVER_BOTH
def test_a_clock_that_was_hours_ahead_and_is_set_right_keeps_no_job_waiting(services: Services, clock: Clock) -> None:
    """A machine that woke in the wrong hour must not look after nobody until that hour has come."""
    counting, calls = count_calls()
    daily = Job("daily", Daily(time(3)), counting.run)
    clock.advance(hours=6)
    assert len(run_due(services, [counting, daily], "one") or ()) == 2
    with services.database.writing() as session:
        assert stored.take_lease(session, "jobs", "the dead", clock.now, clock.now + timedelta(minutes=2))
    clock.advance(hours=-6)
    assert [each.job for each in run_due(services, [counting, daily], "heir") or ()] == ["count", "daily"]
    assert calls[2].since <= clock.now
    clock.advance(seconds=30)
    assert run_due(services, [counting, daily], "heir") == [], (
        "and what ran by the right clock is not run at each round"
    )


@OVER_BOTH
def test_another_servers_clock_may_be_a_little_ahead(services: Services, clock: Clock) -> None:
    counting, _ = count_calls()
    clock.advance(seconds=40)
    run_due(services, [counting], "one")
    clock.advance(seconds=-40)
    assert run_due(services, [counting], "another") == []


def test_a_runner_whose_lease_was_taken_over_stops_between_two_pieces(services: Services, clock: Clock) -> None:
    def run(_: Services, moment: Moment) -> int:
        clock.advance(minutes=3)
        with services.database.writing() as session:
            assert stored.take_lease(session, "jobs", "heir", clock.now, clock.now + timedelta(minutes=2))
        moment.heartbeat()
        raise AssertionError("it went on")

    counting, calls = count_calls()
    assert run_due(services, [Job("slow", EVERY_MINUTE, run), counting], "slow one") is None
    assert calls == []


def test_a_job_runs_when_its_time_has_come_and_hears_since_when(services: Services, clock: Clock) -> None:
    counting, calls = count_calls()
    for seconds in (0, 30, 30, 59, 1):
        clock.advance(seconds=seconds)
        run_due(services, [counting], "x")
    assert [moment.now for moment in calls] == [clock.now - timedelta(minutes=m) for m in (2, 1, 0)]
    assert calls[1].since == calls[0].now - timedelta(minutes=2), "what was committed late would be missed"


def test_a_job_that_fails_keeps_no_other_and_is_tried_again(services: Services, clock: Clock, caplog) -> None:
    def stumble(_: Services, __: Moment) -> int:
        raise RuntimeError(" ".join(["Marek", "Zebedee"]))

    counting, calls = count_calls()
    stumbling = Job("stumble", Daily(time(3)), stumble)
    ran = run_due(services, [stumbling, counting], "x")
    assert ran == [Ran(job="stumble", error="RuntimeError"), Ran(job="count", done=1)]
    assert "The job stumble failed: RuntimeError" in caplog.text
    assert "in stumble" in caplog.text
    assert "Marek Zebedee" not in caplog.text, "a log may be read by anybody who runs the machine"
    with services.database.reading() as session:
        kept = stored.list_runs(session)["stumble"]
    assert (kept.error, kept.looked_until) == ("RuntimeError", None), "what an error says may name somebody"
    clock.advance(minutes=9)
    assert [each.job for each in run_due(services, [stumbling, counting], "x") or ()] == ["count"]
    clock.advance(minutes=1)
    assert [each.job for each in run_due(services, [stumbling, counting], "x") or ()] == ["stumble", "count"]
    assert len(calls) == 3


@pytest.mark.parametrize(("ended", "outcome"), [(1, ""), (3, ""), (4, "OperationalError")])
def test_a_job_that_was_ended_so_that_another_could_go_on_is_done_again(
    services: Services, ended: int, outcome: str
) -> None:
    tried: list[int] = []

    def work(*_: object) -> int:
        tried.append(len(tried) + 1)
        if len(tried) <= ended:
            raise OperationalError("UPDATE", {}, DeadlockDetected())
        return 7

    ran = run_due(services, [Job("late", Every(timedelta(minutes=1)), work)], "this test")
    assert ran == [Ran(job="late", done=0 if outcome else 7, error=outcome)]
    assert len(tried) == min(ended + 1, 4)


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        (None, datetime(2026, 11, 12, 2, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 11, 3, 0, tzinfo=UTC), datetime(2026, 11, 12, 2, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 11, 3, 0, tzinfo=UTC), datetime(2026, 11, 12, 3, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 12, 3, 0, tzinfo=UTC), datetime(2026, 11, 12, 23, 0, tzinfo=UTC), False),
        # The server slept for two days: it does it when it wakes, once.
        (datetime(2026, 11, 10, 3, 0, tzinfo=UTC), datetime(2026, 11, 12, 1, 0, tzinfo=UTC), True),
        # Three in the morning is local: two by UTC while summer lasts.
        (datetime(2026, 6, 11, 2, 0, tzinfo=UTC), datetime(2026, 6, 12, 1, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 11, 2, 0, tzinfo=UTC), datetime(2026, 6, 12, 2, 0, tzinfo=UTC), True),
    ],
)
def test_a_daily_job_is_due_once_from_its_local_time_on(last, now, due) -> None:
    assert Daily(time(3)).is_due(last, now, LONDON) is due


@OVER_BOTH
def test_no_two_senders_take_the_same_mail(services: Services, now: datetime) -> None:
    tell(services, "cgl", "beacon")
    with services.database.writing() as session:
        tell_again = [outbox.claim_next(session, now) for _ in range(3)]
    assert [each and each.mail.agency_id for each in tell_again] == ["cgl", "beacon", None]


@OVER_BOTH
def test_the_outbox_keeps_its_promises_over_each_database(services: Services, postbox: Postbox, run) -> None:
    """Queued twice under one key, sent once, and its facts read back as they were written."""
    for _ in range(2):
        tell(services, "cgl")
    assert run("mail") == {"mail": 1}
    with services.database.reading() as session:
        (posted,) = outbox.list_posted(session)
        assert outbox.count_by_state(session) == {MailState.SENT: 1}
    assert (posted.mail.facts.late, posted.attempts) == (1, 1)
    assert len(postbox.kept) == 1


def test_a_server_sends_by_itself_and_stops_cleanly(services: Services, settings, postbox, clock, new_id) -> None:
    import threading

    from litestar.testing import TestClient

    from server.app import create_app

    tell(services, "cgl")
    with TestClient(create_app(settings, clock, new_id, jobs=True)):
        assert postbox.arrived.wait(60), "nothing was sent"
    assert "lantern-jobs" not in {thread.name for thread in threading.enumerate()}
    assert postbox.addresses == ["cgl@example.org"]


def test_a_server_that_stops_begins_no_other_job_and_gives_its_lease_back(services: Services) -> None:
    """A first round runs everything: a server that was told to stop went on for as long, and was cut off in the middle of it."""
    done: list[str] = []

    def job(name: str) -> Job:
        return Job(name, Every(timedelta(minutes=1)), lambda *_: len(done.append(name) or done))

    jobs = [job("first"), job("second")]
    ran = run_due(services, jobs, "this test", is_stopping=lambda: bool(done))
    assert ran is not None and [each.job for each in ran] == done == ["first"]
    ran = run_due(services, jobs, "another")
    assert ran is not None and [each.job for each in ran] == ["second"], (
        "it is due still, and nobody waits for the lease"
    )


def test_without_being_asked_a_server_runs_no_jobs(settings, watford, clock: Clock, new_id: Callable[[], str]) -> None:
    import threading

    from litestar.testing import TestClient

    from server.app import create_app

    with TestClient(create_app(settings, clock, new_id)):
        assert "lantern-jobs" not in {thread.name for thread in threading.enumerate()}


def test_the_command_runs_what_is_due_once(services: Services, postbox: Postbox, monkeypatch, tmp_path) -> None:
    from server.app import utc_now
    from server.cli import main
    from server.cli.setting_out import load_settings

    for name, value in {
        "LANTERN_DATABASE": services.settings.database,
        "LANTERN_DATA": str(services.settings.data),
        "LANTERN_SMTP_HOST": "127.0.0.1",
        "LANTERN_SMTP_PORT": str(postbox.port),
        "LANTERN_SMTP_SECURITY": "none",
        "LANTERN_MAIL_FROM": "lantern@council.example",
    }.items():
        monkeypatch.setenv(name, value)
    assert load_settings().mail.port == postbox.port
    tell(replace(services, clock=utc_now), "cgl")
    ran = CliRunner().invoke(main, ["jobs", "--only", "mail", "--json"])
    assert (ran.exit_code, ran.stdout) == (0, '{"ran": [{"job": "mail", "done": 1}]}\n')
    assert CliRunner().invoke(main, ["jobs", "--only", "nonsense"]).exit_code == 2


def test_a_database_that_is_away_does_not_end_the_jobs(services: Services, clock: Clock, caplog) -> None:
    import threading

    from server.jobs.background import Background

    asked, back = threading.Event(), threading.Event()

    def stumble() -> datetime:
        if not asked.is_set():
            asked.set()
            raise OSError(" ".join(["Marek", "Zebedee"]))
        back.set()
        return clock.now

    background = Background(replace(services, clock=stumble))
    # Waits for nothing, and still hears that it shall stop: else its threads would outlive this test.
    background._stopping.wait = lambda _seconds: background._stopping.is_set()  # type: ignore[method-assign, assignment, misc]
    background.start()
    assert back.wait(60), "the thread has died"
    background.stop()
    assert "The jobs could not be run: OSError" in caplog.text
    assert "Marek Zebedee" not in caplog.text
