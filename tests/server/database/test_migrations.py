"""The schema goes up, equals the tables, goes down to nothing, and up again, on SQLite and on PostgreSQL."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Connection, MetaData, inspect
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from server.database.engine import Database
from server.importers.refused import Tray
from server.migrate import downgrade, find_revision, newest_revision, upgrade
from server.queries.referrals import imports
from server.tables import metadata
from sync.wire import read_change

NO_TABLE_OF_OURS = {"context_key"}
"""The owner's alone, and on PostgreSQL only: nothing of ours reads or writes it by a query."""


def differences(connection: Connection) -> list[object]:
    def is_ours(_thing: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return kind != "table" or name not in NO_TABLE_OF_OURS

    told = {"compare_type": True, "target_metadata": metadata, "include_object": is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=told), metadata))


def list_tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


@pytest.mark.slow
def test_the_schema_goes_up_down_and_up_again(blank_database_url: str) -> None:
    database = Database(blank_database_url)
    for _ in range(2):
        upgrade(blank_database_url)
        assert list_tables(database) - NO_TABLE_OF_OURS == set(metadata.tables)
        assert find_revision(database) == newest_revision()
        downgrade(blank_database_url)
        assert list_tables(database) == set()
    database.close()


def test_the_migrated_schema_equals_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        assert differences(connection) == []


