"""The person tables: one row a person as its patches leave it, with when and where they were last seen, and the search index."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any, Final

from msgspec import Struct

from mobile.store import near
from mobile.store.database import Connection
from mobile.store.rows import body_of, read_body
from shared.model.codes import ContactState
from shared.model.person import SAFETY_FIELDS, NeedRecorded, Person
from shared.model.value import Id
from shared.rules import names
from shared.rules.joined import choose_one, list_reached

NEAR_M: Final = 250.0
"""Within this distance people are within reach; beyond it they are listed by distance."""
HERE_M: Final = 60.0
"""Within this distance somebody was last seen at this very place, as far as GPS can tell."""

COLUMNS: Final = (
    "person.id, person.known_as, person.body, person.has_conflict, person.has_safety_needs, person.last_seen_at,"
    " person.last_state, person.last_site_id, person.latitude, person.longitude"
)
ALIVE: Final = "json_extract(person.body, '$.died_on') IS NULL"
"""Nobody is led to somebody who died, though whoever looks for them by name finds them."""
NOT_MERGED: Final = "person.id NOT IN (SELECT id FROM stood_for)"
MERGED: Final = (
    "WITH RECURSIVE merged AS (SELECT from_id, into_id FROM person_merged AS said WHERE undone = 0 AND NOT EXISTS ("
    " SELECT 1 FROM person_merged AS later WHERE later.undone = 1 AND later.at >= said.at"
    " AND min(later.from_id, later.into_id) = min(said.from_id, said.into_id)"
    " AND max(later.from_id, later.into_id) = max(said.from_id, said.into_id))),"
    " reached AS (SELECT from_id, into_id FROM merged UNION SELECT reached.from_id, merged.into_id"
    " FROM reached JOIN merged ON merged.from_id = reached.into_id),"
    " same(one, other) AS (SELECT from_id, into_id FROM merged UNION SELECT into_id, from_id FROM merged"
    " UNION SELECT same.one, merged.into_id FROM same JOIN merged ON merged.from_id = same.other"
    " UNION SELECT same.one, merged.from_id FROM same JOIN merged ON merged.into_id = same.other),"
    " joined(id, gone) AS (SELECT DISTINCT one, EXISTS (SELECT 1 FROM reached AS on_to WHERE on_to.from_id = same.one"
    " AND (on_to.into_id < same.one OR NOT EXISTS (SELECT 1 FROM reached AS back"
    " WHERE back.from_id = on_to.into_id AND back.into_id = same.one))) FROM same),"
    " stood_for(id) AS (SELECT joined.id FROM joined WHERE EXISTS (SELECT 1 FROM same JOIN joined AS better"
    " ON better.id = same.other JOIN person ON person.id = better.id"
    " WHERE same.one = joined.id AND (better.gone, better.id) < (joined.gone, joined.id)))"
)
"""Of each two records the latest word stands, in whichever direction it names them, as on the server: two that are parted leave
others joined. One stands for all (`shared.rules.joined`), of those that this phone holds: somebody whose other record is on no
phone of this team is on every list all the same."""


class PersonRow(Struct, frozen=True):
    """A person as a list needs them. `distance_m` is None when nobody asked, or when it is not known."""

    id: Id
    known_as: str
    person: Person
    has_conflict: bool
    has_safety_needs: bool
    last_seen_at: int | None
    last_state: ContactState | None
    last_site_id: Id | None
    place: tuple[float, float] | None
    distance_m: float | None = None


def put_person(connection: Connection, person: Person, has_conflict: bool) -> None:
    """Write what the patches of a person come to now; when they were last seen is kept."""
    connection.execute(
        "INSERT INTO person (id, known_as, body, has_conflict) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET known_as = excluded.known_as, body = excluded.body,"
        " has_conflict = excluded.has_conflict",
        (person.id, person.known_as, body_of(person), has_conflict),
    )
    renew_shown(connection, person.id)


def renew_shown(connection: Connection, person_id: Id) -> None:
    """Let a person be found by the words of each record that is said to be theirs, and warned of by each."""
    same = list_aliases(connection, person_id)
    marks = ", ".join("?" * len(same))
    rows = connection.execute(f"SELECT number, body FROM person WHERE id IN ({marks}) ORDER BY id", same).fetchall()
    told = [read_body(body, Person) for _, body in rows]
    for number, _ in rows:
        put_search(connection, number, *told)
    warned = any(getattr(person, name) for person in told for name in SAFETY_FIELDS)
    connection.execute(f"UPDATE person SET has_safety_needs = ? WHERE id IN ({marks})", (warned, *same))


def put_search(connection: Connection, number: int, *records: Person) -> None:
    """What a person is found by: every word as written, folded and in Latin letters, and how their names sound."""
    called = " ".join(f"{person.name} {person.alias}" for person in records)
    described = " ".join(person.description for person in records)
    connection.execute(
        "INSERT OR REPLACE INTO person_search (rowid, words, sounds) VALUES (?, ?, ?)",
        (number, names.index_words(f"{called} {described}"), " ".join(names.sounds(called))),
    )


def renew_joined(connection: Connection, person_ids: Collection[Id]) -> None:
    """Two records were said to be one person, or parted: each is found, and was last seen, as the records that are theirs say."""
    for person_id, *_ in {list_aliases(connection, each) for each in person_ids}:
        refresh_last_seen(connection, person_id)
        renew_shown(connection, person_id)


def forget_person(connection: Connection, person_id: Id) -> None:
    """Drop a person whose last patch has left this phone; nobody is found by their words any more."""
    connection.execute("DELETE FROM person_search WHERE rowid = (SELECT number FROM person WHERE id = ?)", (person_id,))
    connection.execute("DELETE FROM person WHERE id = ?", (person_id,))
    renew_shown(connection, person_id)


def refresh_last_seen(connection: Connection, person_id: Id) -> None:
    """Take the newest contact that names this person, under whichever of their records, as when, how and where they were last
    seen."""
    same = list_aliases(connection, person_id)
    marks = ", ".join("?" * len(same))
    row = connection.execute(
        "SELECT contact.seen_at, contact.id, contact.state, contact.site_id,"
        " coalesce(contact.latitude, site.latitude), coalesce(contact.longitude, site.longitude)"
        " FROM contact_person JOIN contact ON contact.id = contact_person.contact_id"
        f" LEFT JOIN site ON site.id = contact.site_id WHERE contact_person.person_id IN ({marks})"
        " ORDER BY contact.seen_at DESC, contact.id DESC LIMIT 1",
        same,
    ).fetchone()
    connection.execute(
        "UPDATE person SET last_seen_at = ?, last_contact_id = ?, last_state = ?, last_site_id = ?, latitude = ?,"
        f" longitude = ? WHERE id IN ({marks})",
        (*(row or (None,) * 6), *same),
    )


def note_contact(connection: Connection, person_id: Id, contact_id: Id, seen_at_ms: int) -> None:
    """Take this contact, which names the person, as their newest, unless a newer one is known."""
    same = list_aliases(connection, person_id)
    marks = ", ".join("?" * len(same))
    connection.execute(
        "UPDATE person SET (last_seen_at, last_contact_id, last_state, last_site_id, latitude, longitude) ="
        " (SELECT contact.seen_at, contact.id, contact.state, contact.site_id, coalesce(contact.latitude, site.latitude),"
        " coalesce(contact.longitude, site.longitude) FROM contact LEFT JOIN site ON site.id = contact.site_id"
        " WHERE contact.id = ?)"
        f" WHERE id IN ({marks}) AND (last_contact_id IS NULL OR (last_seen_at, last_contact_id) < (?, ?))",
        (contact_id, *same, seen_at_ms, contact_id),
    )


def list_last_seen_at(connection: Connection, site_id: Id) -> list[Id]:
    """People whose newest contact was at this place, each once."""
    query = f"{MERGED} SELECT id FROM person WHERE last_site_id = ? AND {NOT_MERGED} ORDER BY last_seen_at DESC"
    rows = connection.execute(query, (site_id,))
    return [person_id for (person_id,) in rows]


def find_person(connection: Connection, person_id: Id) -> PersonRow | None:
    """One person by id, following no alias."""
    row = connection.execute(f"SELECT {COLUMNS}, NULL FROM person WHERE id = ?", (person_id,)).fetchone()
    return _person_row(row) if row else None


def list_people(connection: Connection, person_ids: tuple[Id, ...]) -> list[PersonRow]:
    """These people, in this order; who is not here is left out."""
    found = (find_person(connection, person_id) for person_id in person_ids)
    return [row for row in found if row is not None]


def list_near(
    connection: Connection, latitude: float, longitude: float, limit: int, tonight: str = ""
) -> list[PersonRow]:
    """Living people last seen near a place, the likeliest to be met there first: at this very place before those a minute away
    before those within `NEAR_M`, in each by how lately; then the others by distance. Who was met already `tonight` (a night's
    date) comes after all within reach who were not.
    """
    rows = connection.execute(
        f"{MERGED} SELECT {COLUMNS}, {near.SQUARED_M} AS squared_m FROM person"
        f" WHERE latitude IS NOT NULL AND {NOT_MERGED} AND {ALIVE}"
        " ORDER BY squared_m > :near_m * :near_m,"
        " (SELECT night FROM contact WHERE contact.id = person.last_contact_id) IS :tonight,"
        " CASE WHEN squared_m <= :here_m * :here_m THEN 0 WHEN squared_m <= :near_m * :near_m / 4 THEN 1 ELSE 2 END,"
        " CASE WHEN squared_m <= :near_m * :near_m THEN -last_seen_at ELSE squared_m END, id LIMIT :limit",
        {
            **near.origin(latitude, longitude),
            "here_m": HERE_M,
            "near_m": NEAR_M,
            "tonight": tonight,
            "limit": limit,
        },
    )
    return [_person_row(row) for row in rows]


def list_recent(connection: Connection, limit: int, *, living_only: bool = False) -> list[PersonRow]:
    """People by how lately they were seen; the never seen come last, newest record first."""
    whom = f"{NOT_MERGED} AND {ALIVE}" if living_only else NOT_MERGED
    rows = connection.execute(
        f"{MERGED} SELECT {COLUMNS}, NULL FROM person WHERE {whom}"
        " ORDER BY last_seen_at IS NULL, last_seen_at DESC, id DESC LIMIT ?",
        (limit,),
    )
    return [_person_row(row) for row in rows]


def search(connection: Connection, text: str, limit: int) -> list[PersonRow]:
    """People whose words begin with every word of `text`, most lately seen first; then those whose name sounds like it. Any text
    is safe.
    """
    wanted = match_of(text)
    if not wanted:
        return list_recent(connection, limit)
    found = _matching(connection, wanted, limit)
    heard = " ".join(names.sounds(text))
    if not heard or len(found) >= limit:
        return found
    known = {row.id for row in found}
    alike = _matching(connection, f"sounds : ({heard})", limit)
    return [*found, *(row for row in alike if row.id not in known)][:limit]


def _matching(connection: Connection, match: str, limit: int) -> list[PersonRow]:
    rows = connection.execute(
        f"{MERGED} SELECT {COLUMNS}, NULL FROM person_search JOIN person ON person.number = person_search.rowid"
        f" WHERE person_search MATCH ? AND {NOT_MERGED}"
        " ORDER BY last_seen_at IS NULL, last_seen_at DESC, person.id DESC LIMIT ?",
        (match, limit),
    )
    return [_person_row(row) for row in rows]


def search_any(connection: Connection, text: str, limit: int) -> list[PersonRow]:
    """People who share a word of three letters or more with `text`, the most alike first."""
    words = {word for word in _words(text) if len(word) >= 3}
    if not words:
        return []
    rows = connection.execute(
        f"{MERGED} SELECT {COLUMNS}, NULL FROM person_search JOIN person ON person.number = person_search.rowid"
        f" WHERE person_search MATCH ? AND {NOT_MERGED} ORDER BY rank LIMIT ?",
        (" OR ".join(f'"{word}"' for word in sorted(words)[:40]), limit),
    )
    return [_person_row(row) for row in rows]


def list_sounding_like(connection: Connection, text: str, limit: int) -> list[PersonRow]:
    """People of whose names one sounds like a word of `text`."""
    heard = " OR ".join(sorted(set(names.sounds(text))))
    return _matching(connection, f"sounds : ({heard})", limit) if heard else []


def next_steps(connection: Connection, person_ids: tuple[Id, ...]) -> dict[Id, str]:
    """The next step that the newest contact with each of these people left."""
    marks = ", ".join("?" * len(person_ids))
    rows = connection.execute(
        "SELECT person.id, contact.next_step FROM person JOIN contact ON contact.id = person.last_contact_id"
        f" WHERE contact.next_step <> '' AND person.id IN ({marks})",
        person_ids,
    )
    return dict(rows.fetchall())


def match_of(text: str) -> str:
    """The FTS5 query for a worker's words: each by its beginning, all of them. Punctuation never becomes syntax."""
    return " ".join(f'"{word}"*' for word in _words(text)[:10])


