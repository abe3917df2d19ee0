"""Let row-level security count a team's inbox as read where somebody leads the team: a coordinator reads their districts alone.

A report of a team that only a coordinator is on, in a district of nobody's, was in nobody's inbox and in no tray.

Revision 0081, after 0080.
"""

from typing import Any

from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

FUNCTION = """
-- The districts and teams whose inbox somebody reads, as marks; nothing for whoever sees no alert. An alert of no such district
-- and no such team is in nobody's inbox, and every district's (`server/queries/referrals/duty.py`).
CREATE OR REPLACE FUNCTION lantern_inboxes() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    found text[];
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(lantern_reach()) mark WHERE mark LIKE 's:%') THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('lantern.inside', 'on', true);
    found := (
        WITH reader AS (
            SELECT w.id, bool_or(r.role = ANY (<by_team>)) AS by_team FROM worker w JOIN worker_role r ON r.worker_id = w.id
            WHERE w.active AND r.role IN ('team_lead', 'coordinator') GROUP BY w.id
        )
        SELECT coalesce(array_agg(mark), '{}') FROM (
            SELECT 'd:' || d.district_id AS mark FROM reader JOIN worker_district d ON d.worker_id = reader.id
            UNION SELECT 't:' || m.team_id FROM reader JOIN worker_team m ON m.worker_id = reader.id AND reader.by_team
            UNION SELECT 'd:' || d.district_id FROM reader JOIN worker_team m ON m.worker_id = reader.id
                JOIN team_district d ON d.team_id = m.team_id
        ) marks
    );
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found;
END $$;
"""


def _count_as_read(by_team: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        driver: Any = op.get_bind().connection.driver_connection
        driver.execute(FUNCTION.replace("<by_team>", by_team))


def upgrade() -> None:
    _count_as_read("ARRAY['team_lead']")


def downgrade() -> None:
    _count_as_read("ARRAY['team_lead', 'coordinator']")
