"""Health and harm: of one person, and of everybody in a district for learning from it."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session

from server.database.sql import Sql
from server.queries.people.concealment import not_concealed
from server.queries.people.verification import list_groups
from server.tables.people.health import health_fact
from server.tables.people.person import person
from shared.model.health import HealthFact, HealthKind
from shared.model.value import Id
from shared.rules.health import tell_once

COLUMN = {"on": "happened_on", "until": "until_on"}
"""Fields whose names SQL would take for its own words."""
LEARNT_FROM = (HealthKind.HARM, HealthKind.DEATH)


def list_facts(session: Session, person_ids: Collection[Id]) -> list[HealthFact]:
    """Those of one person under all their records, the newest first; struck-out ones too."""
    query = select(health_fact).where(health_fact.c.person_id.in_(sorted(person_ids)))
    return _read(session, query.order_by(health_fact.c.recorded_at.desc(), health_fact.c.id.desc()))


def list_harm(session: Session, district_ids: Collection[Id], since: date) -> list[HealthFact]:
    """Deaths and harm of people last met in these districts, and safeguarding, since a day, the newest first; not of hidden
    people, and nothing that was struck out. Of a person with two records one may have been met there, and the other tell it; a
    death that both tell is told once."""
    kinds = [str(each) for each in (*LEARNT_FROM, HealthKind.SAFEGUARDING, HealthKind.ANSWER)]
    query = (
        select(health_fact)
        .where(
            health_fact.c.kind.in_(kinds),
            health_fact.c.happened_on >= since,
            health_fact.c.struck_at.is_(None),
            *not_concealed(session, health_fact.c.person_id),
        )
        .order_by(health_fact.c.happened_on.desc(), health_fact.c.id.desc())
    )
    facts = _read(session, query)
    if not facts:
        return []
    groups = list_groups(session, sorted({each.person_id for each in facts}))
    named = sorted({each for group in groups.values() for each in group})
    met = "select id from person where id in ?* and district_id in ?*"
    met_there = {each for (each,) in Sql(session).rows(met, named, sorted(district_ids))}
    return tell_once([each for each in facts if groups[each.person_id] & met_there], groups)


def add_fact(session: Session, new: HealthFact) -> None:
    """Write a fact."""
    values = {COLUMN.get(name, name): getattr(new, name) for name in HealthFact.__struct_fields__}
    session.execute(insert(health_fact), [values | {"kind": str(new.kind)}])


def set_fact(session: Session, fact_id: Id, **values: Any) -> None:
    """Write what became of it, such as the day they left or what was learnt."""
    named = {COLUMN.get(name, name): value for name, value in values.items()}
    session.execute(update(health_fact).where(health_fact.c.id == fact_id).values(**named))


def strike_out(session: Session, fact_id: Id, at: datetime, worker_id: Id) -> None:
    """It was never so: it stays on record and counts nowhere."""
    session.execute(update(health_fact).where(health_fact.c.id == fact_id).values(struck_at=at, struck_by=worker_id))


def list_dead(session: Session, person_ids: Collection[Id]) -> set[Id]:
    """Which of these records are of somebody who died."""
    query = select(person.c.id).where(person.c.id.in_(sorted(person_ids)), person.c.died_on.is_not(None))
    return set(session.scalars(query))


def _read(session: Session, query: Select[Any]) -> list[HealthFact]:
    names = HealthFact.__struct_fields__
    return [
        HealthFact(**({name: row[COLUMN.get(name, name)] for name in names} | {"kind": HealthKind(row["kind"])}))
        for row in session.execute(query).mappings()
    ]
