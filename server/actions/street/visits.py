"""A stop where nobody was met, recorded on the server: the same facts that a phone would have sent. Pages are not known here."""

from datetime import datetime

import msgspec

from server.access import Access
from server.actions.street.answering import steps_to
from server.actions.street.contacts import list_own_teams, unused_id
from server.actions.sync.saying import say
from server.problems import NotFound
from server.queries.people import subjects
from server.queries.street import contact_form
from server.queries.sync.store import Project, find_change
from shared.geo.night import outreach_night
from shared.model.codes import ReferralState
from shared.model.person import LongText
from shared.model.position import Position
from shared.model.shift import Visit
from shared.model.value import Id, Value
from shared.policy import Act
from sync.authoring import NewChange


class VisitDraft(Value, frozen=True, kw_only=True):
    """What a worker tells of a stop. `form_id` makes two presses one visit."""

    form_id: Id
    team_id: Id
    at: datetime
    site_id: Id | None = None
    position: Position | None = None
    referral_id: Id | None = None
    bedding_present: bool | None = None
    note: LongText = ""


def record_visit(access: Access, project: Project, draft: VisitDraft) -> Id:
    """Records a visit, once for each form; returns its id. Raises NotFound for what is not the actor's."""
    _check_reach(access, draft)
    visit_id = unused_id(access, draft.form_id)
    contact_form.hold_form(access.session, visit_id)
    before = find_change(access.session, visit_id)
    if before is not None and before.change is not None and before.change.who == access.actor.worker_id:
        return visit_id
    if before is not None:
        visit_id = access.new_id()
    night, worker_id = outreach_night(draft.at, access.zone.key), access.actor.worker_id
    looked = Visit(
        id=visit_id, team_id=draft.team_id, worker_id=worker_id, at=draft.at, night=night, site_id=draft.site_id,
        shift_id=contact_form.find_shift_at(access.session, worker_id, draft.team_id, night, draft.at),
        position=draft.position, referral_id=draft.referral_id, bedding_present=draft.bedding_present, note=draft.note,
    )  # fmt: skip
    # The change bears the visit's id, which comes of the form: that is how a second press is known.
    said = [_fact(access, draft.team_id, "visit.recorded", looked, looked.id, looked.id)]
    if draft.referral_id is not None:
        steps = steps_to(access, draft.referral_id, ReferralState.LOOKED_FOR, visit_id=looked.id)
        said += [
            _fact(access, draft.team_id, "referral.progressed", each, each.referral_id, access.new_id())
            for each in steps
        ]
    say(access.session, project, said, access.now)
    return visit_id


def _check_reach(access: Access, draft: VisitDraft) -> None:
    team = subjects.find_team(access.session, draft.team_id)
    if team is None or draft.team_id not in {each.id for each in list_own_teams(access)}:
        raise NotFound
    access.require(Act.RECORD_CONTACT, team, purpose="visit on the web")
    if draft.site_id is not None:
        access.require(Act.SEE_PLACE, subjects.find_site(access.session, draft.site_id), purpose="visit on the web")
    if draft.referral_id is not None:
        referral = subjects.find_referral(access.session, draft.referral_id)
        access.require(Act.PROGRESS_REFERRAL, referral, purpose="visit on the web")


def _fact(access: Access, team_id: Id, kind: str, fact: Value, entity_id: Id, change_id: Id) -> NewChange:
    return NewChange(
        id=change_id, type=kind, scope=f"team:{team_id}", entity=entity_id, who=access.actor.worker_id,
        at_ms=int(access.now.timestamp() * 1000), payload=msgspec.Raw(msgspec.json.encode(fact)),
    )  # fmt: skip
