"""A form as its writer left it, for the page that shows it again: nothing typed is lost between two looks."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from server.http.services import Services
from server.web.layout.forms import Form
from shared.model.value import Id

F = TypeVar("F", bound=Form)


def kept_fields(services: Services, worker_id: Id, page: str, action: str) -> Mapping[str, str | list[str]]:
    """What was left in one form, field by field; nothing where it was sent."""
    found = services.drafts.find(worker_id, page, action)
    return {} if found is None else found.fields


def kept_form(services: Services, worker_id: Id, page: str, action: str, fresh: F, *, is_on_record: bool = False) -> F:
    """`fresh` with whatever was left in it; a field that the form has no longer is passed over. What `is_on_record` is as it
    stands now wherever its writer left it as it stood then (`was_`)."""
    fields = kept_fields(services, worker_id, page, action)
    known = {
        name: value
        for name, value in fields.items()
        if name in fresh.__struct_fields__
        and name != "key"
        and not (is_on_record and fields.get(f"was_{name}") == value)
    }
    kinds = {each.name: each.type for each in msgspec.structs.fields(fresh)}
    good = {name: value for name, value in known.items() if isinstance(value, str) or kinds[name] is not str}
    return msgspec.structs.replace(fresh, **good)
