"""Who is out, and who is missed: what the wall page and the alarm's pass cost, and how soon somebody hears in ten thousand
nights.

    python -m bench.shift [--nights 10000] [--seed 1] [--costs]

**Costs**: 40 teams, 120 workers out for two hours with a check-in each ten minutes, 400 contacts in the last hour, thirty
nights of check-ins before this one, over SQLite. The wall page against its own statements run bare over the same connection;
CPU of this process, medians of forty in turns, so that who else uses the machine matters little.

**Nights**: no database; the rules are the server's own (`sync.clock.happened_at`, `shared.rules.check_ins`,
`shared.rules.alarms`), and so is how often it looks. Six walk, for four to seven hours. Each promises 15, 30 or 60 minutes,
checks in a few minutes before that is over (one in five presses with less than a minute left), forgets one promise in forty,
and makes contacts in between; one phone in ten is wrong by up to six hours; signal goes for up to twenty minutes now and
then; in one night of twenty the server is away for up to ten minutes; in one of ten somebody comes to harm and is heard no
more. These habits are invented: how soon somebody is told hangs on the rules and the server, how often somebody is told for
nothing hangs on the habits.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import event

from bench.asking import Asker, settle
from server.actions.street.alarms import Watch
from server.app import create_app, create_services
from server.database.engine import Database
from server.http.local_time import speak_in
from server.http.services import Services
from server.jobs.catalogue import ROUND
from server.jobs.runner import LEASED_FOR
from server.migrate import upgrade
from server.queries.operation import wall_passes
from server.queries.street import shifts
from server.security.tokens import hash_token
from server.tables.partnership.agency import team, team_district
from server.tables.partnership.worker import worker, worker_team
from server.tables.street.shift import check_in, shift, shift_worker
from shared.model.alarm import Alarm, AlarmEvent, AlarmEventKind, AlarmStep
from shared.rules.alarms import DEFAULT_LADDER, GRACE, next_steps
from shared.rules.check_ins import Outing, alarm_at, promise_of
from sync.clock import MadeAt, PhoneClock, happened_at
from tests.server.cast import make_settings
from tests.web import county

RESULT = Path(__file__).parent / "results" / "shift.json"
NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
TEAMS, OUT, CONTACTS_AN_HOUR, NIGHTS_BEFORE = 40, 120, 400, 30
TIMES = 40
PASS = "a pass of the bench, as long as they are"
MINUTE = timedelta(minutes=1)
WALKERS = 6
REACHED = tuple(rung.step for rung in DEFAULT_LADDER)


# --------------------------------------------------------------------------------------------------------------- costs


def fill(database: Database) -> None:
    """The county of the first paragraph; two of those who are out are late."""
    begun = NOW - timedelta(hours=2)
    with database.writing() as session:
        county.fill(session, NOW)
        for number in range(TEAMS):
            county.add(session, team, {"id": f"t{number}", "agency_id": "beacon", "name": f"Team {number}"})
            county.add(session, team_district, {"team_id": f"t{number}", "district_id": county.WATFORD})
        people, own, walks, walkers, checks = [], [], [], [], []
        for number in range(OUT):
            who, where = f"w{number}", f"t{number % TEAMS}"
            people.append({
                "id": who, "name": f"Worker {number}", "short_name": f"Worker {number}", "agency_id": "beacon",
                "email": f"{who}@example.org", "telephone": f"07700 9{number:05}", "trained_on": NOW.date(), "created_at": begun,
            })  # fmt: skip
            own.append({"worker_id": who, "team_id": where})
            for night in range(NIGHTS_BEFORE + 1):
                before = begun - timedelta(days=night)
                ended = before + timedelta(hours=3) if night else None
                row = {"id": f"s{number}-{night}", "team_id": where, "worker_id": who, "started_at": before, "area": ""}
                walks.append(row | {"night": before.date(), "ended_at": ended, "summary": ""})
                walkers.append({"shift_id": row["id"], "worker_id": who, "joined_at": before, "ended_at": ended})
                for turn in range(2 if number < 2 and not night else 12):
                    at = before + timedelta(minutes=10 * turn + 5)
                    due = at + timedelta(minutes=20)
                    checks.append({
                        "id": f"{row['id']}-{turn}", "shift_id": row["id"], "worker_id": who, "at": at, "heard_at": at,
                        "next_due_at": due, "due_at": due,
                    })  # fmt: skip
        for table, rows in (
            (worker, people),
            (worker_team, own),
            (shift, walks),
            (shift_worker, walkers),
            (check_in, checks),
        ):
            session.execute(table.insert(), rows)
        chance = Random(1)
        for _ in range(CONTACTS_AN_HOUR):
            at = NOW - timedelta(seconds=chance.randrange(3600))
            shifts.note_signs_of_life(session, {f"w{chance.randrange(2, OUT)}": (at, "contact")})
        wall_passes.add_pass(session, hash_token(PASS), "priya", begun, NOW + timedelta(hours=9))


def measure_costs() -> dict[str, Any]:
    """CPU of the wall page, of its statements alone, and of one pass of the watch, before and after somebody is missed."""
    with tempfile.TemporaryDirectory() as folder:
        settings = make_settings(f"sqlite:///{folder}/shift.db", Path(folder) / "data")
        upgrade(settings.database)
        number = count()
        services = create_services(settings, lambda: NOW, lambda: f"n{next(number)}")
        fill(services.database)
        quiet = _median([_time(lambda at=at: _watch(services, at)) for at in [NOW - timedelta(minutes=100)] * TIMES])
        raised = _time(lambda: _watch(services, NOW))
        carried = _median([_time(lambda at=NOW + ROUND * turn: _watch(services, at)) for turn in range(TIMES)])
        told: list[tuple[str, Any]] = []
        wall = Asker(create_app(settings, lambda: NOW, lambda: f"a{next(number)}"), {"cookie": f"lantern-wall={PASS}"})
        assert "Worker 0 was due" in wall.get("/wall/now")
        engine = _find_engine(services)
        event.listen(engine.__class__, "before_cursor_execute", lambda *given: told.append((given[2], given[3])))
        wall.get("/wall/now")
        asked = list(told)
        settle()
        wall.median_ms("/wall/now")
        pages, bare = [], []
        for _ in range(TIMES):
            pages.append(wall.spend_ms("/wall/now"))
            bare.append(_time(lambda: _run(services, asked)))
        wall.close()
        services.database.close()
    page_ms, bare_ms = _median(pages), _median(bare)
    return {
        "wall_page_ms": round(page_ms, 2), "its_statements": len(asked), "its_statements_alone_ms": round(bare_ms, 2),
        "wall_page_times_its_statements": round(page_ms / bare_ms, 2), "loaded": round(os.getloadavg()[0], 1),
        "alarm_pass_ms": {"nobody late": round(quiet, 2), "two raised": round(raised, 2), "two open": round(carried, 2)},
    }  # fmt: skip


def _find_engine(services: Services) -> Any:
    with services.database.reading() as session:
        return session.get_bind()


def _watch(services: Services, at: datetime) -> None:
    with services.database.writing() as session:
        Watch(session, at, services.new_id, DEFAULT_LADDER).look()


def _run(services: Services, asked: Sequence[tuple[str, Any]]) -> None:
    with services.database.reading() as session:
        cursor = session.connection().connection.cursor()
        for statement, values in asked:
            if statement.startswith("BEGIN"):
                continue
            cursor.execute(statement, values).fetchall()


def _time(act: Any) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1_000


def _median(took: Sequence[float]) -> float:
    return statistics.median(took)


# -------------------------------------------------------------------------------------------------------------- nights


class Heard(NamedTuple):
    """What reached the server, and when it was made, both by a true clock."""

    received: datetime
    made: datetime
    minutes: int | None
    """What a check-in promised; None for a contact."""


class Came(NamedTuple):
    """What one night came to. `waits_s`: from each promise that was broken to the first other person told; `there_s`: of those
    during which the server was not away."""

    waits_s: list[float]
    there_s: list[float]
    untold: int
    kept: int
    """Nobody was told, and nobody had to be: the check-in was made in time and arrived late, with the server's return."""
    false: int
    """Somebody else was told of who had kept the promise: what they did had not reached the server."""


