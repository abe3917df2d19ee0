"""The facts about many people that a policy decision rests on, in one question however many: what `subjects` finds of one."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import CompoundSelect, String, and_, cast, literal, null, select, union_all
from sqlalchemy.orm import Session

from server.database.context import beyond_reader
from server.database.statements import ids
from server.queries.people.subjects import hidden_with, last_met, person_of, same_person, since_of, while_recent
from server.tables.cases.case import case_action, mdt_case
from server.tables.partnership.agency import team
from server.tables.people.person import person
from server.tables.people.verification import person_verification
from server.tables.street.contact import contact_person
from shared.model.value import Id
from shared.policy.subject import Subject


@beyond_reader
def list_people(session: Session, person_ids: Collection[Id]) -> dict[Id, Subject]:
    """These people by id, as `subjects.find_person` finds each. Unknown ids are left out."""
    rows = session.execute(_PEOPLE, {"person_ids": list(person_ids), "since": since_of(session)}).all()
    whose: dict[Id, list[Any]] = {}
    for row in rows:
        whose.setdefault(row.whose, []).append(row)
    own = {row.whose: row for row in rows if row.kind == "record" and row.id == row.whose}
    return {each: hidden_with(session, person_of(row, whose[each]), [each]) for each, row in own.items()}


def _ask_people() -> CompoundSelect[Any]:
    """Their records, their teams and cases, who met them and where; each row with whose it is."""
    same = same_person(select(person.c.id.label("whose")).where(person.c.id.in_(ids("person_ids"))))
    none = cast(null(), String)

    def part(
        kind: str, whose: Any, record: Any = none, team_id: Any = none, agency_id: Any = none, district: Any = none
    ) -> Any:
        columns = {"whose": whose, "id": record, "team_id": team_id, "agency_id": agency_id, "district_id": district}
        return select(literal(kind).label("kind"), *(column.label(name) for name, column in columns.items()))

    met = (
        select(same.c.whose, contact_person.c.team_id, contact_person.c.district_id, last_met())
        .join_from(same, contact_person, contact_person.c.person_id == same.c.id)
        .group_by(same.c.whose, contact_person.c.team_id, contact_person.c.district_id)
        .subquery("met")
    )
    wrote = while_recent(person.c.created_at, team.c.agency_id)
    owes = and_(case_action.c.case_id == mdt_case.c.id, case_action.c.done_at.is_(None))
    return union_all(
        part("record", same.c.whose, person.c.id, person.c.team_id, wrote, person.c.district_id)
        .join_from(same, person, person.c.id == same.c.id)
        .outerjoin(team, team.c.id == person.c.team_id),
        part("case", same.c.whose, agency_id=case_action.c.agency_id, district=mdt_case.c.district_id)
        .join_from(same, mdt_case, mdt_case.c.person_id == same.c.id)
        .outerjoin(case_action, owes),
        part("verified", same.c.whose, district=person_verification.c.district_id).join_from(
            same, person_verification, person_verification.c.person_id == same.c.id
        ),
        part(
            "met", met.c.whose, agency_id=while_recent(met.c.last_at, team.c.agency_id), district=met.c.district_id
        ).select_from(met.outerjoin(team, team.c.id == met.c.team_id)),
    )


_PEOPLE = _ask_people()
