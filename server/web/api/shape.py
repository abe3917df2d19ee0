"""What all addresses of the API have in common: how each is described, how lists are cut into pages, and what is one's own."""

from typing import Annotated, Any

from litestar.params import QueryParameter
from msgspec import Struct

from server.access import Access
from server.http.openapi import OF_SYSTEMS, problems
from server.http.systems import SCOPE
from server.problems import Invalid
from server.queries.partnership.systems import Scope
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind

BASE = "/api/v1"
MOST = 200
AFTER_LENGTH = 120
Limit = Annotated[int, QueryParameter(ge=1, le=MOST)]
After = Annotated[str, QueryParameter(max_length=AFTER_LENGTH)]


class Told(Struct, frozen=True, kw_only=True):
    """What an answer says: every field, also one that is empty."""


def reading(act: Act, scope: Scope, *statuses: int) -> dict[str, Any]:
    """For a handler that reads."""
    return described(act, scope, 400, 401, 403, 429, *statuses)


def writing(act: Act, scope: Scope, *statuses: int) -> dict[str, Any]:
    """For a handler that writes."""
    return described(act, scope, 400, 401, 403, 413, 415, 429, *statuses)


def described(act: Act, scope: Scope, *statuses: int) -> dict[str, Any]:
    """An address by its action and scope, as the gate and the description want them."""
    return {
        "opt": {"action": act, SCOPE: scope}, "sync_to_thread": True, "responses": problems(*statuses),
        "security": [{OF_SYSTEMS: [str(scope)]}], "tags": ["Partners' systems"],
    }  # fmt: skip


def own(access: Access) -> Subject:
    """What belongs to the agency as a whole."""
    actor = access.actor
    return Subject(
        kind=SubjectKind.AGENCY, id=actor.agency_id, owner_agency_id=actor.agency_id, district_ids=actor.district_ids,
        working_agency_ids=frozenset({actor.agency_id}),
    )  # fmt: skip


def check_text(value: str) -> str:
    """A mark that a page ended with, as it came. Raises Invalid for what no database can be asked."""
    if "\0" in value:
        raise Invalid("after: it is not what an earlier page ended with.")
    return value


def last_of(ids: list[Id], limit: int, is_more: bool) -> str | None:
    """The mark after which the next page begins; None where there is none."""
    return ids[limit - 1] if is_more else None