class Server(NamedTuple):
    """When it looks: every round from `phase` on, but not while it is away, nor before the lease of who died is over."""

    phase: datetime
    away: datetime
    back: datetime

    def looks_after(self, moment: datetime) -> datetime:
        """Its first look at or after a moment."""
        turn = self.phase + ROUND * ceil((moment - self.phase) / ROUND)
        return self.back + ROUND if self.away <= turn < self.back else turn


def simulate(chance: Random) -> Came:
    """One night."""
    away = NOW + MINUTE * chance.uniform(0, 480)
    gone = MINUTE * chance.uniform(0.5, 10) if chance.random() < 0.05 else timedelta(0)
    back = away + (max(gone, LEASED_FOR) if gone else gone)
    server = Server(NOW - ROUND * chance.random(), away, back)
    harmed = chance.randrange(WALKERS) if chance.random() < 0.1 else None
    came = Came([], [], 0, 0, 0)
    for number in range(WALKERS):
        begun = NOW + MINUTE * chance.uniform(0, 60)
        ends = begun + timedelta(hours=chance.uniform(4, 7))
        silent = begun + (ends - begun) * chance.random() if number == harmed else None
        heard = _walk_a_night(chance, begun, ends, silent, server)
        came = _count(came, server, _miss(begun, None if silent else ends, heard, server))
    return came


