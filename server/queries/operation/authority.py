"""What PostgreSQL lets the server's own role do, and whether its second wall stands: row-level security, forced, on every table
that says something of somebody."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from server.database.sql import Sql

GUARDED = frozenset(
    {
        "agenda_item", "agenda_left_out", "alarm_event", "alert", "alert_referrer", "alert_version", "assessment_answer",
        "audit", "break_glass", "brought_in", "case_action", "case_event", "case_general", "case_lead", "case_move",
        "case_review", "case_told", "caseload_batch", "circulated_case", "conference_guest", "conference_note",
        "conflict", "consent",
        "contact", "contact_colleague", "contact_correction", "contact_need", "contact_person", "credential",
        "desk_filter",
        "device_token", "document", "document_content", "door_fact", "draft", "duress_sign",
        "engagement_try", "health_fact", "held_file",
        "home_asked", "identity_judgement", "ledger", "likely_same", "look", "mdt_case", "minutes_case", "minutes_version",
        "notice", "offer", "person", "person_hidden", "person_hidden_agency", "person_merge", "person_need", "person_note",
        "person_restricted",
        "equality_answer", "own_link", "own_wish",
        "person_stay", "person_verification", "plan_goal", "plan_review", "plan_step", "priority_override", "question",
        "recovery_code", "referral", "referral_progress", "refused_row", "sealed_outbox", "server_key", "shift",
        "shift_plan", "snapshot", "snapshot_named", "snapshot_pair", "snapshot_walk", "sign_in_session",
        "site", "sync_blob_part", "sync_change", "sync_write", "verification", "visit", "visit_strike", "wellbeing",
        "worker", "written_update",
    }
)  # fmt: skip
"""Every table with a column of level 3 or 4 in docs/fields.csv (`tests/house/test_fields.py`), and who was at a contact."""

WHO_MAY_WHAT = frozenset(
    {
        "agency", "agreement", "partner_system", "recipient", "team", "team_district", "worker_district", "worker_role",
        "worker_team",
    }
)  # fmt: skip
"""What policy rests on, read by everybody: no reader's transaction changes it."""

_UNGUARDED = """
select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and relname in ?* and not (
    relrowsecurity and relforcerowsecurity and exists (select from pg_policy p where p.polrelid = c.oid)
) order by relname
"""
_POWERS = """
select exists (select from pg_roles own where pg_has_role(own.oid, 'MEMBER')
        and (own.rolsuper or own.rolbypassrls or own.rolcreaterole or own.rolreplication)),
    has_schema_privilege('public', 'CREATE'),
    has_table_privilege('public.context_key', 'SELECT, INSERT, UPDATE, DELETE'),
    cardinality(public.lantern_reach())
"""


def list_breaches(session: Session) -> list[str]:
    """Why PostgreSQL's second wall does not stand for this role, in sentences; nothing where it does.

    The transaction must say whom it is for: that the database believes it is a part of the question.
    """
    return list(_find_breaches(session))


def _find_breaches(session: Session) -> Iterator[str]:
    is_above, may_create, reads_key, believed = Sql(session).rows(_POWERS)[0]
    if is_above:
        yield (
            "its role is a superuser, goes round row-level security, makes roles or copies the whole database, "
            "or may become such a role"
        )
    if owned := count_owned_tables(session):
        yield f"its role owns {owned} tables or may become their owner, so it could drop them and their policies"
    if unguarded := [name for (name,) in Sql(session).rows(_UNGUARDED, sorted(GUARDED | WHO_MAY_WHAT))]:
        yield f"row-level security is not forced on {', '.join(unguarded)}: run `lantern migrate` as the owner"
    if may_create and not is_above and not owned:
        yield "its role may make functions, which the owner's would call in the place of their own: run grants.sql again"
    if reads_key and not is_above and not owned:
        yield "its role may read or change the key that contexts are signed with: run grants.sql again"
    if not believed:
        yield "the database does not know this server's key: run `lantern migrate` as the owner, with the same keys"


def is_believed(session: Session) -> bool:
    """Does the database believe whom this transaction says it is for? One from before it asked believes everybody."""
    if Sql(session).rows("select to_regproc('public.lantern_reach') is null")[0][0]:
        return True
    return bool(Sql(session).rows("select cardinality(public.lantern_reach())")[0][0])


def count_owned_tables(session: Session) -> int:
    """Tables that this role could drop, or whose triggers it could switch off: its own, and those of roles it may become."""
    counted = "select count(*) from pg_tables where schemaname = 'public' and pg_has_role(tableowner, 'MEMBER')"
    return int(Sql(session).rows(counted)[0][0])
