"""The decision: may this actor do this to that, today? Pure and table-driven; auditing and answering HTTP are done
elsewhere.

The order of the questions matters. What depends on the actor alone is answered first, so that a refusal says nothing
about
whether a record exists. Then comes what depends on the record, where every refusal looks like a record that is not
there.
"""

from datetime import date, timedelta
from typing import TypeAlias

from shared.model.codes import Role
from shared.model.telling import Shareable
from shared.model.value import Id, Value
from shared.policy.actions import Act, is_personal
from shared.policy.actor import Actor
from shared.policy.consent import NOT_AGREED, RESTS_ON_CONSENT
from shared.policy.grid import GRID, Reach
from shared.policy.subject import Subject
from shared.rules.consent import is_shared

TRAINING_LASTS_DAYS = 730
"""Privacy rule A2: personal data only within 24 months of data protection training (a proposed default)."""


class Allow(Value, frozen=True, kw_only=True):
    """Yes. `by_break_glass` when only an open break-glass made it so: the read must be marked for review (A4)."""

    by_break_glass: bool = False


class Deny(Value, frozen=True, kw_only=True):
    """No, with the reason in words. `as_missing`: answer exactly as if the record did not exist, and do not show the
    reason.
    `flagged`: the attempt belongs in the privacy officer's queue (A3)."""

    reason: str
    as_missing: bool = False
    flagged: bool = False


Decision: TypeAlias = Allow | Deny

NOT_HERE = "There is no such record."


def decide(actor: Actor, action: Act, subject: Subject, today: date) -> Decision:
    """Decide. Fails closed: an action or role that no table names is refused."""
    if action is Act.PUBLIC:
        return Allow()
    reaches = {GRID[role][action] for role in actor.roles if role in GRID and action in GRID[role]}
    if not reaches:
        return Deny(reason=_refusal(actor, action))
    if is_personal(action):
        gate = why_no_personal_data(actor, today)
        if gate is not None:
            return Deny(reason=gate)
    if subject.hidden and actor.agency_id not in subject.known_to_agency_ids:
        return Deny(reason=NOT_HERE, as_missing=True)
    if not any(_is_within(reach, actor, subject) for reach in reaches):
        return Deny(reason=NOT_HERE, as_missing=True)
    if action is Act.SEE_NOTES:
        return _decide_notes(actor, subject)
    if action in RESTS_ON_CONSENT:
        return _decide_shared(actor, RESTS_ON_CONSENT[action], subject, today)
    return Allow()


def teams_within(actor: Actor, action: Act, today: date) -> frozenset[Id]:
    """Those of the actor's teams whose records this action reaches, wherever they lie: what a list that is asked for by districts
    and teams may ask for. A coordinator's reach is their districts, also on a team."""
    return frozenset(
        each for each in actor.team_ids if isinstance(decide(actor, action, Subject(team_id=each), today), Allow)
    )


def why_no_personal_data(actor: Actor, today: date) -> str | None:
    """The agreement gate (privacy rule A2): why this actor may see no person today, or None when they may."""
    if actor.agreements_valid_until is None:
        return "Your organisation has not signed both the Terms of Reference and the Information Sharing Agreement."
    if actor.agreements_valid_until < today:
        expired = f"{actor.agreements_valid_until.day} {actor.agreements_valid_until:%B %Y}"
        return f"Your organisation's agreement expired on {expired}. People are not shown until it is signed again."
    if actor.trained_on is None:
        return "Your data protection training is not recorded. Ask your administrator to enter its date."
    if actor.trained_on + timedelta(days=TRAINING_LASTS_DAYS) < today:
        trained = f"{actor.trained_on.day} {actor.trained_on:%B %Y}"
        return f"Your data protection training of {trained} is more than 24 months old."
    return None


def _decide_notes(actor: Actor, subject: Subject) -> Decision:
    """A3: notes are for the services that work with the person; others hear that notes exist and whom to ask."""
    if _works_with(actor, subject):
        return Allow()
    if actor.worker_id in subject.opened_for_worker_ids:
        return Allow(by_break_glass=True)
    if not subject.ask_agency:
        return Deny(reason="Notes about this person are for the services that work with them.", flagged=True)
    return Deny(reason=f"Notes exist. Ask {subject.ask_agency}.", flagged=True)


def _decide_shared(actor: Actor, what: Shareable, subject: Subject, today: date) -> Decision:
    """What a service wrote itself it reads; what another wrote, where the person agreed or another lawful basis is said."""
    if actor.agency_id == subject.owner_agency_id or is_shared(subject.consents, what, actor.agency_id, today):
        return Allow()
    return Deny(reason=NOT_AGREED)


def _works_with(actor: Actor, subject: Subject) -> bool:
    return actor.agency_id in subject.working_agency_ids or actor.agency_id == subject.owner_agency_id


def _is_within(reach: Reach, actor: Actor, subject: Subject) -> bool:
    district = bool(actor.district_ids & subject.district_ids)
    working = actor.agency_id in subject.working_agency_ids
    agency = actor.agency_id == subject.owner_agency_id
    team = subject.team_id is not None and subject.team_id in actor.team_ids
    own = subject.worker_id is not None and subject.worker_id == actor.worker_id
    return {
        Reach.ANY: True,
        Reach.PATCH: district or team or own or working,
        Reach.DISTRICT: district,
        Reach.WORKING: working,
        Reach.DISTRICT_OR_WORKING: district or working,
        Reach.AGENCY: agency,
        Reach.TEAM: team or agency,
        Reach.OWN: own,
    }[reach]


def _refusal(actor: Actor, action: Act) -> str:
    if actor.roles <= {Role.COMMISSIONER} and is_personal(action):
        return "Commissioners see counts and maps, never people."
    if actor.roles <= {Role.ADMINISTRATOR} and is_personal(action):
        return "Administrators run the system and see no person."
    return "Your role does not include this."