def _count(so_far: Came, server: Server, misses: Iterator[tuple[datetime, datetime | None, bool]]) -> Came:
    waits, there, untold, kept, false = [*so_far.waits_s], [*so_far.there_s], so_far.untold, so_far.kept, so_far.false
    for owed_at, told_at, is_kept in misses:
        if told_at is None:
            untold, kept = untold + (not is_kept), kept + is_kept
        elif is_kept:
            false += 1
        else:
            waits.append((told_at - owed_at).total_seconds())
            if not (server.away < told_at and owed_at < server.back):
                there.append(waits[-1])
    return Came(waits, there, untold, kept, false)


def _walk_a_night(
    chance: Random, begun: datetime, ends: datetime, silent: datetime | None, server: Server
) -> list[Heard]:
    """Everything that one worker does, as it reaches the server: mended by what the phone says of its clock."""
    made: list[tuple[datetime, int | None]] = []
    at = begun
    until = min(ends, silent or ends)
    while at < until:
        minutes = chance.choice((15, 30, 60))
        made.append((at, minutes))
        made += [(at + MINUTE * chance.uniform(0, minutes), None) for _ in range(chance.randrange(3))]
        left = chance.uniform(0, 1) if chance.random() < 0.2 else chance.uniform(1, 6)
        at += MINUTE * (minutes - left) if chance.random() > 1 / 40 else MINUTE * (minutes + chance.uniform(5, 40))
    wrong = timedelta(hours=chance.uniform(-6, 6)) if chance.random() < 0.1 else timedelta(0)
    dark = [begun + (ends - begun) * chance.random() for _ in range(chance.randrange(3))]
    darkness = [(each, each + MINUTE * chance.uniform(2, 20)) for each in dark]
    found = []
    for moment, promised in sorted((each for each in made if each[0] < until), key=lambda each: each[0]):
        received = max([lit for dark_at, lit in darkness if dark_at <= moment < lit], default=moment)
        if server.away <= received < server.back:
            received = server.back
        told = happened_at(
            MadeAt(_ms(moment + wrong), _ms(moment), "b"),
            PhoneClock(_ms(received + wrong), _ms(received), "b"),
            _ms(received),
        )
        found.append(Heard(received, datetime.fromtimestamp(told / 1000, UTC), promised))
    return sorted(found, key=lambda each: each.received)


