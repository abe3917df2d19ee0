"""Which roles of an agency must be approved before anybody of it holds them, and by whom (privacy rule A11)."""

from shared.model.codes import Role
from shared.policy.actions import Act, is_personal
from shared.policy.grid import GRID

SHOWS_COUNTS = frozenset({Act.SEE_HOTSPOTS})


def needs_approval(role: Role) -> bool:
    """Does this role see any map, list or person? Then an agency holds it once two others than itself alone have agreed."""
    return any(is_personal(act) or act in SHOWS_COUNTS for act in GRID.get(role, {}) if act is not Act.REVIEW_ACCESS)


def may_approve(role: Role) -> bool:
    """Does this role speak for its agency on who may see?"""
    return Act.APPROVE_RECIPIENT in GRID.get(role, {})


ROLES_TO_APPROVE = frozenset(role for role in Role if needs_approval(role))
ROLES_THAT_APPROVE = frozenset(role for role in Role if may_approve(role))
