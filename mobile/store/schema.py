"""The numbered steps that make the store's tables, oldest first. A released step is never edited; a new one is added
after it.

Domain tables are read models: each is derived from changes (`projection`) and can be rebuilt. `body` holds the Struct
as JSON, the columns beside it are what queries sort and filter by. Times are integer milliseconds UTC.
"""

from collections.abc import Callable
from typing import Final

from mobile.store import people
from mobile.store.database import Connection, Store
from mobile.store.errors import StoreTooNew
from mobile.store.forgetting import forget_immigration
from mobile.store.rows import read_body
from shared.model.person import Person

Step = str | Callable[[Connection], None]

STEP_1: Final = """
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE person (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known_as TEXT NOT NULL, body TEXT NOT NULL,
    has_conflict INTEGER NOT NULL DEFAULT 0,
    has_safety_needs INTEGER NOT NULL DEFAULT 0, last_seen_at INTEGER, last_contact_id TEXT, last_state TEXT,
    last_site_id TEXT, latitude REAL, longitude REAL);
CREATE INDEX person_recent ON person (last_seen_at DESC);
CREATE INDEX person_site ON person (last_site_id);
CREATE INDEX person_place ON person (latitude, longitude);
CREATE VIRTUAL TABLE person_search USING fts5 (
    words, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3');

CREATE TABLE site (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, latitude REAL, longitude REAL, body TEXT NOT NULL,
    in_use INTEGER NOT NULL DEFAULT 1, has_hazards INTEGER NOT NULL DEFAULT 0, has_conflict INTEGER NOT NULL DEFAULT 0,
    last_visited_at INTEGER, people_last_seen INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX site_place ON site (latitude, longitude);

CREATE TABLE contact (
    id TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, night TEXT NOT NULL, state TEXT NOT NULL, worker_id TEXT NOT NULL,
    shift_id TEXT, site_id TEXT, referral_id TEXT, latitude REAL, longitude REAL, next_step TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL, original TEXT, corrections INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX contact_seen ON contact (seen_at DESC);
CREATE INDEX contact_shift ON contact (shift_id);
CREATE INDEX contact_site ON contact (site_id, seen_at DESC);
CREATE TABLE contact_person (
    person_id TEXT NOT NULL, contact_id TEXT NOT NULL, seen_at INTEGER NOT NULL,
    PRIMARY KEY (person_id, contact_id)) WITHOUT ROWID;
CREATE INDEX contact_person_contact ON contact_person (contact_id);
CREATE TABLE contact_correction (
    id TEXT PRIMARY KEY, contact_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX contact_correction_contact ON contact_correction (contact_id);

CREATE TABLE visit (
    id TEXT PRIMARY KEY, at INTEGER NOT NULL, shift_id TEXT, site_id TEXT, referral_id TEXT, worker_id TEXT NOT NULL,
    people_found INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX visit_site ON visit (site_id, at DESC);
CREATE INDEX visit_shift ON visit (shift_id);

CREATE TABLE referral (
    id TEXT PRIMARY KEY, number TEXT NOT NULL, state TEXT NOT NULL, reported_at INTEGER NOT NULL, due_on TEXT NOT NULL,
    team_id TEXT, latitude REAL, longitude REAL, outcome TEXT NOT NULL DEFAULT '', body TEXT NOT NULL,
    has_conflict INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX referral_due ON referral (due_on);
CREATE TABLE referral_progress (
    id TEXT PRIMARY KEY, referral_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX referral_progress_referral ON referral_progress (referral_id, at);

CREATE TABLE shift (
    id TEXT PRIMARY KEY, worker_id TEXT NOT NULL, started_at INTEGER NOT NULL, night TEXT NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE shift_joined (
    id TEXT PRIMARY KEY, shift_id TEXT NOT NULL, worker_id TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE shift_ended (
    id TEXT PRIMARY KEY, shift_id TEXT NOT NULL, worker_id TEXT NOT NULL, at INTEGER NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE check_in (
    id TEXT PRIMARY KEY, shift_id TEXT NOT NULL, worker_id TEXT NOT NULL, at INTEGER NOT NULL, next_due_at INTEGER,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX check_in_shift ON check_in (shift_id, worker_id, at DESC);

CREATE TABLE need (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, need TEXT NOT NULL, at INTEGER NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX need_person ON need (person_id, at DESC);
CREATE TABLE person_merged (
    id TEXT PRIMARY KEY, from_id TEXT NOT NULL, into_id TEXT NOT NULL, at INTEGER NOT NULL,
    undone INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE verification (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX verification_person ON verification (person_id);
CREATE TABLE record_read (
    id TEXT PRIMARY KEY, subject_id TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX record_read_subject ON record_read (subject_id, at DESC);

CREATE TABLE tray_dismissed (change_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""

SEARCH_BY_SOUND: Final = """
DROP TABLE person_search;
CREATE VIRTUAL TABLE person_search USING fts5 (
    words, sounds, tokenize = "unicode61 remove_diacritics 2", prefix = '1 2 3')
