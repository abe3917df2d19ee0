"""How queries build their larger statements: once, with named parameters, and handed out again as they are.

Building a statement costs many times what sending it does, and SQLAlchemy knows again only a statement that is the very same
object. So a condition that not every call has is added by `narrow`, which leaves a statement without one untouched.
"""

from collections.abc import Collection
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import BindParameter, ColumnElement, Select, String, bindparam

Narrowed = TypeVar("Narrowed", bound=Select[Any])
Ids: TypeAlias = BindParameter[Any]
"""A parameter that takes a list of ids, for `column.in_()`."""


def narrow(statement: Narrowed, conditions: Collection[ColumnElement[bool]]) -> Narrowed:
    """Returns the statement with these conditions; the same object where there are none."""
    return statement.where(*conditions) if conditions else statement


def ids(name: str) -> Ids:
    """Returns a parameter that takes a list of ids."""
    return bindparam(name, type_=String, expanding=True)