def _words(text: str) -> list[str]:
    """The words of a text as they are looked up: folded, which is how they lie in the index too."""
    return names.words_of(text)


def list_followed_up(connection: Connection, since_ms: int, limit: int, tonight: str) -> list[PersonRow]:
    """People seen since `since_ms`, and not `tonight` (a night's date), who bedded down, were about to, or were left with a next
    step. Nobody who died.
    """
    rows = connection.execute(
        f"{MERGED} SELECT {COLUMNS}, NULL FROM person JOIN contact ON contact.id = person.last_contact_id"
        f" WHERE person.last_seen_at >= ? AND contact.night <> ? AND {NOT_MERGED}"
        f" AND {ALIVE}"
        " AND (contact.next_step <> '' OR contact.state IN ('bedded_down', 'about_to_bed_down'))"
        " ORDER BY person.last_seen_at DESC LIMIT ?",
        (since_ms, tonight, limit),
    )
    return [_person_row(row) for row in rows]


def list_needs(connection: Connection, person_ids: tuple[Id, ...]) -> list[NeedRecorded]:
    """The newest word on each need of a person (under all their ids), newest first. What was told in a contact that turned out
    to be with somebody else, not to have happened, or to have said no such thing, is not theirs.
    """
    marks = ", ".join("?" * len(person_ids))
    rows = connection.execute(
        f"SELECT need, body FROM need WHERE person_id IN ({marks}) AND NOT EXISTS ("
        " SELECT 1 FROM contact WHERE contact.id = json_extract(need.body, '$.contact_id') AND contact.corrections > 0"
        f" AND NOT (EXISTS (SELECT 1 FROM contact_person WHERE contact_id = contact.id AND person_id IN ({marks}))"
        " AND EXISTS (SELECT 1 FROM json_each(contact.body, '$.needs') AS seen"
        " WHERE json_extract(seen.value, '$.need') = need.need)))"
        " ORDER BY at DESC, id DESC",
        person_ids * 2,
    )
    newest: dict[str, str] = {}
    for need, body in rows:
        newest.setdefault(need, body)
    return [read_body(body, NeedRecorded) for body in newest.values()]


