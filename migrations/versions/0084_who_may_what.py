"""Let row-level security take a change of who may what, and of what was written down, from no reader's transaction.

Which roles, teams and districts somebody has, and what their agency signed and may hold, is read by everybody and was written by
whoever could run a statement: who smuggled one in could make themselves a coordinator, and the next request signed a context by it.
Now only what policy has allowed, a job, a command, a backup and a migration write there. Lines of the audit and of the ledger are
added by all; a reader's own, which they see, they could also delete before a seal lay over them.

Revision 0084, after 0083.
"""

from typing import Any

from alembic import op

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None

KINDS = "'k:migration', 'k:command', 'k:job', 'k:backup'"
REACH = "(SELECT lantern_reach())"
WHO_MAY_WHAT = (
    "agency", "agreement", "partner_system", "recipient", "team", "team_district", "worker_district", "worker_role",
    "worker_team",
)  # fmt: skip
"""Tables that were not guarded at all: policy rests on them, and they say nothing of anybody on the street."""
INSIDE = (
    "(SELECT current_setting('lantern.inside', true) = 'on' "
    "AND has_table_privilege(to_regclass('public.context_key'), 'SELECT'))"
)
WORKER = f"{INSIDE} OR cardinality({REACH}) > 0"
AUDIT = (
    f"{REACH} && ARRAY[{KINDS}, 'k:policy', 'r:reviews', 'w:' || actor_id] OR (subject_kind = 'person' AND "
    "EXISTS (SELECT FROM person parent WHERE parent.id = subject_id))"
)
LEDGER = f"{REACH} && ARRAY[{KINDS}, 'k:policy', 'k:sync']"
CHANGED_BY = {
    **dict.fromkeys((*WHO_MAY_WHAT, "worker"), f"{REACH} && ARRAY[{KINDS}, 'k:policy']"),
    **dict.fromkeys(("audit", "ledger"), f"{REACH} && ARRAY[{KINDS}]"),
}
"""Of each table, the kinds of transaction that change its rows."""
SEEN_BY = {**dict.fromkeys(WHO_MAY_WHAT, "true"), "worker": WORKER, "audit": AUDIT, "ledger": LEDGER}
ADDED_BY_ALL = ("audit", "ledger")


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    driver: Any = op.get_bind().connection.driver_connection
    for table, seen in SEEN_BY.items():
        changed = CHANGED_BY[table]
        driver.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        driver.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        driver.execute(f"DROP POLICY IF EXISTS seen ON {table}")
        driver.execute(f"CREATE POLICY seen ON {table} FOR SELECT USING ({seen})")
        driver.execute(f"CREATE POLICY changed ON {table} FOR UPDATE USING ({changed})")
        driver.execute(f"CREATE POLICY taken ON {table} FOR DELETE USING ({changed})")
        if table not in ADDED_BY_ALL:
            driver.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK ({changed})")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, seen in SEEN_BY.items():
        op.execute(f"DROP POLICY changed ON {table}")
        op.execute(f"DROP POLICY taken ON {table}")
        op.execute(f"DROP POLICY seen ON {table}")
        if table in WHO_MAY_WHAT:
            op.execute(f"DROP POLICY added ON {table}")
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        else:
            op.execute(f"CREATE POLICY seen ON {table} USING ({seen})")
            if table not in ADDED_BY_ALL:
                op.execute(f"DROP POLICY added ON {table}")
