"""How this package builds its larger statements: once, with named parameters, and handed out again as they are.

Building a statement costs many times what sending it does, and SQLAlchemy knows again only a statement that is the very same
object. So a condition that not every call has is added by `narrow`, which leaves a statement without one untouched.
"""

from collections.abc import Collection
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import CTE, BindParameter, ColumnElement, Select, String, bindparam, case, or_, select

from server.tables.person import person_merge

Narrowed = TypeVar("Narrowed", bound=Select[Any])
Ids: TypeAlias = BindParameter[Any]
"""A parameter that takes a list of ids, for `column.in_()`."""


def narrow(statement: Narrowed, conditions: Collection[ColumnElement[bool]]) -> Narrowed:
    """Returns the statement with these conditions; the same object where there are none."""
    return statement.where(*conditions) if conditions else statement


def ids(name: str) -> Ids:
    """Returns a parameter that takes a list of ids."""
    return bindparam(name, type_=String, expanding=True)


def same_person(person_id: ColumnElement[str]) -> CTE:
    """Returns the ids that were found to be the same person as this one, directly or by way of others, itself among them."""
    same = select(person_id.label("id")).cte("same", recursive=True)
    other = case((person_merge.c.from_id == same.c.id, person_merge.c.into_id), else_=person_merge.c.from_id)
    merged = or_(person_merge.c.from_id == same.c.id, person_merge.c.into_id == same.c.id)
    return same.union(select(other).join_from(same, person_merge, merged).where(person_merge.c.undone.is_(False)))
