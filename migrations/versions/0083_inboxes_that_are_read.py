"""Let row-level security count an inbox as read only by whoever may read it today: a role that their agency may hold, an agency whose
agreements hold, a training that has not lapsed (`server/queries/referrals/duty.py`).

A report of a district whose only lead was behind the agreement gate was in nobody's list and in no tray.

Revision 0083, after 0082.
"""

from typing import Any

from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

FUNCTION = """
-- The districts and teams whose inbox somebody reads, as marks; nothing for whoever sees no alert. An alert of no such district
-- and no such team is in nobody's inbox, and every district's (`server/queries/referrals/duty.py`). Of a context that names no day
-- nothing has lapsed.
CREATE OR REPLACE FUNCTION lantern_inboxes() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    today date := (SELECT substr(mark, 3)::date FROM unnest(lantern_reach()) mark WHERE mark LIKE 'y:%');
    found text[];
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(lantern_reach()) mark WHERE mark LIKE 's:%') THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('lantern.inside', 'on', true);
    found := (
        WITH reader AS (
            SELECT w.id, bool_or(r.role = 'team_lead') AS by_team FROM worker w JOIN worker_role r ON r.worker_id = w.id
            WHERE w.active AND r.role IN ('team_lead', 'coordinator')<who may> GROUP BY w.id
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
WHO_MAY = """
            AND w.trained_on >= coalesce(today - 730, w.trained_on)
            AND EXISTS (
                SELECT FROM recipient c
                WHERE c.agency_id = w.agency_id AND c.role = r.role AND (c.founding OR c.second_at IS NOT NULL)
            )
            AND 2 = (
                SELECT count(DISTINCT a.kind) FROM agreement a
                WHERE a.agency_id = w.agency_id AND a.kind IN ('terms_of_reference', 'information_sharing')
                AND a.signed_on <= coalesce(today, a.signed_on) AND a.expires_on >= coalesce(today, a.expires_on)
            )"""


def _count_as_read(who_may: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        driver: Any = op.get_bind().connection.driver_connection
        driver.execute(FUNCTION.replace("<who may>", who_may))


def upgrade() -> None:
    _count_as_read(WHO_MAY)


def downgrade() -> None:
    _count_as_read("")
