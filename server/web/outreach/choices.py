"""What the forms of an outreach worker offer to choose from: places, reports, colleagues, as far as the reader may know."""

from collections.abc import Collection, Sequence

from server.access import Access
from server.actions.street.contacts import list_own_teams
from server.actions.street.to_visit import list_open_referrals
from server.queries.partnership import workers
from server.queries.street import contact_form
from server.web.layout.words import say
from shared.model.value import Id
from shared.policy import Act, SubjectKind

NO_REPORT = ("", "No report that I know of")


def list_sites(access: Access) -> list[tuple[Id, str]]:
    """The known places by name; that they were shown is written down."""
    teams = access.teams_within(Act.SEE_PLACE)
    sites = contact_form.list_named_sites(access.session, teams, access.actor.district_ids)
    access.note_seen(SubjectKind.SITE, [each.id for each in sites], action=Act.SEE_PLACE, purpose="contact on the web")
    return [(each.id, each.name or say(each.kind)) for each in sites]


def list_reports(access: Access) -> list[tuple[Id, str]]:
    """The open reports of the reader's teams that a contact or a visit may answer, with what stands for none first."""
    found = list_open_referrals(access, [team.id for team in list_own_teams(access)])
    access.note_seen(
        SubjectKind.REFERRAL, [each.id for each in found], action=Act.SEE_REFERRAL, purpose="contact on the web"
    )
    # Several are of one place: who is described tells them apart, as on tonight's list.
    said = [
        (each.id, f"{each.number}: {', '.join(filter(None, (each.place, each.description or each.concerns)))[:100]}")
        for each in found
    ]
    return [NO_REPORT, *said] if said else []


def list_colleagues(access: Access, team_ids: Collection[Id]) -> Sequence[tuple[Id, str]]:
    """The others of these teams, by name."""
    found = {each.id: each.name for team in team_ids for each in workers.list_workers_of_team(access.session, team)}
    return sorted(
        ((each, name) for each, name in found.items() if each != access.actor.worker_id), key=lambda it: it[1]
    )
