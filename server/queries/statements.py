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


def same_person(people: Select[Any]) -> CTE:
    """Returns (`whose`, `id`): for each of the people that a statement of one column names, every id that was found to be the
    same person, directly or by way of others, their own among them."""
    (named,) = people.selected_columns
    same = people.add_columns(named.label("id")).cte("same", recursive=True)
    whose, known = same.c[0], same.c.id
    other = case((person_merge.c.from_id == known, person_merge.c.into_id), else_=person_merge.c.from_id)
    merged = or_(person_merge.c.from_id == known, person_merge.c.into_id == known)
    return same.union(
        select(whose, other).join_from(same, person_merge, merged).where(person_merge.c.undone.is_(False))
    )
