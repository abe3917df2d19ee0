"""What policy asks of the records that pushed changes name, for a whole batch in two statements however many they are.

The first answers from each record itself; whether somebody else's relation to a person reaches further is asked only of the
people whom that does not settle.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from msgspec import Struct
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.sql import Sql
from shared.model.value import Id
from shared.policy import Subject, SubjectKind

Key = tuple[str, Id]
"""A kind of record and its id."""

_ALL_COLUMNS = {
    "person": "'person', id, district_id, team_id, null, null from person where id",
    "contact": "'contact', c.id, c.district_id, c.team_id, t.agency_id, c.worker_id"
    " from contact c left join team t on t.id = c.team_id where c.id",
    "site": "'site', id, district_id, team_id, null, null from site where id",
    "referral": "'referral', id, district_id, team_id, null, null from referral where id",
    "shift": "'shift', id, null, team_id, null, worker_id from shift where id",
    "visit": "'visit', id, district_id, team_id, null, worker_id from visit where id",
    "team": "'team', t.id, d.district_id, t.id, t.agency_id, null"
    " from team t left join team_district d on d.team_id = t.id where t.id",
    "walker": "'walker', shift_id, null, null, null, worker_id from shift_worker where shift_id",
    "member": "'member', worker_id, null, team_id, null, null from worker_team where worker_id",
} | {
    table: f"'{table}', id, null, null, null, null from {table} where id"
    for table in (
        "check_in", "verification", "person_need", "person_merge", "referral_progress", "contact_correction", "document",
        "visit_strike",
        "consent", "assessment_answer",
    )
}  # fmt: skip


class Touched(Struct, frozen=True):
    """What is known of the records that a batch names. `linked` holds, by kind and id, the workers or teams tied to it."""

    subjects: Mapping[Key, Subject]
    linked: Mapping[Key, frozenset[Id]]


@beyond_reader
def list_touched(session: Session, named: Mapping[str, Collection[Id]]) -> Touched:
    """Those of the named records that exist, by kind. `walker` asks who walks these shifts, `member` the teams of workers."""
    kinds = tuple(sorted(kind for kind, ids in named.items() if ids))
    if not kinds:
        return Touched({}, {})
    subjects: dict[Key, Subject] = {}
    linked: dict[Key, set[Id]] = {}
    for kind, record, district, team, agency, worker in Sql(session).rows(
        _spell(kinds), *(set(named[kind]) for kind in kinds)
    ):
        if kind in {"walker", "member"}:
            linked.setdefault((kind, record), set()).add(worker or team)
        elif kind == "team" and (kind, record) in subjects:
            before = subjects[kind, record]
            subjects[kind, record] = _subject(kind, record, before.district_ids | {district}, team, agency, worker)
        else:
            subjects[kind, record] = _subject(kind, record, {district}, team, agency, worker)
    return Touched(subjects, {key: frozenset(ids) for key, ids in linked.items()})


@lru_cache(maxsize=256)
def _spell(kinds: tuple[str, ...]) -> str:
    return " union all ".join(f"select {_ALL_COLUMNS[kind]} in ?*" for kind in kinds)


def _subject(
    kind: str, record: Id, districts: Collection[Id | None], team: Id | None, agency: Id | None, worker: Id | None
) -> Subject:
    return Subject(
        kind=SubjectKind(kind) if kind in _KINDS else SubjectKind.SYSTEM,
        id=record,
        district_ids=frozenset(each for each in districts if each),
        working_agency_ids=frozenset({agency} if agency and kind == "contact" else ()),
        owner_agency_id=agency,
        team_id=team,
        worker_id=worker,
    )


_KINDS = frozenset(str(kind) for kind in SubjectKind)

_PEOPLE = """
with recursive same(whose, id) as (
    select asked.value, asked.value from ?@ asked
    union
    select s.whose, case when m.from_id = s.id then m.into_id else m.from_id end
    from same s join person_merge m on (m.from_id = s.id or m.into_id = s.id) and not m.undone
)
select s.whose, case when p.id = s.whose then p.team_id end, case when p.created_at >= ? then t.agency_id end,
    case when p.id = s.whose then p.district_id end
from same s join person p on p.id = s.id left join team t on t.id = p.team_id
union all
select s.whose, null, a.agency_id, c.district_id
from same s join mdt_case c on c.person_id = s.id left join case_action a on a.case_id = c.id and {is_open}
union all
select s.whose, null, null, v.district_id from same s join person_verification v on v.person_id = s.id
union all
select s.whose, null, case when max(cp.seen_at) >= ? then t.agency_id end, cp.district_id
from same s join contact_person cp on cp.person_id = s.id left join team t on t.id = cp.team_id
group by s.whose, t.agency_id, cp.district_id
"""


@beyond_reader
def list_people(session: Session, person_ids: Collection[Id], since: datetime) -> dict[Id, Subject]:
    """These people as policy sees them: the districts where they were met or have a case, the agencies that work with them (met
    them, or wrote their record, since then, or owe them an action). Those of whom nothing is known are left out."""
    sql = Sql(session)
    moment: Any = since if sql.is_postgres else since.strftime("%Y-%m-%d %H:%M:%S.%f")
    found: dict[Id, list[Any]] = {}
    for row in sql.rows(_PEOPLE.format(is_open="a.done_at is null"), sorted(person_ids), moment, moment):
        found.setdefault(row[0], []).append(row)
    return {
        person_id: Subject(
            kind=SubjectKind.PERSON,
            id=person_id,
            district_ids=frozenset(row[3] for row in rows if row[3]),
            working_agency_ids=frozenset(row[2] for row in rows if row[2]),
            team_id=next((row[1] for row in rows if row[1]), None),
        )
        for person_id, rows in found.items()
    }
