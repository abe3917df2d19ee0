"""Let row-level security ask less for the same answer: one look at the context for a table, where there were two or three, and
what its own functions ask is asked under no policy.

Those functions told the database a context under which they saw everything, and every table they read asked again whose it was.
Now each of them asks with `lantern.inside` on, which shows every row to whoever may read the key that contexts are signed with:
the owner, as whom they run. Whoever else may switch it on and sees nothing by it.

Revision 0078, after 0077.
"""

from typing import Any

from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- The marks of a context whose signature is good; none for any other. Whether it is the owner's costs more to ask.
CREATE OR REPLACE FUNCTION lantern_reach() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    told text := current_setting('lantern.context', true);
    said text := split_part(told, '~', 1);
BEGIN
    IF told <> '' AND (EXISTS (
        SELECT FROM context_key WHERE split_part(told, '~', 2)
            = encode(sha256(outer_pad || sha256(inner_pad || convert_to(said, 'UTF8'))), 'hex')
    ) OR pg_has_role(session_user, current_user, 'MEMBER')) THEN
        RETURN string_to_array(said, '|');
    END IF;
    RETURN '{}';
END $$;

-- Of whom may this reader not even know (privacy rule A5)? Unknown (NULL) to a reader who is unknown, while anybody is hidden.
CREATE OR REPLACE FUNCTION lantern_hidden() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[];
    found text[] := '{}';
BEGIN
    PERFORM set_config('lantern.inside', 'on', true);
    IF EXISTS (SELECT FROM person_hidden WHERE lifted_at IS NULL) THEN
        reach := lantern_reach();
        IF reach && ARRAY['k:worker'] THEN
            WITH RECURSIVE same(hidden_id, id) AS (
                SELECT h.id, h.person_id FROM person_hidden h WHERE h.lifted_at IS NULL
                UNION
                SELECT s.hidden_id, CASE WHEN m.from_id = s.id THEN m.into_id ELSE m.from_id END
                FROM same s JOIN person_merge m ON s.id IN (m.from_id, m.into_id) AND NOT m.undone
            )
            SELECT coalesce(array_agg(s.id), '{}') INTO found FROM same s
            WHERE NOT EXISTS (
                SELECT FROM person_hidden_agency a WHERE a.hidden_id = s.hidden_id AND 'a:' || a.agency_id = ANY (reach)
            );
        ELSIF cardinality(reach) = 0 THEN
            found := NULL;
        END IF;
    END IF;
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found;
END $$;