"""


PICTURES: Final = """
CREATE TABLE picture (sha256 TEXT PRIMARY KEY, body BLOB NOT NULL, document_id TEXT NOT NULL, at INTEGER NOT NULL)
WITHOUT ROWID
"""


PLANS: Final = """
CREATE TABLE shift_plan (
    id TEXT PRIMARY KEY, starts_at INTEGER NOT NULL, back_at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE shift_called_off (id TEXT PRIMARY KEY, plan_id TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID
"""


TOLD: Final = """
CREATE TABLE answer (
    id TEXT PRIMARY KEY, person_id TEXT NOT NULL, question TEXT NOT NULL, at INTEGER NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX answer_person ON answer (person_id, at);
CREATE TABLE consent (id TEXT PRIMARY KEY, person_id TEXT NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX consent_person ON consent (person_id, at)
"""


STRUCK_VISITS: Final = """
ALTER TABLE visit ADD COLUMN is_struck INTEGER NOT NULL DEFAULT 0;
CREATE TABLE visit_strike (
    id TEXT PRIMARY KEY, visit_id TEXT NOT NULL, at INTEGER NOT NULL, is_struck INTEGER NOT NULL,
    reason TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX visit_strike_visit ON visit_strike (visit_id, at)
"""


def search_by_sound(connection: Connection) -> None:
    """People are found without marks, in Latin letters, and by how their names sound: the index is made anew."""
    for statement in _statements(SEARCH_BY_SOUND):
        connection.execute(statement)
    for number, body in connection.execute("SELECT number, body FROM person").fetchall():
        people.put_search(connection, number, read_body(body, Person))


STEPS: Final[tuple[Step, ...]] = (STEP_1, forget_immigration, search_by_sound, PICTURES, PLANS, TOLD, STRUCK_VISITS)


def version_of(store: Store) -> int:
    """How many steps this file has taken."""
    with store.reading() as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(store: Store, steps: tuple[Step, ...] = STEPS) -> int:
    """Take the steps this file has not taken, each in one transaction with its number; returns how many were taken.

    A kill leaves the file before or after a step, never in one. Raises `StoreTooNew` for a file of a newer Lantern.
    """
    done = version_of(store)
    if done > len(steps):
        raise StoreTooNew(f"store version {done}, this app knows {len(steps)}")
    for number, step in enumerate(steps[done:], start=done + 1):
        with store.writing() as connection:
            _take(connection, step)
            connection.execute(f"PRAGMA user_version = {number}")
    return len(steps) - done


def _take(connection: Connection, step: Step) -> None:
    if callable(step):
        step(connection)
        return
    for statement in _statements(step):
        connection.execute(statement)


def _statements(script: str) -> list[str]:
    """The statements of a script. `executescript` is no help: it commits first."""
    return [statement.strip() for statement in script.split(";") if statement.strip()]
