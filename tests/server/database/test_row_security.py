"""PostgreSQL's second wall (C6): forced policies on every table about somebody, contexts that nobody can forge, and a role that
can change neither."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from server.access import context_of
from server.database import context
from server.database.context import Context, Kind, acting, raised, sign
from server.database.engine import Database
from server.database.sql import Sql
from server.queries.operation import audit
from server.queries.operation.audit import AuditLine, LedgerEntry
from server.queries.operation.authority import GUARDED, WHO_MAY_WHAT, list_breaches
from server.queries.partnership import workers
from tests.conftest import SUITE_KEY, connect, suite_role, url_as
from tests.web import county
from tests.worlds import Write

pytestmark = pytest.mark.postgres
PEOPLE = "select count(*) from person"
EVERYBODY = 7
PRIYAS = 6
ALL = sign("k:command", SUITE_KEY)


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def filled(database: Database, world: Callable[[Write], Any]) -> Database:
    """Watford and its neighbours."""
    world(county.filled)
    return database


@pytest.fixture
def application(filled: Database, database_url: str) -> Iterator[Any]:
    """A raw connection of the serving role: of whoever stole its password, or found a way to send statements of their own."""
    with connect(url_as(database_url, "app")) as connection:
        yield connection


@pytest.fixture
def serving(filled: Database, database_url: str) -> Iterator[Database]:
    """The database as the server opens it."""
    opened = Database(url_as(database_url, "app"), pool_size=1, context_key=SUITE_KEY)
    yield opened
    opened.close()


def count(connection: Any, context: str, statement: str = PEOPLE) -> int:
    with connection.transaction():
        connection.execute("select set_config('lantern.context', %s, true)", [context])
        return int(connection.execute(statement).fetchone()[0])


def refuses(connection: Any, statement: str) -> bool:
    try:
        with connection.transaction():
            connection.execute(statement)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported):
        return True
    return False


def context_of_worker(database: Database, worker_id: str, now: datetime) -> Context:
    with database.reading() as session:
        actor = workers.find_actor(session, worker_id, now.date())
    assert actor is not None
    return context_of(actor, now, now.date())


def test_every_table_about_somebody_is_guarded_and_forced(application: Any) -> None:
    rows = application.execute(
        "select relname, relrowsecurity and relforcerowsecurity, relowner::regrole::text, "
        "exists (select from pg_policy where polrelid = c.oid) from pg_class c where relname = any(%s)",
        [sorted(GUARDED | WHO_MAY_WHAT)],
    ).fetchall()

    assert {name: (forced, owner, has_policy) for name, forced, owner, has_policy in rows} == {
        name: (True, suite_role("owner"), True) for name in GUARDED | WHO_MAY_WHAT
    }


def test_no_view_goes_round_the_policies(application: Any) -> None:
    views = "select count(*) from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace"
    assert application.execute(views).fetchone()[0] == 0


def test_without_a_context_no_row_of_any_guarded_table_is_seen(application: Any) -> None:
    assert {name: count(application, "", f'select count(*) from "{name}"') for name in GUARDED} == dict.fromkeys(
        GUARDED, 0
    )
    assert count(application, ALL) == EVERYBODY


FORGED = (
    "k:command~",
    "k:inside~",
    "k:worker|w:priya|a:watford-housing|d:watford~",
    "k:command~" + "0" * 64,
    "k:command|k:worker" + ALL.removeprefix("k:command"),
    sign("k:command", b"another key of thirty-two bytes.."),
)


def test_a_context_that_the_server_did_not_sign_is_none(application: Any) -> None:
    assert {forged: count(application, forged) for forged in FORGED} == dict.fromkeys(FORGED, 0)


def test_nobody_makes_their_own_context_into_another_workers(application: Any, filled: Database, now: datetime) -> None:
    rowans = sign(context_of_worker(filled, "rowan", now).spell(), SUITE_KEY)
    assert count(application, rowans) == 1
    assert count(application, rowans.replace("d:three-rivers", "d:watford")) == 0
    assert count(application, rowans.replace("w:rowan", "w:priya")) == 0


def test_a_context_ends_with_its_transaction(application: Any) -> None:
    assert count(application, ALL) == EVERYBODY
    assert application.execute(PEOPLE).fetchone()[0] == 0


FORBIDDEN = (
    "set role {owner}",
    "set session authorization {owner}",
    "alter table person disable row level security",
    "alter table person no force row level security",
    "drop policy seen on person",
    "create policy mine on person using (true)",
    "select lantern_guard('person', 'true')",
    "select * from context_key",
    "insert into context_key values ('x', '', '')",
    "create or replace function lantern_reach() returns text[] language sql as $$ select '{{k:command}}'::text[] $$",
    "alter role {app} bypassrls",
    "grant {owner} to {app}",
    "copy person from stdin",
    "truncate person",
)


def test_the_role_can_change_nothing_that_holds_it(application: Any) -> None:
    names = {"owner": suite_role("owner"), "app": suite_role("app")}
    assert [each for each in FORBIDDEN if not refuses(application, each.format(**names))] == []


def test_shadowing_a_table_by_a_temporary_one_deceives_no_policy(
    application: Any, filled: Database, now: datetime
) -> None:
    pads = "'\\x00'::bytea, '\\x00'::bytea"
    application.execute("create temporary table context_key (id text, inner_pad bytea, outer_pad bytea)")
    application.execute(f"insert into context_key values ('x', {pads})")
    forged = "encode(sha256('\\x00'::bytea || sha256('\\x00'::bytea || convert_to('k:command', 'UTF8'))), 'hex')"
    assert count(application, "k:command~" + application.execute(f"select {forged}").fetchone()[0]) == 0
    rowans = sign(context_of_worker(filled, "rowan", now).spell(), SUITE_KEY)
    assert count(application, rowans) == 1


def test_what_the_policies_functions_run_under_shows_the_role_nothing(
    application: Any, filled: Database, now: datetime
) -> None:
    application.execute("create temporary table context_key (id text)")
    application.execute("set lantern.inside = 'on'")
    rowans = sign(context_of_worker(filled, "rowan", now).spell(), SUITE_KEY)
    assert count(application, rowans) == 1
    assert {name: count(application, "", f'select count(*) from "{name}"') for name in GUARDED} == dict.fromkeys(
        GUARDED, 0
    )


def test_a_row_of_another_district_is_neither_written_nor_moved(
    application: Any, filled: Database, now: datetime
) -> None:
    priyas = sign(context_of_worker(filled, "priya", now).spell(), SUITE_KEY)
    gone = "with gone as (delete from mdt_case where id = 'case-noor' returning 1) select count(*) from gone"
    assert count(application, priyas, gone) == 0
    moved = (
        "with moved as (update mdt_case set district_id = 'three-rivers', person_id = 'nobody' where id = 'case-kay' "
        "returning 1) select count(*) from moved"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        count(application, priyas, moved)


GAINS = (
    "insert into worker_role (worker_id, role) values ('aisha', 'coordinator')",
    "insert into worker_district (worker_id, district_id) values ('aisha', 'three-rivers')",
    "insert into worker_team (worker_id, team_id) select 'rowan', id from team limit 1",
    "insert into team_district (team_id, district_id) values ('watford-outreach', 'three-rivers')",
    "update recipient set founding = true",
    "delete from agreement where agency_id = 'watford-housing'",
    "update agreement set expires_on = date '2030-01-01'",
    "update worker set agency_id = 'watford-housing' where id = 'aisha'",
    "update worker set trained_on = date '2030-01-01' where id = 'aisha'",
    "update team set agency_id = 'probation'",
    "update agency set mail_address = 'thief@example.org'",
    "delete from worker_role where worker_id = 'omar'",
    "delete from recipient",
)
"""What would give somebody more than they have, or another less."""


def change(connection: Any, context: str, statement: str) -> int:
    """How many rows it changed; none where it was refused."""
    try:
        return count(connection, context, f"with changed as ({statement} returning 1) select count(*) from changed")
    except psycopg.errors.InsufficientPrivilege:
        return 0


def test_no_readers_transaction_changes_who_may_what(application: Any, filled: Database, now: datetime) -> None:
    readers = [context_of_worker(filled, each, now).spell() for each in ("aisha", "rowan", "omar", "priya")]
    others = [f"k:{kind}" for kind in (Kind.PUBLIC, Kind.SIGN_IN, Kind.SYNC)]
    contexts = ["", *(sign(each, SUITE_KEY) for each in (*readers, *others))]
    assert {gain: [change(application, each, gain) for each in contexts] for gain in GAINS} == {
        gain: [0] * len(contexts) for gain in GAINS
    }
    allowed = sign(f"k:{Kind.POLICY}", SUITE_KEY)
    assert [gain for gain in GAINS if change(application, allowed, gain) == 0] == []


@pytest.mark.parametrize("table", ["audit", "ledger"])
def test_only_what_runs_by_itself_changes_what_was_written_down(
    application: Any, filled: Database, now: datetime, table: str
) -> None:
    """Not even their own lines, which no seal lies over yet."""
    with filled.writing() as session:
        line = AuditLine(id="line", at=now, actor_id="omar", action="see_person", subject_kind="person", subject_id="x")
        audit.add_lines(session, [line])
        audit.add_ledger_entry(session, LedgerEntry(id="line", at=now, kind="erased", subject_id="x"))
    omar = sign(context_of_worker(filled, "omar", now).spell(), SUITE_KEY)
    assert count(application, omar, "select count(*) from audit where id = 'line'") == 1, "who reviews sees it"
    kinds = [sign(f"k:{kind}", SUITE_KEY) for kind in (Kind.POLICY, Kind.SYNC, Kind.SIGN_IN, Kind.PUBLIC)]
    for gone in (f"delete from {table}", f"update {table} set at = now()"):
        assert [change(application, each, gone) for each in (omar, *kinds)] == [0] * 5
    assert change(application, sign(f"k:{Kind.JOB}", SUITE_KEY), f"delete from {table} where id = 'line'") == 1


def test_who_sees_how_many_people(application: Any, filled: Database, now: datetime) -> None:
    """The commissioner and the administrator nobody; a coordinator their district; the team whom it met."""
    expected = {"helen": 0, "omar": 0, "rowan": 1, "priya": PRIYAS, "aisha": EVERYBODY}
    seen = {
        each: count(application, sign(context_of_worker(filled, each, now).spell(), SUITE_KEY)) for each in expected
    }
    assert seen == expected


def test_what_a_worker_is_raised_to_ends_with_the_block(serving: Database, filled: Database, now: datetime) -> None:
    def people() -> int:
        return int(Sql(session).rows(PEOPLE)[0][0])

    with acting(context_of_worker(filled, "rowan", now)), serving.writing() as session:
        assert people() == 1
        with raised(session):
            assert people() == EVERYBODY
        assert people() == 1
        with pytest.raises(ZeroDivisionError), raised(session):
            raise ZeroDivisionError
        assert people() == 1


def see(session: Session, *, past_sqlalchemy: bool) -> int:
    return int(Sql(session).find(PEOPLE)[0] if past_sqlalchemy else session.scalar(text(PEOPLE)))


@pytest.mark.parametrize("past_sqlalchemy", [False, True])
def test_looks_beyond_the_reader_one_after_another_are_told_once(
    serving: Database, filled: Database, now: datetime, past_sqlalchemy: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    rowan, really = context_of_worker(filled, "rowan", now), context.tell
    monkeypatch.setattr(context, "tell", lambda cursor, signed: (told.append(signed), really(cursor, signed)))
    with acting(rowan), serving.reading() as session:
        for _ in range(5):
            with raised(session):
                assert see(session, past_sqlalchemy=past_sqlalchemy) == EVERYBODY
        assert see(session, past_sqlalchemy=past_sqlalchemy) == 1

    assert len(told) == 2


@pytest.mark.parametrize("past_sqlalchemy", [False, True])
@pytest.mark.parametrize("raised_before", [False, True])
@pytest.mark.parametrize("raised_within", [False, True])
def test_what_is_undone_to_a_savepoint_leaves_nobody_raised(
    serving: Database, filled: Database, now: datetime, past_sqlalchemy: bool, raised_before: bool, raised_within: bool
) -> None:
    with acting(context_of_worker(filled, "rowan", now)), serving.writing() as session:
        if raised_before:
            with raised(session):
                see(session, past_sqlalchemy=past_sqlalchemy)
        part = Sql(session).savepoint() if past_sqlalchemy else session.begin_nested()
        with pytest.raises((ProgrammingError, psycopg.Error)), part:
            assert see(session, past_sqlalchemy=past_sqlalchemy) == 1
            with raised(session) if raised_within else nullcontext():
                see(session, past_sqlalchemy=past_sqlalchemy)
                session.execute(text("select no_such_thing"))

        assert see(session, past_sqlalchemy=past_sqlalchemy) == 1
        with raised(session):
            assert see(session, past_sqlalchemy=past_sqlalchemy) == EVERYBODY


def test_nothing_is_left_to_be_told_to_the_next_transaction(serving: Database, filled: Database, now: datetime) -> None:
    with acting(context_of_worker(filled, "priya", now)), serving.reading() as session, raised(session):
        see(session, past_sqlalchemy=False)
    with serving.reading() as session:  # for nobody
        assert see(session, past_sqlalchemy=False) == see(session, past_sqlalchemy=True) == 0
    with serving.engine.connect() as connection:
        assert connection.scalar(text(PEOPLE)) == 0


def test_sync_sees_nothing_of_immigration(application: Any) -> None:
    written = (
        "insert into person_restricted (person_id, nationality_group, recourse_to_public_funds, receiving_support, "
        "left_asylum_support, recorded_at, recorded_by) values ('marek', '', '', 'no', false, now(), 'priya')"
    )
    with application.transaction():
        application.execute("select set_config('lantern.context', %s, true)", [ALL])
        application.execute(written)
    restricted = "select count(*) from person_restricted"
    assert count(application, sign(f"k:{Kind.SYNC}", SUITE_KEY), restricted) == 0
    assert count(application, ALL, restricted) == 1


def test_a_thousand_readers_on_two_connections_leak_nothing(filled: Database, database_url: str, now: datetime) -> None:
    contexts = {each: context_of_worker(filled, each, now) for each in ("rowan", "priya", "helen", "aisha")}
    expected = {"rowan": 1, "priya": PRIYAS, "helen": 0, "aisha": EVERYBODY, "": 0}
    pool = Database(url_as(database_url, "app"), pool_size=2, context_key=SUITE_KEY)

    def read(number: int) -> tuple[str, int]:
        whose = sorted(expected)[number % len(expected)]
        if not whose:
            with pool.reading() as session:
                return whose, int(Sql(session).rows(PEOPLE)[0][0])
        with acting(contexts[whose]), pool.reading() as session:
            return whose, int(Sql(session).rows(PEOPLE)[0][0])

    with ThreadPoolExecutor(4) as threads:
        answers = set(threads.map(read, range(1000)))
    pool.close()
    assert answers == set(expected.items())


def test_the_serving_role_passes_and_every_other_is_named(
    serving: Database, filled: Database, owners: Database, database_url: str
) -> None:
    with acting(Kind.COMMAND), serving.reading() as session:
        assert list_breaches(session) == []
    with acting(Kind.COMMAND), owners.reading() as session:
        assert "superuser" in list_breaches(session)[0]
    owner = Database(url_as(database_url, "owner"), pool_size=1)
    with acting(Kind.COMMAND), owner.reading() as session:
        assert "owns" in list_breaches(session)[0]
    owner.close()
    stranger = Database(url_as(database_url, "app"), pool_size=1, context_key=b"x" * 32)
    with acting(Kind.COMMAND), stranger.reading() as session:
        assert "does not know this server's key" in " ".join(list_breaches(session))
    stranger.close()


BREACHES = (
    (
        "alter table person no force row level security",
        "alter table person force row level security",
        "not forced on person",
    ),
    ("alter table site disable row level security", "alter table site enable row level security", "not forced on site"),
    ("grant {owner} to {app}", "revoke {owner} from {app}", "owns"),
    ("grant create on schema public to {app}", "revoke create on schema public from {app}", "may make functions"),
    ("grant select on context_key to {app}", "revoke select on context_key from {app}", "may read or change the key"),
)


@pytest.mark.parametrize("power", ["createrole", "replication", "bypassrls"])
def test_a_role_that_can_make_itself_more_is_named(serving: Database, database_url: str, power: str) -> None:
    role = suite_role(power)
    with connect(database_url) as connection:
        connection.execute(f"create role {role} login {power} password 'suite'")
        try:
            connection.execute(f"grant usage on schema public to {role}")
            powerful = Database(url_as(database_url, power), pool_size=1, context_key=SUITE_KEY)
            with acting(Kind.COMMAND), powerful.reading() as session:
                assert "makes roles" in list_breaches(session)[0]
            powerful.close()
        finally:
            connection.execute(f"drop owned by {role}")
            connection.execute(f"drop role {role}")


def test_each_breach_is_found(serving: Database, database_url: str) -> None:
    names = {"owner": suite_role("owner"), "app": suite_role("app")}
    for breach, mending, words in BREACHES:
        with connect(database_url) as connection:
            connection.execute(breach.format(**names))
            try:
                with acting(Kind.COMMAND), serving.reading() as session:
                    assert words in "; ".join(list_breaches(session))
            finally:  # a role is of the whole server, which other tests share
                connection.execute(mending.format(**names))