-- Does the reader's agency work with this person: met them, or wrote them down, in the last days that a relation lasts, or owes
-- them an action that is open? As `server/queries/people/subjects.py`.
CREATE OR REPLACE FUNCTION lantern_works_with(whose text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    ours text := (SELECT substr(mark, 3) FROM unnest(reach) mark WHERE mark LIKE 'a:%');
    since timestamptz := (SELECT substr(mark, 3)::timestamptz FROM unnest(reach) mark WHERE mark LIKE 'n:%');
    found boolean;
BEGIN
    IF ours IS NULL OR whose IS NULL THEN
        RETURN false;
    END IF;
    PERFORM set_config('lantern.inside', 'on', true);
    found := (
        WITH RECURSIVE same(id) AS (
            SELECT whose
            UNION
            SELECT CASE WHEN m.from_id = s.id THEN m.into_id ELSE m.from_id END
            FROM same s JOIN person_merge m ON s.id IN (m.from_id, m.into_id) AND NOT m.undone
        )
        SELECT EXISTS (
            SELECT FROM same s JOIN contact_person c ON c.person_id = s.id JOIN team t ON t.id = c.team_id
            WHERE c.seen_at >= since AND t.agency_id = ours
        ) OR EXISTS (
            SELECT FROM same s JOIN person p ON p.id = s.id JOIN team t ON t.id = p.team_id
            WHERE p.created_at >= since AND t.agency_id = ours
        ) OR EXISTS (
            SELECT FROM same s JOIN mdt_case c ON c.person_id = s.id JOIN case_action a ON a.case_id = c.id
            WHERE a.done_at IS NULL AND a.agency_id = ours
        )
    );
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found;
END $$;

-- May the reader know this person: by a district where they were met or have a case, by a team, or because their agency works
-- with them?
CREATE OR REPLACE FUNCTION lantern_knows(whose text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    found boolean;
BEGIN
    IF NOT reach && ARRAY['k:worker'] OR whose IS NULL THEN
        RETURN false;
    END IF;
    PERFORM set_config('lantern.inside', 'on', true);
    found := (
        WITH RECURSIVE same(id) AS (
            SELECT whose
            UNION
            SELECT CASE WHEN m.from_id = s.id THEN m.into_id ELSE m.from_id END
            FROM same s JOIN person_merge m ON s.id IN (m.from_id, m.into_id) AND NOT m.undone
        )
        SELECT EXISTS (
            SELECT FROM person p WHERE p.id = whose AND reach && ARRAY['d:' || p.district_id, 't:' || p.team_id]
        ) OR EXISTS (
            SELECT FROM same s JOIN contact_person c ON c.person_id = s.id WHERE 'd:' || c.district_id = ANY (reach)
        ) OR EXISTS (
            SELECT FROM same s JOIN mdt_case c ON c.person_id = s.id WHERE 'd:' || c.district_id = ANY (reach)
        ) OR EXISTS (
            SELECT FROM same s JOIN person_verification v ON v.person_id = s.id WHERE 'd:' || v.district_id = ANY (reach)
        )
    );
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found OR lantern_works_with(whose);
END $$;

-- Is the glass broken for the reader on this person, and not whole again (privacy rule A4)?
CREATE OR REPLACE FUNCTION lantern_broke_glass(whose text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    since timestamptz := (SELECT substr(mark, 3)::timestamptz FROM unnest(reach) mark WHERE mark LIKE 'n:%');
    found boolean;
BEGIN
    PERFORM set_config('lantern.inside', 'on', true);
    found := (
        WITH RECURSIVE same(id) AS (
            SELECT whose
            UNION
            SELECT CASE WHEN m.from_id = s.id THEN m.into_id ELSE m.from_id END
            FROM same s JOIN person_merge m ON s.id IN (m.from_id, m.into_id) AND NOT m.undone
        )
        SELECT EXISTS (
            SELECT FROM same s JOIN break_glass b ON b.person_id = s.id
            WHERE 'w:' || b.worker_id = ANY (reach) AND b.ends_at > since + interval '90 days'
        )
    );
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found;
END $$;

-- Did a case stand on the list of a district of the reader before it was handed over?
CREATE OR REPLACE FUNCTION lantern_handed_over(which text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    found boolean;
BEGIN
    PERFORM set_config('lantern.inside', 'on', true);
    found := EXISTS (SELECT FROM case_move m WHERE m.case_id = which AND 'd:' || m.from_district_id = ANY (reach));
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found;
END $$;

-- Did a contact meet nobody but people of whom the reader may not know?
CREATE OR REPLACE FUNCTION lantern_met_hidden(contact text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    hidden text[] := lantern_hidden();
    found boolean;
BEGIN
    IF cardinality(hidden) = 0 THEN
        RETURN false;
    END IF;
    PERFORM set_config('lantern.inside', 'on', true);
    found := (
        SELECT coalesce(bool_and(coalesce(c.person_id = ANY (hidden), true)), false)
        FROM contact_person c WHERE c.contact_id = contact
    );
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found;
END $$;

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
            SELECT DISTINCT w.id FROM worker w JOIN worker_role r ON r.worker_id = w.id
            WHERE w.active AND r.role IN ('team_lead', 'coordinator')
        )
        SELECT coalesce(array_agg(mark), '{}') FROM (
            SELECT 'd:' || d.district_id AS mark FROM reader JOIN worker_district d ON d.worker_id = reader.id
            UNION SELECT 't:' || m.team_id FROM reader JOIN worker_team m ON m.worker_id = reader.id
            UNION SELECT 'd:' || d.district_id FROM reader JOIN worker_team m ON m.worker_id = reader.id
                JOIN team_district d ON d.team_id = m.team_id
        ) marks
    );
    PERFORM set_config('lantern.inside', 'off', true);
    RETURN found;
END $$;

-- Guards one table: forced, and each row seen and written under one condition. For a new table with personal data:
--     SELECT lantern_guard('stay', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')
-- `also` names the kinds of transaction that see all of it beside jobs, commands, backups and migrations. A condition that itself
-- compares marks of the context with those of the row names these kinds among them, so that the context is looked at once:
--     SELECT lantern_guard('walk', '(SELECT lantern_reach()) && ARRAY[<kinds>, ''d:'' || district_id]')
-- It runs as whoever migrates and where they do: a restore brings an older schema up to date beside the one that stands.
CREATE OR REPLACE FUNCTION lantern_guard(guarded text, rows text, also text DEFAULT 'policy sync') RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    kinds text := (
        SELECT string_agg(quote_literal('k:' || kind), ', ')
        FROM unnest(string_to_array('migration command job backup ' || also, ' ')) kind WHERE kind <> ''
    );
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('DROP POLICY IF EXISTS seen ON %I', guarded);
    EXECUTE format('CREATE POLICY seen ON %I USING (%s)', guarded, replace(
        CASE WHEN rows LIKE '%<kinds>%' THEN rows ELSE '(SELECT lantern_reach()) && ARRAY[<kinds>] OR (' || rows || ')' END,
        '<kinds>', kinds
    ));
END $$;

DROP FUNCTION lantern_look_inside();
ALTER TABLE IF EXISTS context_key DROP COLUMN inside;  -- a restore tells the key when the schema is up to date
"""

BEFORE = """
ALTER TABLE IF EXISTS context_key ADD COLUMN inside text NOT NULL DEFAULT '';

CREATE FUNCTION lantern_look_inside() RETURNS void LANGUAGE plpgsql SECURITY INVOKER
SET search_path = public, pg_temp AS $$
BEGIN
    IF pg_has_role(session_user, current_user, 'MEMBER') THEN
        PERFORM set_config('lantern.context', 'k:inside~', true);
    ELSE
        PERFORM set_config('lantern.context', (SELECT inside FROM context_key LIMIT 1), true);
    END IF;
END $$;
REVOKE ALL ON FUNCTION lantern_look_inside() FROM PUBLIC;
"""
"""What the revision before asks for. The functions and policies stay: they show what those before them showed."""

INSIDE = (
    "(SELECT current_setting('lantern.inside', true) = 'on' "
    "AND has_table_privilege(to_regclass('public.context_key'), 'SELECT'))"
)
"""Is it one of the functions above that reads? Asked first, so that nothing is asked of whom it asks."""
REACH = "(SELECT lantern_reach())"
KINDS = f"{REACH} && ARRAY[<kinds>]"
SEEN = REACH + " && ARRAY[<kinds>, {}]"
PERSON = "EXISTS (SELECT FROM person parent WHERE parent.id = person_id)"
CASE = "EXISTS (SELECT FROM mdt_case parent WHERE parent.id = case_id)"
NOT_HIDDEN = "{} <> ALL ((SELECT lantern_hidden())::text[])"
OURS = "'t:' || team_id = ANY ((SELECT lantern_teams(false))::text[])"
TEAMS = "'t:' || team_id = ANY ((SELECT lantern_teams(true))::text[])"
SEES_PEOPLE = f"EXISTS (SELECT FROM unnest({REACH}) mark WHERE mark LIKE 'a:%')"
NOBODYS = "NOT coalesce(ARRAY['d:' || district_id, 't:' || team_id] && (SELECT lantern_inboxes())::text[], true)"


def _seen(*marks: str) -> str:
    """Does the reader have one of these marks, or is the transaction of a kind that sees all?"""
    return SEEN.format(", ".join(map(_mark, marks)))


def _seen_first(first: str, *others: str) -> str:
    """The same, where most rows that are read have the first mark: these are compared with it alone."""
    kinds = ", ".join(["<kinds>", *map(_mark, others)])
    return f"{_mark(first)} = ANY ({REACH}::text[]) OR {REACH} && ARRAY[{kinds}]"


def _mark(told: str) -> str:
    """A letter, and the column that names whose."""
    letter, column = told.split(":")
    return f"'{letter}:' || {column}"


RULES: dict[str, tuple[str, str]] = {
    "person": (
        f"({_seen_first('d:district_id', 't:team_id')} OR lantern_knows(id)) AND {NOT_HIDDEN.format('id')}", "policy sync"
    ),
    "mdt_case": (
        (f"({_seen_first('d:district_id')} OR lantern_works_with(person_id) OR lantern_handed_over(id)) "
        f"AND {NOT_HIDDEN.format('person_id')}"),
        "policy sync",
    ),
    "contact_person": (
        f"({_seen_first('d:district_id')} OR lantern_knows(person_id)) AND {NOT_HIDDEN.format('person_id')}", "policy sync"
    ),
    "contact": (
        (f"({_seen_first('s:district_id', 'o:worker_id')} OR {OURS} OR "
        "EXISTS (SELECT FROM contact_person parent WHERE parent.contact_id = contact.id)) "
        "AND (unidentified_people > 0 OR cardinality((SELECT lantern_hidden())::text[]) = 0 OR NOT lantern_met_hidden(id))"),
        "policy sync",
    ),
    "person_merge": (f"{KINDS} OR EXISTS (SELECT FROM person parent WHERE parent.id IN (from_id, into_id))", "policy sync"),
    "person_hidden": (f"{KINDS} OR {PERSON}", "policy sync"),
    "person_hidden_agency": (
        f"{KINDS} OR EXISTS (SELECT FROM person_hidden parent WHERE parent.id = hidden_id)", "policy sync"
    ),
    "person_verification": (f"{KINDS} OR {PERSON}", "policy sync"),
    "case_move": (f"{KINDS} OR {CASE}", "policy sync"),
    "question": (f"({_seen('a:agency_id')} OR {PERSON}) AND {NOT_HIDDEN.format('person_id')}", "policy sync"),
    "case_action": (f"{_seen('a:agency_id')} OR {CASE}", "policy sync"),
    "written_update": (f"{_seen('a:agency_id')} OR {CASE}", "policy sync"),
    "case_told": (f"{_seen('d:district_id')} OR {CASE}", "policy sync"),
    "site": (
        f"{_seen_first('s:district_id', 't:team_id')} OR EXISTS (SELECT FROM contact parent WHERE parent.site_id = site.id)",
        "policy sync",
    ),
    "visit": (f"{_seen_first('s:district_id', 'o:worker_id')} OR {OURS}", "policy sync"),
    "look": (_seen_first("s:district_id"), "policy sync"),
    "shift": (f"{_seen('t:team_id', 'o:worker_id')} OR {TEAMS}", "policy sync"),
    "shift_plan": (f"{_seen('t:team_id')} OR {TEAMS}", "policy sync"),
    "referral": (f"{_seen_first('s:district_id', 't:team_id')} OR {NOBODYS}", "policy sync public"),
    "held_file": (_seen("w:begun_by"), "policy sync"),
    "caseload_batch": (_seen("d:district_id"), "policy sync"),
    "snapshot": (_seen("d:district_id"), "policy sync"),
    "notice": (_seen("d:district_id"), "policy public"),
    "desk_filter": (_seen("w:worker_id"), "policy sync"),
    "draft": (_seen("w:worker_id"), "sign_in"),
    "credential": (_seen("w:worker_id"), "sign_in"),
    "recovery_code": (_seen("w:worker_id"), "sign_in"),
    "sign_in_session": (_seen("w:worker_id"), "sign_in"),
    "break_glass": (
        f"{REACH} && ARRAY[<kinds>, 'r:reviews'] OR ({REACH} && ARRAY['w:' || worker_id] AND {SEES_PEOPLE}) OR {PERSON}",
        "policy sync",
    ),
    "audit": (
        (f"{REACH} && ARRAY[<kinds>, 'r:reviews', 'w:' || actor_id] OR (subject_kind = 'person' AND "
        "EXISTS (SELECT FROM person parent WHERE parent.id = subject_id))"),
        "policy",
    ),
}  # fmt: skip
"""Of each table whose condition compares marks: which rows a worker sees, and the other kinds of transaction that see all."""
READ_INSIDE = {
    "person", "person_merge", "person_hidden", "person_hidden_agency", "person_verification", "contact_person", "mdt_case",
    "case_action", "case_move", "break_glass",
}  # fmt: skip
"""What the functions read, beside the workers."""
EVERYBODY_KNOWN = f"cardinality({REACH}) > 0"
"""Who sees the workers: any transaction that is for somebody."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(FUNCTIONS)
    for table, (rows, also) in RULES.items():
        seen = f"{INSIDE} OR ({rows})" if table in READ_INSIDE else rows
        driver.execute("SELECT lantern_guard(%s, %s, %s)", (table, seen, also))
    driver.execute(f"ALTER POLICY seen ON worker USING ({INSIDE} OR {EVERYBODY_KNOWN})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        driver: Any = op.get_bind().connection.driver_connection
        driver.execute(BEFORE)
