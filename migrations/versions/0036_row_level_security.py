"""Let PostgreSQL itself show each transaction no other rows than its relation allows (row-level security, forced).

SQLite has nothing of the kind: there this step does nothing. What a policy asks is `lantern_reach()`: the marks of a context whose
signature is good (`server/database/context.py`), none for any other. A transaction of the tables' owner is believed unsigned.

Revision 0036, after 0035.
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- By what a signature is known. `lantern migrate` writes it (`server/database/opening.py`); nobody but the owner may read it.
CREATE TABLE context_key (id text PRIMARY KEY, inner_pad bytea NOT NULL, outer_pad bytea NOT NULL, inside text NOT NULL);

CREATE FUNCTION lantern_reach() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    told text := current_setting('lantern.context', true);
    said text := split_part(told, '~', 1);
    pad record;
BEGIN
    IF told IS NULL OR told = '' THEN
        RETURN '{}';
    END IF;
    IF pg_has_role(session_user, current_user, 'MEMBER') THEN
        RETURN string_to_array(said, '|');
    END IF;
    FOR pad IN SELECT inner_pad, outer_pad FROM context_key LOOP
        IF encode(sha256(pad.outer_pad || sha256(pad.inner_pad || convert_to(said, 'UTF8'))), 'hex') = split_part(told, '~', 2)
        THEN
            RETURN string_to_array(said, '|');
        END IF;
    END LOOP;
    RETURN '{}';
END $$;

-- A context under which what is asked below sees every row. It stands while one statement runs inside a function of the owner's.
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

-- Of whom may this reader not even know (privacy rule A5)?
CREATE FUNCTION lantern_hidden() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    told text := current_setting('lantern.context', true);
    found text[];
BEGIN
    IF NOT reach && ARRAY['k:worker'] THEN
        RETURN '{}';
    END IF;
    PERFORM lantern_look_inside();
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
    PERFORM set_config('lantern.context', told, true);
    RETURN found;
END $$;

-- Does the reader's agency work with this person: met them, or wrote them down, in the last days that a relation lasts, or owes
-- them an action that is open? As `server/queries/people/subjects.py`.
CREATE FUNCTION lantern_works_with(whose text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    told text := current_setting('lantern.context', true);
    ours text := (SELECT substr(mark, 3) FROM unnest(reach) mark WHERE mark LIKE 'a:%');
    since timestamptz := (SELECT substr(mark, 3)::timestamptz FROM unnest(reach) mark WHERE mark LIKE 'n:%');
    found boolean;
BEGIN
    IF ours IS NULL OR whose IS NULL THEN
        RETURN false;
    END IF;
    PERFORM lantern_look_inside();
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
    ) INTO found;
    PERFORM set_config('lantern.context', told, true);
    RETURN found;
END $$;

-- May the reader know this person: by a district where they were met or have a case, by a team, or because their agency works
-- with them?
CREATE FUNCTION lantern_knows(whose text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    told text := current_setting('lantern.context', true);
    found boolean;
BEGIN
    IF NOT reach && ARRAY['k:worker'] OR whose IS NULL THEN
        RETURN false;
    END IF;
    PERFORM lantern_look_inside();
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
    ) INTO found;
    PERFORM set_config('lantern.context', told, true);
    RETURN found OR lantern_works_with(whose);
END $$;

-- Is the glass broken for the reader on this person, and not whole again (privacy rule A4)?
CREATE FUNCTION lantern_broke_glass(whose text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    told text := current_setting('lantern.context', true);
    since timestamptz := (SELECT substr(mark, 3)::timestamptz FROM unnest(reach) mark WHERE mark LIKE 'n:%');
    found boolean;
BEGIN
    PERFORM lantern_look_inside();
    WITH RECURSIVE same(id) AS (
        SELECT whose
        UNION
        SELECT CASE WHEN m.from_id = s.id THEN m.into_id ELSE m.from_id END
        FROM same s JOIN person_merge m ON s.id IN (m.from_id, m.into_id) AND NOT m.undone
    )
    SELECT EXISTS (
        SELECT FROM same s JOIN break_glass b ON b.person_id = s.id
        WHERE 'w:' || b.worker_id = ANY (reach) AND b.ends_at > since + interval '90 days'
    ) INTO found;
    PERFORM set_config('lantern.context', told, true);
    RETURN found;
END $$;

-- Did a case stand on the list of a district of the reader before it was handed over?
CREATE FUNCTION lantern_handed_over(which text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    told text := current_setting('lantern.context', true);
    found boolean;
BEGIN
    PERFORM lantern_look_inside();
    SELECT EXISTS (SELECT FROM case_move m WHERE m.case_id = which AND 'd:' || m.from_district_id = ANY (reach)) INTO found;
    PERFORM set_config('lantern.context', told, true);
    RETURN found;
END $$;

-- Did a contact meet nobody but people of whom the reader may not know?
CREATE FUNCTION lantern_met_hidden(contact text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    hidden text[] := lantern_hidden();
    told text := current_setting('lantern.context', true);
    found boolean;
BEGIN
    IF cardinality(hidden) = 0 THEN
        RETURN false;
    END IF;
    PERFORM lantern_look_inside();
    SELECT coalesce(bool_and(c.person_id = ANY (hidden)), false) INTO found FROM contact_person c WHERE c.contact_id = contact;
    PERFORM set_config('lantern.context', told, true);
    RETURN found;
END $$;

-- The teams that the reader has to do with in the street, as marks: their own and their agency's, and if asked those that walk their
-- districts.
CREATE FUNCTION lantern_teams(walking boolean) RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
BEGIN
    RETURN (
        SELECT coalesce(array_agg('t:' || t.id), '{}') FROM team t
        WHERE 't:' || t.id = ANY (reach)
        OR 'g:' || t.agency_id = ANY (reach)
        OR walking AND EXISTS (SELECT FROM team_district d WHERE d.team_id = t.id AND 's:' || d.district_id = ANY (reach))
    );
END $$;

-- The districts and teams whose inbox somebody reads, as marks; nothing for whoever sees no alert. An alert of no such district and no
-- such team is in nobody's inbox, and every district's (`server/queries/referrals/duty.py`).
CREATE FUNCTION lantern_inboxes() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    reach text[] := lantern_reach();
    told text := current_setting('lantern.context', true);
    found text[];
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(reach) mark WHERE mark LIKE 's:%') THEN
        RETURN NULL;
    END IF;
    PERFORM lantern_look_inside();
    WITH reader AS (
        SELECT DISTINCT w.id FROM worker w JOIN worker_role r ON r.worker_id = w.id
        WHERE w.active AND r.role IN ('team_lead', 'coordinator')
    )
    SELECT coalesce(array_agg(mark), '{}') INTO found FROM (
        SELECT 'd:' || d.district_id AS mark FROM reader JOIN worker_district d ON d.worker_id = reader.id
        UNION SELECT 't:' || m.team_id FROM reader JOIN worker_team m ON m.worker_id = reader.id
        UNION SELECT 'd:' || d.district_id FROM reader JOIN worker_team m ON m.worker_id = reader.id
            JOIN team_district d ON d.team_id = m.team_id
    ) marks;
    PERFORM set_config('lantern.context', told, true);
    RETURN found;
END $$;

-- Guards one table: forced, and each row seen and written under one condition. For a new table with personal data, in its migration:
--     SELECT lantern_guard('stay', 'EXISTS (SELECT FROM person p WHERE p.id = person_id)')
-- It runs as whoever migrates and where they do: a restore brings an older schema up to date beside the one that stands.
-- `also` names the kinds of transaction that see all of it beside jobs, commands, backups and migrations.
CREATE FUNCTION lantern_guard(guarded text, rows text, also text DEFAULT 'policy sync') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kinds text := (
        SELECT string_agg(quote_literal('k:' || kind), ', ')
        FROM unnest(string_to_array('inside migration command job backup ' || also, ' ')) kind WHERE kind <> ''
    );
BEGIN
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', guarded);
    EXECUTE format('DROP POLICY IF EXISTS seen ON %I', guarded);
    EXECUTE format(
        'CREATE POLICY seen ON %I USING ((SELECT lantern_reach()) && ARRAY[%s] OR (%s))', guarded, kinds, rows
    );
END $$;
REVOKE ALL ON FUNCTION lantern_guard(text, text, text) FROM PUBLIC;
"""