def test_every_check_of_the_tables_is_in_the_migrated_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            wanted = {str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"}
            found = {str(check["name"]) for check in inspector.get_check_constraints(table.name)}
            assert wanted == found, table.name


def test_a_column_for_a_device_holds_the_servers_own_numbers_too() -> None:
    """Those of the server's earlier lives, and of what was let in, are large and below zero; the audit names phones alone,
    which are counted from one."""
    columns = [
        column for table in metadata.sorted_tables for column in table.columns if column.name in ("device", "device_number")
    ]  # fmt: skip
    narrow = {f"{each.table.name}.{each.name}" for each in columns if not isinstance(each.type, BigInteger)}
    assert len(columns) > 5 and narrow == {"audit.device_number"}


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    database = Database(database_url)
    assert find_revision(database) == newest_revision()
    database.close()


def test_an_older_database_learns_who_met_whom(blank_database_url: str) -> None:
    upgrade(blank_database_url, "0007")
    at = "'2026-11-12 02:11:00+00:00'"
    database = Database(blank_database_url)
    with database.writing() as session:
        session.execute(
            sql(
                "INSERT INTO contact (id, state, seen_at, recorded_at, received_at, night, worker_id, team_id, referral_id, "
                "unidentified_people, offered, given, safety_needs, strengths, next_step, note, corrections) VALUES "
                f"('c1', 'bedded_down', {at}, {at}, {at}, '2026-11-11', 'aisha', 'beacon', 'r1', 0, '[]', '[]', '', '', '', "
                "'', 0)"
            )
        )
        session.execute(
            sql(
                "INSERT INTO contact_person (contact_id, person_id, seen_at, night, state) "
                f"VALUES ('c1', 'marek', {at}, '2026-11-11', 'bedded_down'), ('lost', 'red', {at}, '2026-11-11', 'not_found')"
            )
        )
    upgrade(blank_database_url)
    with database.reading() as session:
        met = session.execute(
            sql("SELECT person_id, team_id, referral_id FROM contact_person ORDER BY person_id")
        ).all()
    database.close()
    assert [tuple(row) for row in met] == [("marek", "beacon", "r1"), ("red", None, None)]


def test_what_older_feeds_tell_of_immigration_is_withdrawn_and_kept_apart(blank_database_url: str) -> None:
    upgrade(blank_database_url, "0011")
    at = "'2026-11-12 02:11:00+00:00'"
    database = Database(blank_database_url)
    told = [
        ("need.recorded", {"who": "aisha", "p": {"id": "f", "need": "no_recourse_to_public_funds"}}),
        (
            "contact.recorded",
            {"p": {"needs": [{"need": "no_recourse_to_public_funds"}, {"need": "alcohol"}], "note": "Łuk"}},
        ),
        ("person.patched", {"set": {"institution_left": ["asylum_support", {}], "name": ["Marek", {}]}}),
        ("visit.recorded", {"p": {"note": "as before"}}),
    ]
    with database.writing() as session:
        session.execute(
            sql(
                "INSERT INTO person (id, name, name_quality, alias, description, dob_quality, gender, gender_self_described, "
                "language, wants_first, strengths, safety_needs, institution_left, institution_left_on, created_at, changed_at) "
                "VALUES ('marek', 'Marek', 'full', '', '', 'not_collected', 'male', '', '', '', '', '', 'asylum_support', "
                f"'2026-10-01', {at}, {at})"
            )
        )
        for number, need in enumerate(("no_recourse_to_public_funds", "alcohol")):
            session.execute(
                sql(
                    "INSERT INTO person_need (id, person_id, need, receiving_support, at, worker_id) "
                    f"VALUES ('n{number}', 'marek', '{need}', 'no', {at}, 'aisha')"
                )
            )
        for n, (kind, content) in enumerate(told, start=1):
            body = json.dumps(
                {"id": f"c{n}", "dev": 1, "n": n, "hlc": 1, "t": kind, "s": "team:a", "e": "x", **content}
            )
            session.execute(
                sql(
                    "INSERT INTO sync_change (id, device, n, eff, scope, type, received_at_ms, body) "
                    "VALUES (:id, 1, :n, 1, 'team:a', :kind, 1, :body)"
                ),
                {"id": f"c{n}", "n": n, "kind": kind, "body": body.encode()},
            )
        session.execute(
            sql(
                "INSERT INTO sync_write (entity, field, change_id, eff, device, n, value, ctx, erased) "
                "VALUES ('marek', 'institution_left', 'c3', 1, 1, 3, :value, :ctx, :erased)"
            ),
            {"value": b'"asylum_support"', "ctx": b"{}", "erased": False},
        )
    upgrade(blank_database_url)
    with database.reading() as session:
        needs = list(session.scalars(sql("SELECT need FROM person_need")))
        person = session.execute(sql("SELECT institution_left, institution_left_on FROM person")).one()
        apart = session.execute(
            sql(
                "SELECT recourse_to_public_funds, receiving_support, left_asylum_support, recorded_by FROM person_restricted"
            )
        ).one()
        bodies = [read_change(bytes(body)) for body in session.scalars(sql("SELECT body FROM sync_change ORDER BY n"))]
        writes = session.scalar(sql("SELECT count(*) FROM sync_write"))
    database.close()
    assert (needs, tuple(person), writes) == (["alcohol"], ("not_known", None), 0)
    assert tuple(apart) == ("none", "no", True, "aisha")
    assert bodies[0].erased and bodies[0].who is None
    assert json.loads(bytes(bodies[1].p)) == {"needs": [{"need": "alcohol"}], "note": "Łuk"}
    assert list(bodies[2].set_ or {}) == ["name"]
    assert json.loads(bytes(bodies[3].p)) == {"note": "as before"}


def test_whoever_goes_back_shows_no_refused_notice_to_other_districts(blank_database_url: str) -> None:
    """Before there were any, whoever takes reports in saw every refused row."""
    upgrade(blank_database_url, "0081")
    at = "'2026-12-01 09:00:00+00:00'"
    database = Database(blank_database_url)
    with database.writing() as session:
        for kind, district in (("referrals", "NULL"), ("notices", "'watford'")):
            session.execute(
                sql(
                    "INSERT INTO import_batch (id, kind, source, file_name, file_sha256, started_at, imported_by, district_id, "
                    "rows_read, accepted, duplicates, wrong_area, needs_information, refused) "
                    f"VALUES ('{kind}', '{kind}', 's', '', '', {at}, 'priya', {district}, 1, 0, 0, 0, 0, 1)"
                )
            )
            session.execute(
                sql(
                    "INSERT INTO refused_row (batch_id, row_number, reason, raw, cells) "
                    f"VALUES ('{kind}', 2, 'x', 'Bo Lee', '{{}}')"
                )
            )
    downgrade(blank_database_url, "0078")
    with database.writing() as session:
        assert [row.batch_id for row in session.execute(sql("SELECT batch_id FROM refused_row"))] == ["referrals"]
    database.close()


def test_refused_rows_of_before_are_kept_as_one_text_and_nothing_of_those_seen_to(blank_database_url: str) -> None:
    """The key lies outside the database: what waits is sealed by the server's next round, what was seen to is gone."""
    upgrade(blank_database_url, "0081")
    at = "'2026-12-01 09:00:00'"
    database = Database(blank_database_url)
    with database.writing() as session:
        for kind in ("referrals", "boundaries"):
            session.execute(
                sql(
                    "INSERT INTO import_batch (id, kind, source, file_name, file_sha256, started_at, imported_by, "
                    "rows_read, accepted, duplicates, wrong_area, needs_information, refused) "
                    f"VALUES ('{kind}', '{kind}', 's', '', '', {at}, 'priya', 2, 0, 0, 0, 0, 2)"
                )
            )
        for kind, number, settled in (("referrals", 2, "NULL"), ("referrals", 3, at), ("boundaries", 2, "NULL")):
            session.execute(
                sql(
                    "INSERT INTO refused_row (batch_id, row_number, reason, raw, cells, settled_at) "
                    f"VALUES ('{kind}', {number}, 'no day', 'Bo Lee', :cells, {settled})"
                ),
                {"cells": '{"Name": "Bo Lee"}'},
            )
    upgrade(blank_database_url)
    tray = Tray(b"thirty-two bytes and more of a secret")
    with database.writing() as session:
        found = session.execute(sql("SELECT batch_id, row_number, held FROM refused_row ORDER BY row_number")).all()
        assert [(row.batch_id, row.row_number) for row in found] == [("referrals", 2), ("referrals", 3)]
        assert found[1].held == ""
        (waits,) = imports.list_refused(session, limit=5)
        kept = tray.open(waits)
        assert (kept.reason, kept.raw, kept.cells) == ("no day", "Bo Lee", {"Name": "Bo Lee"})
    downgrade(blank_database_url, "0081")
    with database.writing() as session:
        found = session.execute(sql("SELECT row_number, reason, raw, cells FROM refused_row")).all()
    assert [tuple(row) for row in found] == [(2, "no day", "Bo Lee", '{"Name": "Bo Lee"}')]
    upgrade(blank_database_url)
    with database.writing() as session:
        assert tray.seal_anew(session) == 1
        assert "Bo Lee" not in str(session.execute(sql("SELECT * FROM refused_row")).all())
    downgrade(blank_database_url, "0081")
    with database.writing() as session:
        assert session.execute(sql("SELECT row_number FROM refused_row")).all() == []
    database.close()


def test_actions_of_before_belong_to_the_conference_that_was_under_way(blank_database_url: str) -> None:
    """One agreed on the day of a conference is of it, one agreed between two of neither."""
    upgrade(blank_database_url, "0086")
    database = Database(blank_database_url)
    tables = ("agency", "district", "mdt_case", "case_conference", "agenda_item", "case_action")
    old = MetaData()
    with database.engine.connect() as connection:
        old.reflect(connection, only=tables)
    day = datetime(2026, 11, 3, 10, tzinfo=UTC)
    agreed = {"before": -20, "early": -1, "there": 1, "between": 50, "next": 169}

    def put(session: Session, into: str, **values: object) -> None:
        table = old.tables[into]
        empty = {
            column.name: 0 if "INT" in str(column.type).upper() else False if "BOOL" in str(column.type).upper() else ""
            for column in table.columns
            if not column.nullable and column.server_default is None
        }
        session.execute(table.insert().values({**empty, **values}))

    with database.writing() as session:
        put(session, "agency", id="cgl", name="CGL", kind="outreach")
        put(session, "district", id="w", code="w", name="Watford", answer_days=5)
        put(session, "mdt_case", id="c", person_id="p", district_id="w", state="open", since=day, mdt_number=1)
        for number, starts_at in enumerate((day, day + timedelta(days=7)), start=1):
            ended = starts_at + timedelta(hours=3)
            put(session, "case_conference", id=f"m{number}", district_id="w", starts_at=starts_at, finished_at=ended)
            put(session, "agenda_item", id=f"i{number}", conference_id=f"m{number}", case_id="c", position=1)
        for name, hours in agreed.items():
            put(
                session, "case_action", id=name, case_id="c", agency_id="cgl", due_on=day.date(), mdt_number=1,
                agreed_at=day + timedelta(hours=hours),
            )  # fmt: skip
    upgrade(blank_database_url)
    with database.reading() as session:
        found = dict(session.execute(sql("SELECT id, conference_id FROM case_action")).all())
    database.close()
    assert found == {"before": None, "early": "m1", "there": "m1", "between": None, "next": "m2"}
