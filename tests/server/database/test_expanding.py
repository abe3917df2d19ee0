"""From the first release on a migration only adds: while servers are upgraded one after the other, an older one goes on over the
newer schema. What it reads stays, and what it writes without knowing more is taken."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from server.database.engine import Database
from server.migrate import upgrade
from tests.paths import ROOT
from tests.server.operation.drill import list_revisions


def list_released() -> list[str]:
    lines = (ROOT / "tests" / "golden" / "released.txt").read_text().splitlines()
    return [line.split()[1] for line in lines if line.strip() and not line.startswith("#")]


def reflect(url: str) -> sa.MetaData:
    database, found = Database(url, pool_size=1), sa.MetaData()
    try:
        found.reflect(database.engine)
    finally:
        database.close()
    return found


def find_contractions(before: sa.MetaData, after: sa.MetaData) -> list[str]:
    """What an older server would miss, or could not write any more."""
    found = []
    for name, table in before.tables.items():
        if name not in after.tables:
            found.append(f"{name} is gone")
            continue
        columns = after.tables[name].columns
        found += [f"{name}.{each.name} is gone" for each in table.columns if each.name not in columns]
        for each in columns:
            was = table.columns.get(each.name)
            is_asked_for = not each.nullable and each.server_default is None
            if is_asked_for and (was is None or was.nullable):
                found.append(f"{name}.{each.name} must be given, and an older server does not")
    return found


def test_migrations_after_the_last_release_only_add(tmp_path: Path) -> None:
    url, released = f"sqlite:///{tmp_path}/lantern.sqlite", list_released()
    if not released:
        pytest.skip("nothing is released yet, so that no older server is in the field")
    upgrade(url, released[-1])
    before, found = reflect(url), []
    for revision in list_revisions()[list_revisions().index(released[-1]) + 1 :]:
        upgrade(url, revision)
        after = reflect(url)
        found += [f"{revision}: {each}" for each in find_contractions(before, after)]
        before = after

    assert found == []


def test_what_takes_something_away_would_be_seen() -> None:
    before, after = sa.MetaData(), sa.MetaData()
    sa.Table("contact", before, sa.Column("id", sa.String), sa.Column("note", sa.String), sa.Column("place", sa.String))
    sa.Table("visit", before, sa.Column("id", sa.String))
    sa.Table(
        "contact", after, sa.Column("id", sa.String), sa.Column("place", sa.String, nullable=False),
        sa.Column("new", sa.String), sa.Column("given", sa.String, nullable=False),
        sa.Column("filled", sa.String, nullable=False, server_default=""),
    )  # fmt: skip

    assert find_contractions(before, after) == [
        "contact.note is gone",
        "contact.place must be given, and an older server does not",
        "contact.given must be given, and an older server does not",
        "visit is gone",
    ]
    assert find_contractions(before, before) == []