def list_aliases(connection: Connection, person_id: Id) -> tuple[Id, ...]:
    """Every id this person is known under, the one that the others were merged into first."""
    is_told = "SELECT 1 FROM person_merged WHERE ? IN (from_id, into_id) LIMIT 1"
    if connection.execute(is_told, (person_id,)).fetchone() is None:
        return (person_id,)
    pairs = connection.execute(f"{MERGED} SELECT from_id, into_id FROM merged").fetchall()
    beside: dict[Id, set[Id]] = defaultdict(set)
    for from_id, into_id in pairs:
        beside[from_id].add(into_id)
        beside[into_id].add(from_id)
    same = list_reached(beside, person_id) | {person_id}
    chosen = choose_one(pairs).get(person_id, person_id)
    stood_for = {each for (each,) in connection.execute(f"{MERGED} SELECT id FROM stood_for")}
    root = next((each for each in sorted(same - stood_for) if find_person(connection, each)), chosen)
    return (root, *sorted(same - {root}))


def count_people(connection: Connection) -> int:
    """How many people this phone holds (rule B9)."""
    return int(connection.execute("SELECT count(*) FROM person").fetchone()[0])


def _person_row(row: Any) -> PersonRow:
    person = read_body(row[2], Person)
    place = None if row[8] is None else (row[8], row[9])
    state = None if row[6] is None else ContactState(row[6])
    return PersonRow(
        row[0], row[1], person, bool(row[3]), bool(row[4]), row[5], state, row[7], place, near.metres(row[10])
    )