REACH = "(SELECT lantern_reach())"
NOT_HIDDEN = "{} <> ALL ((SELECT lantern_hidden())::text[])"


def _has(*marks: str) -> str:
    """Does the reader have one of these marks? Each is a letter and the column that names whose."""
    listed = ", ".join(f"'{each.split(':')[0]}:' || {each.split(':')[1]}" for each in marks)
    return f"{REACH} && ARRAY[{listed}]"


def _child(of: str, condition: str) -> str:
    """Seen with the row that it belongs to, under that one's own policy."""
    return f"EXISTS (SELECT FROM {of} parent WHERE {condition})"


PERSON = _child("person", "parent.id = person_id")
CASE = _child("mdt_case", "parent.id = case_id")
CONTACT = _child("contact", "parent.id = contact_id")
ALERT = _child("alert", "parent.id = alert_id")
OWN = _has("w:worker_id")
OURS = "'t:' || team_id = ANY ((SELECT lantern_teams(false))::text[])"
TEAMS = "'t:' || team_id = ANY ((SELECT lantern_teams(true))::text[])"
SEES_PEOPLE = f"EXISTS (SELECT FROM unnest({REACH}) mark WHERE mark LIKE 'a:%')"
SEES_STREET = f"EXISTS (SELECT FROM unnest({REACH}) mark WHERE mark LIKE 's:%')"
NOBODYS = (
    "NOT coalesce(ARRAY['d:' || district_id, 't:' || team_id] && (SELECT lantern_inboxes())::text[], true)"
)
SYNC_ALONE = "false"

