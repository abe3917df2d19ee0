"""A county of any size for `bench.mdt`: the cast of the page tests, and everyone else by the database's own hand.

Ten districts, each with a full case list, reviews and actions, and an audit log as years of reading leave it; on Watford's
list people known for 100, 1,000 and 10,000 contacts. Five hundred coordinators, fifty a district, for the crowd. PostgreSQL
only.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from server.database.engine import Database
from server.migrate import upgrade
from server.queries.operation.sessions import SignInSession, add_session
from server.security.tokens import hash_token
from server.tables import metadata
from tests.web import county

NOW = datetime(2026, 11, 12, 21, 30, tzinfo=UTC)
CASES_A_DISTRICT = 120
DISTRICTS = 10
HISTORIES = {"b40": 100, "b10": 1000, "b30": 10_000}
"""People of Watford's list by how many contacts they are known for, one a night; everybody else has the average, in two years."""
CROWD = 500
TOKEN = "a session for the bench"
MARK = "filled.json"

STEPS: tuple[tuple[str, str], ...] = (
    ("districts", """
insert into district (id, code, name, verified_only, answer_days)
  select 'd' || n, 'E0700020' || n, 'District ' || n, false, 10 from generate_series(2, 9) n;
insert into team_district (team_id, district_id) select 'watford-outreach', 'd' || n from generate_series(2, 9) n"""),
    ("workers", """
insert into agency (id, name, kind) select 'housing-' || n, 'Housing ' || n, 'housing' from generate_series(0, 9) n;
insert into agreement (id, agency_id, kind, version, signatory, signed_on, expires_on)
  select 'b' || n || k, 'housing-' || n, k, '2026.1', 'Chief Officer', '2026-02-01', '2027-02-01'
  from generate_series(0, 9) n, unnest(array['terms_of_reference', 'information_sharing']) k;
insert into worker (id, name, short_name, agency_id, email, trained_on, active, created_at)
  select 'crowd-' || n, 'Worker ' || n, 'Worker ' || n, 'housing-' || n % 10, 'crowd-' || n || '@example.org',
    '2026-08-01', true, %(now)s from generate_series(0, %(crowd)s - 1) n;
insert into worker_role select 'crowd-' || n, 'coordinator' from generate_series(0, %(crowd)s - 1) n;
insert into recipient (id, agency_id, role, founding, proposed_at, reason)
  select 'housing-' || n || '-coordinator', 'housing-' || n, 'coordinator', true, %(now)s, ''
  from generate_series(0, 9) n;
insert into worker_district select 'crowd-' || n, (array['watford', 'three-rivers', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7',
  'd8', 'd9'])[1 + n % 10] from generate_series(0, %(crowd)s - 1) n"""),
    ("people", """
insert into person (id, name, name_quality, alias, description, dob_quality, gender, gender_self_described, language,
    wants_first, strengths, safety_needs, institution_left, team_id, district_id, created_at, changed_at)
  select 'b' || n, 'Person ' || n, 'full', '', 'red hat', 'not_collected', 'male', '', '', 'A door that locks',
    'A joiner by trade', 'Speak from the front', 'not_known', 'watford-outreach',
    (array['watford', 'three-rivers', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9'])[1 + n % 10], %(now)s, %(now)s
  from generate_series(1, %(people)s) n;
insert into person_verification (person_id, verified, basis, review_status, since, district_id, reason)
  select id, true, 'seen_by_outreach', 'unreviewed', %(now)s, district_id,
    'verified: seen bedded down by Aisha N, 11 Nov' from person where id like 'b%%';
insert into person_need (id, person_id, need, receiving_support, at, worker_id)
  select 'n' || p.id || w.need || w.days, p.id, w.need, w.support, %(now)s - w.days * interval '1 day', 'aisha'
  from person p, (values ('alcohol', 'not_known', 300), ('alcohol', 'no', 3), ('mental_health', 'yes', 40),
    ('physical_health', 'no', 2)) w (need, support, days) where p.id like 'b%%'"""),
    ("contacts", """
create temporary table drawn as
  select n, who, at, (at - interval '12 hours')::date as night
  from (select n, case when n <= 100 then 40 when n <= 1100 then 10 when n <= 11100 then 30 else 1 + n % %(people)s end as who,
          %(now)s - (n % 7) * interval '1 hour' - interval '1 day' *
            (case when n <= 100 then n when n <= 1100 then n - 100 when n <= 11100 then n - 1100 else n % 720 end) as at
        from generate_series(1, %(contacts)s) n) moments;
insert into contact (id, state, seen_at, recorded_at, received_at, night, worker_id, team_id, unidentified_people, offered,
    given, safety_needs, strengths, next_step, note, corrections, site_id, district_id)
  select 'c' || n, 'bedded_down', at, at, at, night, case when n % 3 = 0 then 'dean' else 'aisha' end, 'watford-outreach', 0,
    '[]', '[]', '', '', '', 'Feet sore again; will see the nurse on Thursday.', 0,
    case when n % 2 = 0 then 'stairwell' else 'shelter' end,
    (array['watford', 'three-rivers', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9'])[1 + who % 10] from drawn;
insert into contact_person (contact_id, person_id, seen_at, night, state, team_id, district_id)
  select 'c' || n, 'b' || who, at, night, 'bedded_down', 'watford-outreach',
    (array['watford', 'three-rivers', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8', 'd9'])[1 + who % 10] from drawn"""),
    ("cases", """
insert into verification (id, person_id, basis, review_status, contact_id, district_id, at, worker_id, reason)
  select 'v' || n, 'b' || n, 'seen_by_outreach', 'unreviewed', null, p.district_id, %(now)s - n % 300 * interval '1 day',
    'aisha', '' from generate_series(1, %(people)s) n join person p on p.id = 'b' || n;
insert into mdt_case (id, person_id, district_id, state, since, reason, mdt_number, outcome)
  select 'k' || n, p.id, p.district_id, 'listed', %(now)s - n * interval '2 hours', 'on the list', 4, ''
  from generate_series(1, %(cases)s) n join person p on p.id = 'b' || n;
insert into case_conference (id, district_id, starts_at, place, finished_at)
  select 'past' || d.id || n, d.id, %(now)s - n * interval '30 days', '', %(now)s - n * interval '30 days'
  from district d, generate_series(1, 3) n;
insert into case_review (id, case_id, conference_id, mdt_number, at, outcome, notes)
  select 'r' || k.id || n, k.id, 'past' || k.district_id || n, 4 - n, %(now)s - n * interval '30 days', 'On to the next',
    'Housing to view the flat; nurse to see the foot.' from mdt_case k, generate_series(1, 3) n where k.id like 'k%%';
insert into case_action (id, case_id, agency_id, text, due_on, agreed_at, agreed_by, mdt_number, done_at, done_by, done_note,
    explained)
  select 'a' || k.id || n, k.id, 'cgl', 'assessment', %(now)s::date + 30 - n * 25, %(now)s - n * interval '30 days', 'priya',
    4 - n, case when n = 3 then %(now)s::timestamptz end, case when n = 3 then 'ruth' end, '', ''
  from mdt_case k, generate_series(1, 3) n where k.id like 'k%%'"""),
    ("audit", """
insert into audit (id, at, actor_id, agency_id, action, subject_kind, subject_id, purpose, allowed, reason, detail,
    address)
  select 'u' || n, %(now)s - (n % 720) * interval '1 day' - (n % 1440) * interval '1 minute', 'crowd-' || n % 40,
    'housing-' || n % 10, case when n % 20 = 0 then 'see_person' else 'see_person_list' end, 'person',
    'b' || case when n % 50 = 0 then 10 * (1 + n / 50 % 4) else 1 + n % %(people)s end, 'coordination', true, '', '', ''
  from generate_series(1, %(contacts)s / 5) n"""),
)  # fmt: skip


