"""What somebody's lead and the coordinator of a district may give and change among the records of those who work there. An
administrator may all of it.
"""

from collections.abc import Mapping

from server.access import Access
from server.importers.county import store
from server.importers.county.plan import Line
from server.importers.county.sheets import APART, County, Sheet
from server.web.layout.forms import Errors
from shared.model.codes import AgencyKind, AgreementKind, Role
from shared.model.value import Id
from shared.policy import Act, Subject, SubjectKind

ACTS = {
    "Districts": Act.MANAGE_DISTRICTS, "Agencies": Act.MANAGE_DISTRICTS, "Teams": Act.MANAGE_DISTRICTS,
    "Workers": Act.MANAGE_WORKERS, "Agreements": Act.MANAGE_AGREEMENTS,
}  # fmt: skip
LEADS_GIVE = (Role.WORKER, Role.TEAM_LEAD, Role.AGENCY_MEMBER)
"""The roles that the lead of a service may give its own people; the others are an administrator's to give."""


def rules_all(access: Access, sheet: Sheet) -> bool:
    """May the reader do this for every agency, or for their own alone?"""
    return access.allows(ACTS[sheet.name], Subject(kind=SubjectKind.WORKER))


def find_beyond(access: Access, sheet: Sheet, line: Line) -> Errors:
    """What a lead and a coordinator may not give: another agency, another's way in, a team that walks elsewhere, or a role
    that is an administrator's to give."""
    if sheet.name != "Workers" or rules_all(access, sheet):
        return {}
    standing = store.read_standing(access.session)
    errors: Errors = dict(find_out_of_hand(access, line.id, standing))
    stood = _stood(line)
    own = {row.cells["Code"] for row in standing.of("Districts") if row.cells["Id"] in access.actor.district_ids}
    if apart(line.cells["Districts"]) - apart(stood["Districts"]) - own:
        errors["districts"] = "You may give districts that you have yourself. Ask an administrator for others."
    services = {find_agency_id(standing, name) for name in (line.cells["Agency"], stood["Agency"]) if name}
    leads = all(is_lead_of(access, each) for each in services)
    if not leads:
        errors |= _beyond_a_coordinator(line, stood, standing, own, services == {access.actor.agency_id})
    if apart(line.cells["Roles"]) - {words_of(role) for role in list_given(leads)} - apart(stood["Roles"]):
        errors["roles"] = "Ask an administrator to give this role."
    return errors


def _beyond_a_coordinator(
    line: Line, stood: Mapping[str, str], standing: County, own: set[str], is_own_service: bool
) -> Errors:
    """What a coordinator may not change of whoever works in their district. Whoever could change the address by which somebody
    signs in, and invite them anew, or let somebody in again whom their service let go, would read what only these may."""
    if not is_own_service and (not line.id or stood["Agency"] != line.cells["Agency"]):
        return {"agency": "You may add people of your own service only."}
    ask = "Ask their service’s lead, or an administrator,"
    walked = {
        row.cells["Name"]: apart(row.cells["Districts"])
        for row in standing.of("Teams")
        if row.cells["Agency"] == line.cells["Agency"]
    }
    now, before = ({each: apart(cells[each]) for each in ("Districts", "Teams")} for cells in (line.cells, stood))
    errors: Errors = {}
    if line.id and line.cells["E-mail"] != stood["E-mail"]:
        errors["e_mail"] = f"{ask} to change what they sign in with."
    if line.id and line.cells["Active"] == "yes" != stood["Active"] and not is_own_service:
        errors["active"] = f"{ask} to let them in again."
    acted_in = before["Districts"].union(*(walked.get(name, set()) for name in before["Teams"]))
    if line.id and line.cells["Active"] != "yes" == stood["Active"] and not is_own_service and acted_in - own:
        errors["active"] = (
            f"They work in districts that are not yours, too. {ask} to let them go; your own you may take away."
        )
    if before["Districts"] - now["Districts"] - own:
        errors["districts"] = f"{ask} to take a district away that is not yours."
    if any(walked.get(name, set()) - own for name in now["Teams"] ^ before["Teams"]):
        errors["teams"] = "You may give and take away teams that walk in your districts only."
    if not line.id and not own & now["Districts"].union(*(walked.get(name, set()) for name in now["Teams"])):
        errors["districts"] = "Choose a district or a team of yours: nobody else in your district could find them."
    return errors


def find_out_of_hand(access: Access, worker_id: Id, standing: County) -> Errors:
    """Whose record a lead and a coordinator leave to an administrator: their own, and one that can do more than they may give.

    Whoever can change the address of an administrator and invite them anew signs in as them.
    """
    if not worker_id:
        return {}
    if worker_id == access.actor.worker_id:
        return {"name": "Ask an administrator to change what stands of yourself."}
    stood = next((row.cells for row in standing.of("Workers") if row.cells["Id"] == worker_id), {"Roles": ""})
    may_give = {words_of(role) for role in LEADS_GIVE}
    if apart(stood["Roles"]) - may_give:
        return {
            "name": "They have a role that is not yours to give: ask an administrator to change anything of theirs."
        }
    return {}


def is_lead_of(access: Access, agency_id: Id | None) -> bool:
    """Are the people of this service the reader's as its lead, wherever they work?"""
    return access.allows(Act.MANAGE_WORKERS, Subject(kind=SubjectKind.WORKER, owner_agency_id=agency_id))


def list_given(leads: bool) -> tuple[Role, ...]:
    """Whoever leads a service manages all of its people: a coordinator makes nobody that, and so not themselves either."""
    return LEADS_GIVE if leads else tuple(role for role in LEADS_GIVE if role is not Role.TEAM_LEAD)


def _stood(line: Line) -> Mapping[str, str]:
    """The row before its changes; nothing in each cell of a new one."""
    before = {change.column: change.before for change in line.changes}
    return dict(line.cells) | before if line.id else dict.fromkeys(line.cells, "")


def find_agency_id(standing: County, name: str) -> Id | None:
    return next((row.cells["Id"] for row in standing.of("Agencies") if row.cells["Name"] == name), None)


def apart(text: str) -> set[str]:
    return set(text.split(APART)) - {""}


def words_of(code: Role | AgencyKind | AgreementKind) -> str:
    return str(code.value).replace("_", " ")