RULES: dict[str, str | tuple[str, str]] = {
    "person": f"{NOT_HIDDEN.format('id')} AND ({_has('d:district_id', 't:team_id')} OR lantern_knows(id))",
    "person_need": PERSON,
    "person_restricted": (f"{REACH} && ARRAY['k:worker'] AND {PERSON}", "policy"),
    "person_verification": PERSON,
    "verification": PERSON,
    "person_merge": _child("person", "parent.id IN (from_id, into_id)"),
    "person_hidden": PERSON,
    "person_hidden_agency": _child("person_hidden", "parent.id = hidden_id"),
    "person_note": (
        f"{NOT_HIDDEN.format('person_id')} AND "
        "(lantern_works_with(person_id) OR (lantern_broke_glass(person_id) AND lantern_knows(person_id)))",
        "policy",
    ),
    "brought_in": PERSON,
    "person_stay": PERSON,
    "break_glass": f"{REACH} && ARRAY['r:reviews'] OR ({OWN} AND {SEES_PEOPLE}) OR {PERSON}",
    "mdt_case": f"{NOT_HIDDEN.format('person_id')} AND "
    f"({_has('d:district_id')} OR lantern_works_with(person_id) OR lantern_handed_over(id))",
    "case_action": f"{_has('a:agency_id')} OR {CASE}",
    "case_event": CASE,
    "case_general": CASE,
    "case_lead": CASE,
    "case_move": CASE,
    "case_review": CASE,
    "case_told": f"{_has('d:district_id')} OR {CASE}",
    "priority_override": CASE,
    "agenda_item": CASE,
    "agenda_left_out": CASE,
    "circulated_case": CASE,
    "minutes_case": CASE,
    "minutes_version": SEES_PEOPLE,
    "conference_note": _child("agenda_item", "parent.id = agenda_item_id"),
    "written_update": f"{_has('a:agency_id')} OR {CASE}",
    "contact_person": f"{NOT_HIDDEN.format('person_id')} AND ({_has('d:district_id')} OR lantern_knows(person_id))",
    "contact": f"({_has('s:district_id', 'o:worker_id')} OR {OURS} OR "
    + _child("contact_person", "parent.contact_id = contact.id")
    + ") AND (unidentified_people > 0 OR cardinality((SELECT lantern_hidden())::text[]) = 0 OR NOT lantern_met_hidden(id))",
    "contact_need": CONTACT,
    "contact_correction": CONTACT,
    "contact_colleague": CONTACT,
    "site": f"{_has('s:district_id', 't:team_id')} OR " + _child("contact", "parent.site_id = site.id"),
    "visit": f"{_has('s:district_id', 'o:worker_id')} OR {OURS}",
    "look": _has("s:district_id"),
    "shift": f"{_has('t:team_id', 'o:worker_id')} OR {TEAMS}",
    "conflict": TEAMS,
    "alarm_event": _child("alarm", f"parent.id = alarm_id AND ({_has('o:parent.worker_id')} OR {TEAMS.replace('team_id', 'parent.team_id')})"),
    "referral": (
        f"{_has('s:district_id', 't:team_id')} OR {NOBODYS}",
        "policy sync public",
    ),
    "referral_progress": (_child("referral", "parent.id = referral_id"), "policy sync public"),
    "alert": (_child("referral", "parent.alert_id = alert.id"), "policy sync public"),
    "alert_referrer": (ALERT, "policy public"),
    "alert_version": (ALERT, "policy public"),
    "refused_row": SEES_STREET,
    "held_file": _has("w:begun_by"),
    "document": f"{PERSON} OR " + _child("site", "parent.id = site_id"),
    "document_content": _child("document", "parent.id = document_id"),
    "caseload_batch": _has("d:district_id"),
    "draft": (OWN, "sign_in"),
    "audit": (
        f"{REACH} && ARRAY['r:reviews'] OR {_has('w:actor_id')} OR (subject_kind = 'person' AND "
        + _child("person", "parent.id = subject_id")
        + ")",
        "policy",
    ),
    "ledger": SYNC_ALONE,
    "worker": (f"cardinality({REACH}) > 0", "policy sync"),
    "credential": (OWN, "sign_in"),
    "recovery_code": (OWN, "sign_in"),
    "sign_in_session": (OWN, "sign_in"),
    "device_token": (SYNC_ALONE, "policy sync sign_in"),
    "server_key": SYNC_ALONE,
    "sealed_outbox": SYNC_ALONE,
    "sync_blob_part": SYNC_ALONE,
    "sync_change": SYNC_ALONE,
    "sync_write": SYNC_ALONE,
}  # fmt: skip
"""Of each table with personal data: which rows a worker sees, or that and the other kinds of transaction that see all of it."""

ADDED_BY_ALL = ("audit", "ledger")
"""Whoever is known to the database may add a line, and reads what the rule above says."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    driver = op.get_bind().connection.driver_connection  # many statements in one text, with colons and per cent signs of their own
    driver.execute(FUNCTIONS)
    for table, rule in RULES.items():
        rows, also = rule if isinstance(rule, tuple) else (rule, "policy sync")
        driver.execute("SELECT lantern_guard(%s, %s, %s)", (table, rows, also))
    for table in ADDED_BY_ALL:
        driver.execute(f"CREATE POLICY added ON {table} FOR INSERT WITH CHECK (cardinality({REACH}) > 0)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in RULES:
        op.execute(f"DROP POLICY IF EXISTS added ON {table}")
        op.execute(f"DROP POLICY seen ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute(
        "DROP FUNCTION lantern_guard(text, text, text), lantern_inboxes(), lantern_teams(boolean), "
        "lantern_met_hidden(text), lantern_handed_over(text), lantern_broke_glass(text), "
        "lantern_knows(text), lantern_works_with(text), lantern_hidden(), lantern_look_inside(), lantern_reach()"
    )
    op.execute("DROP TABLE context_key")
