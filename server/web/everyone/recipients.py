"""Who can see what: every organisation and role, open to all partners (privacy rule A11)."""

from litestar import Response, get
from litestar.di import NamedDependency

from server.access import Door
from server.queries.recipients import Recipients, list_recipients
from server.web.layout.page import AnyRequest, page
from server.web.layout.words import say
from shared.model.codes import Role
from shared.model.value import Value
from shared.policy import Act
from shared.policy.grid import GRID

VIEWS = (
    (Act.SEE_HOTSPOTS, "the published map"),
    (Act.SEE_MAP, "where people are, exactly, in their districts"),
    (Act.SEE_CASE_LIST, "the MDT case list of their districts"),
    (Act.SEE_PERSON, "records of people they work with or whose district is theirs"),
    (Act.SEE_REFERRALS, "referrals of their districts"),
)


class Line(Value, frozen=True, kw_only=True):
    """One organisation and role."""

    agency: str
    role: str
    people: int
    sees: str
    sees_map: bool
    since: str


@get("/who-can-see", opt={"action": Act.SEE_RECIPIENTS}, sync_to_thread=True, include_in_schema=False)
def show_recipients(request: AnyRequest, door: NamedDependency[Door]) -> Response[str]:
    """The open list."""
    with door.open() as access:
        access.require(Act.SEE_RECIPIENTS)
        lines = [_line(each) for each in list_recipients(access.session)]
        return page(
            request, "everyone/recipients.html", title="Who can see what", section="/who-can-see", worker=access.worker,
            lines=lines, readers=[line for line in lines if line.sees_map],
        )  # fmt: skip


def _line(found: Recipients) -> Line:
    acts = GRID.get(found.role, {})
    sees = [words for act, words in VIEWS if act in acts]
    return Line(
        agency=found.agency_name, role=say(found.role), people=found.people, sees_map=Act.SEE_HOTSPOTS in acts,
        sees=_first_up("; ".join(sees)) if sees else _nothing(found.role), since=f"{found.since:%d %b %Y}".lstrip("0"),
    )  # fmt: skip


def _nothing(role: Role) -> str:
    return "Runs the system, and sees no person and no map" if role is Role.ADMINISTRATOR else "Nothing"


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