def prepare(url: str, folder: Path, people: int, contacts: int, tell: Callable[[str], None]) -> None:
    """Bring the schema up to date; fill it unless `folder` says that it holds just this county already."""
    upgrade(url)
    wanted = {"people": people, "contacts": contacts, "steps": hashlib.sha256(repr(STEPS).encode()).hexdigest()[:12]}
    mark = folder / MARK
    if mark.exists():
        if json.loads(mark.read_text()) != wanted:
            raise SystemExit(f"{folder} holds another county. Remove it, or name another folder.")
        tell("found the county as it was kept")
    else:
        _fill(url, people, contacts, tell)
        mark.write_text(json.dumps(wanted))
    _sign_in(url)


def _fill(url: str, people: int, contacts: int, tell: Callable[[str], None]) -> None:
    database = Database(url)
    with database.writing() as session:
        county.fill(session, NOW)
    database.close()
    values: dict[str, Any] = {
        "now": NOW, "people": people, "contacts": contacts, "crowd": CROWD,
        "cases": CASES_A_DISTRICT * DISTRICTS,
    }  # fmt: skip
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        for setting in ("synchronous_commit = off", "maintenance_work_mem = '512MB'", "work_mem = '128MB'"):
            connection.execute(f"set {setting}")
        _set_defaults(connection)
        indexes = _drop_indexes(connection, ("contact", "contact_person", "audit", "person_need"))
        for name, statements in STEPS:
            tell(f"filling {name}")
            for statement in statements.split(";\n"):
                connection.execute(_escaped(statement).encode(), values)
        for number, index in enumerate(indexes, start=1):
            tell(f"indexing {number} of {len(indexes)}")
            connection.execute(index.encode())
        tell("vacuuming")
        connection.execute("vacuum analyze")


def _set_defaults(connection: psycopg.Connection[Any]) -> None:
    """What the server fills in by itself the database fills in here: a column that is new needs no line in the steps above."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            default = column.default
            if not column.nullable and default is not None and default.is_scalar:
                value = default.arg  # type: ignore[attr-defined]
                alter = SQL("alter table {} alter column {} set default {}")
                connection.execute(alter.format(Identifier(table.name), Identifier(column.name), Literal(value)))


def _escaped(statement: str) -> str:
    """The driver takes a per cent sign for its own but where it is doubled."""
    return statement.replace("%%", "%").replace("%", "%%").replace("%%(", "%(")


def _drop_indexes(connection: psycopg.Connection[Any], tables: tuple[str, ...]) -> list[str]:
    """Many rows are indexed faster after they are there. Returns how each index is made again."""
    found = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index "
        "where indrelid::regclass::text = any(%s) and not indisprimary and not indisunique",
        [list(tables)],
    ).fetchall()
    for name, _ in found:
        connection.execute(f"drop index {name}".encode())
    return [definition for _, definition in found]


def _sign_in(url: str) -> None:
    """Priya and the crowd, signed in a moment ago; what earlier runs left of conferences is forgotten."""
    database = Database(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from sign_in_session")
        connection.execute("delete from case_conference where finished_at is null")
    tokens = {TOKEN: "priya"} | {crowd_token(n): f"crowd-{n}" for n in range(CROWD)}
    with database.writing() as session:
        for token, worker_id in tokens.items():
            add_session(
                session,
                SignInSession(token_hash=hash_token(token), worker_id=worker_id, created_at=NOW, last_seen_at=NOW),
            )
    database.close()


def crowd_token(number: int) -> str:
    """The session of one of the crowd."""
    return f"a session for the crowd, {number}"