def _miss(
    begun: datetime, ends: datetime | None, heard: list[Heard], server: Server
) -> Iterator[tuple[datetime, datetime | None, bool]]:
    """Each promise that the server saw broken for longer than the grace: when it was owed, when the first other was told, and
    whether the worker had kept it all the same."""
    outing = Outing(since=begun)
    for number, each in enumerate(heard):
        outing = _hear(outing, each)
        later = heard[number + 1].received if number + 1 < len(heard) else ends
        owed_at = alarm_at(outing)
        if owed_at is None or (later is not None and later <= server.looks_after(owed_at)):
            continue
        told_at = _tell(owed_at, later, server)
        is_over = later is not None and later < owed_at + GRACE
        if told_at is not None or not is_over:
            kept = any(each.made <= owed_at for each in heard[number + 1 :])
            yield owed_at, told_at, kept
        if later is None:
            return


def _hear(outing: Outing, each: Heard) -> Outing:
    newest = max(outing.acted_at or each.made, each.made)
    if each.minutes is None or (outing.checked_in_at or each.made) > each.made:
        return msgspec.structs.replace(outing, acted_at=newest)
    promised = promise_of(each.made, each.made + MINUTE * each.minutes, each.made)
    return msgspec.structs.replace(outing, checked_in_at=each.made, promised_at=promised, acted_at=newest)


def _tell(owed_at: datetime, until: datetime | None, server: Server) -> datetime | None:
    """When the first other than the worker is told, unless they are heard before."""
    alarm = Alarm(id="a", worker_id="w", team_id="t", due_at=owed_at, raised_at=server.looks_after(owed_at))
    now = alarm.raised_at
    while (until is None or now < until) and now < owed_at + timedelta(hours=1):
        steps = next_steps(alarm, DEFAULT_LADDER, REACHED, now)
        if set(steps) - {AlarmStep.WORKER}:
            return now
        told = [
            AlarmEvent(id=step, alarm_id="a", at=now, kind=AlarmEventKind.TOLD, step=step, worker_id="w")
            for step in steps
        ]
        alarm = msgspec.structs.replace(alarm, events=(*alarm.events, *told))
        now = server.looks_after(now + timedelta(milliseconds=1))
    return None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def measure_nights(seed: int, nights: int) -> dict[str, Any]:
    """Ten thousand of them."""
    chance = Random(seed)
    came = [simulate(chance) for _ in range(nights)]
    waits = sorted(wait for each in came for wait in each.waits_s)
    untold = sum(each.untold for each in came)
    return {
        "nights": nights, "promises_broken": len(waits) + untold, "of_them_nobody_was_told": untold,
        "kept_but_heard_late_and_nobody_was_told": sum(each.kept for each in came),
        "missed_to_first_told_s": {
            "p50": round(waits[len(waits) // 2], 1), "p99": round(waits[len(waits) * 99 // 100], 1), "most": round(waits[-1], 1),
            "most_while_the_server_was_there": round(max(wait for each in came for wait in each.there_s), 1),
        },
        "false_alarms_a_night": round(sum(each.false for each in came) / nights, 4),
    }  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--nights", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--costs", action="store_true", help="the costs alone; the nights stay as they were measured")
    asked.add_argument("--out", type=Path, default=RESULT)
    given = asked.parse_args()
    speak_in(ZoneInfo("Europe/London"))
    result = json.loads(given.out.read_text()) if given.costs else {"nights": measure_nights(given.seed, given.nights)}
    result = {"costs": measure_costs(), "nights": result["nights"]}
    given.out.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
