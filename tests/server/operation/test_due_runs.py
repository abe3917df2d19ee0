"""When each job is due: across both nights in which clocks change, and after a server that was off."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from server.database.engine import Database
from server.http.services import Services
from server.jobs.catalogue import JOBS, LANES, ROUND
from server.jobs.runner import Job, Ran
from server.jobs.schedule import Daily, Every, Schedule
from server.queries.operation import jobs as stored
from server.settings import Settings
from tests.conftest import Clock
from tests.server.running import run_due, services_as_served
from tests.web.conftest import filled, settings  # noqa: F401

LONDON = ZoneInfo("Europe/London")
CHANGES = (date(2026, 10, 25), date(2027, 3, 28))
DAILY = [job for job in JOBS if isinstance(job.schedule, Daily)]
OFTEN = [job for job in JOBS if isinstance(job.schedule, Every)]
OFF = (time(0, 30), time(9, 10))


def rounds(changed: date, *, is_off: bool = False) -> Iterator[datetime]:
    """Every round from noon of the day before to noon of the day after; with `is_off`, none of a night."""
    now = datetime.combine(changed - timedelta(days=1), time(12), LONDON).astimezone(UTC)
    until = datetime.combine(changed + timedelta(days=1), time(12), LONDON).astimezone(UTC)
    off = [datetime.combine(changed, each, LONDON).astimezone(UTC) for each in OFF]
    while now < until:
        if not (is_off and off[0] <= now < off[1]):
            yield now
        now += ROUND


def runs(schedule: Schedule, changed: date, *, is_off: bool = False, zone: ZoneInfo = LONDON) -> list[datetime]:
    """When a job runs that ran last at noon of the day before."""
    found: list[datetime] = []
    last: datetime | None = None
    for now in rounds(changed, is_off=is_off):
        if last is None or schedule.is_due(last, now, zone):
            found.append(now)
            last = now
    return found[1:]


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("job", DAILY, ids=lambda job: job.name)
def test_a_daily_job_runs_once_a_day_at_its_own_clock_time(job: Job, changed: date) -> None:
    assert isinstance(job.schedule, Daily)
    local = [each.astimezone(LONDON) for each in runs(job.schedule, changed)]
    assert [each.date() for each in local] == [changed, changed + timedelta(days=1)]
    assert {each.time() for each in local} == {job.schedule.at}


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("job", DAILY, ids=lambda job: job.name)
def test_a_daily_job_that_was_missed_runs_once_when_the_server_wakes(job: Job, changed: date) -> None:
    assert isinstance(job.schedule, Daily)
    first, second = (each.astimezone(LONDON) for each in runs(job.schedule, changed, is_off=True))
    assert (first.date(), first.time()) == (changed, OFF[1])
    assert (second.date(), second.time()) == (changed + timedelta(days=1), job.schedule.at)


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("job", OFTEN, ids=lambda job: job.name)
def test_a_job_that_runs_often_keeps_its_pace_through_the_change(job: Job, changed: date) -> None:
    assert isinstance(job.schedule, Every)
    found = runs(job.schedule, changed)
    assert {later - earlier for earlier, later in pairwise(found)} == {job.schedule.period}


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("job", OFTEN, ids=lambda job: job.name)
def test_a_job_that_runs_often_runs_in_the_first_round_after_an_outage(job: Job, changed: date) -> None:
    woken = datetime.combine(changed, OFF[1], LONDON).astimezone(UTC)
    assert woken in runs(job.schedule, changed, is_off=True)


@pytest.mark.parametrize("changed", CHANGES)
@pytest.mark.parametrize("at", [time(1), time(1, 30), time(2)], ids=str)
def test_a_time_that_comes_twice_or_not_at_all_is_one_run(at: time, changed: date) -> None:
    found = runs(Daily(at), changed)
    assert len(found) == 2
    assert timedelta(hours=23) <= found[1] - found[0] <= timedelta(hours=25)


def test_a_zone_that_skips_the_hour_of_a_job_runs_it_once() -> None:
    """Clocks in Helsinki skip from three to four."""
    assert len(runs(Daily(time(3)), CHANGES[1], zone=ZoneInfo("Europe/Helsinki"))) == 2


# ------------------------------------------------------------------------------- the jobs themselves, over a real database


@pytest.fixture
def services(filled: Database, settings: Settings, clock: Clock, new_id: Callable[[], str]) -> Iterator[Services]:  # noqa: F811
    made = services_as_served(settings, clock, new_id)
    yield made
    made.database.close()


def run_all(services: Services, clock: Clock, day: date, at: time) -> set[str]:
    """One round of every lane at a local time; the names of what ran, all of it well."""
    clock.now = datetime.combine(day, at, LONDON).astimezone(UTC)
    ran: list[Ran] = []
    for lane, jobs in LANES.items():
        ran += run_due(services, jobs, "this test", lease=lane) or []
    assert [each for each in ran if each.error] == []
    return {each.job for each in ran}


@pytest.mark.parametrize("changed", CHANGES)
def test_every_job_really_runs_when_the_server_wakes_and_looks_back_to_where_it_stopped(
    services: Services, clock: Clock, changed: date
) -> None:
    every = {job.name for job in JOBS}
    assert run_all(services, clock, changed - timedelta(days=1), time(12)) == every
    assert run_all(services, clock, changed, time(0, 15)) == {job.name for job in OFTEN}
    with services.database.reading() as session:
        before = stored.list_runs(session)
    assert before.keys() == every
    assert run_all(services, clock, changed, OFF[1]) == every, "what was missed in the night is made up for"
    with services.database.reading() as session:
        after = stored.list_runs(session)
    assert {each.started_at for each in after.values()} == {clock.now}
    looked = {name: before[name].looked_until for name in every}
    assert {looked[job.name] for job in DAILY} == {
        datetime.combine(changed - timedelta(days=1), time(12), LONDON).astimezone(UTC)
    }
    assert {looked[job.name] for job in OFTEN} == {datetime.combine(changed, time(0, 15), LONDON).astimezone(UTC)}
    soon = {job.name for job in OFTEN if isinstance(job.schedule, Every) and job.schedule.period <= ROUND}
    assert run_all(services, clock, changed, OFF[1].replace(second=15)) == soon
    for at in sorted({job.schedule.at for job in DAILY if isinstance(job.schedule, Daily)}):
        ran = run_all(services, clock, changed + timedelta(days=1), at)
        assert {job.name for job in DAILY if isinstance(job.schedule, Daily) and job.schedule.at == at} == ran & {
            job.name for job in DAILY
        }
