"""Who hears of what by e-mail: whoever may do the thing that a mail asks for, unless they chose otherwise."""

from collections.abc import Mapping

from shared.model.codes import Role
from shared.model.mail import MailChoice, MailKind
from shared.policy.actions import Act, is_personal
from shared.policy.grid import GRID

FOR_WHOM: Mapping[MailKind, Act] = {
    MailKind.NEW_ON_LIST: Act.CHANGE_CASE,
    MailKind.CONFERENCE_PREPARE: Act.PREPARE_CONFERENCE,
    MailKind.CONFERENCE_CIRCULATED: Act.WRITE_UPDATE,
    MailKind.CONFERENCE_MOVED: Act.WRITE_UPDATE,
    MailKind.CONFERENCE_CALLED_OFF: Act.WRITE_UPDATE,
    MailKind.CONFERENCE_CHANGED: Act.WRITE_UPDATE,
    MailKind.PUT_FORWARD_DECIDED: Act.PUT_FORWARD_CASE,
    MailKind.CASE_HANDED_OVER: Act.CHANGE_CASE,
    MailKind.ACTION_RETURNED: Act.CHASE_ACTION,
    MailKind.QUESTION_ASKED: Act.ANSWER_QUESTION,
    MailKind.QUESTION_ANSWERED: Act.ASK_SERVICE,
    MailKind.SERVICE_REFERRED: Act.RECORD_AT_DOOR,
    MailKind.SERVICE_ANSWERED: Act.RECORD_AT_DOOR,
    MailKind.PLANS_REMINDER: Act.CHANGE_PLAN,
    MailKind.CONFERENCE_MINUTES: Act.WRITE_UPDATE,
    MailKind.CONFERENCE_ACTIONS: Act.ANSWER_ACTION,
    MailKind.ACTIONS_REMINDER: Act.ANSWER_ACTION,
    MailKind.AGREEMENT_RENEWAL: Act.SEE_AGREEMENTS,
    MailKind.ACCESS_ALERT: Act.REVIEW_ACCESS,
    MailKind.LONE_WORKER: Act.SEE_SHIFTS,
    MailKind.LONE_WORKER_OVER: Act.SEE_SHIFTS,
    MailKind.JOB_FAILED: Act.SEE_OUTBOX,
}
"""The action that a mail to a worker is about. Mails to those who raised an alert go by their consent alone."""

ON_OR_OFF = (MailChoice.ON, MailChoice.OFF)
OR_DAILY = (MailChoice.ON, MailChoice.DAILY, MailChoice.OFF)
CHOICES: Mapping[MailKind, tuple[MailChoice, ...]] = {
    MailKind.NEW_ON_LIST: (MailChoice.DAILY, MailChoice.HOURLY, MailChoice.OFF),
    MailKind.CONFERENCE_PREPARE: ON_OR_OFF,
    MailKind.CONFERENCE_CIRCULATED: ON_OR_OFF,
    MailKind.CONFERENCE_MOVED: ON_OR_OFF,
    MailKind.CONFERENCE_CALLED_OFF: ON_OR_OFF,
    MailKind.CONFERENCE_CHANGED: OR_DAILY,
    MailKind.PUT_FORWARD_DECIDED: OR_DAILY,
    MailKind.CASE_HANDED_OVER: OR_DAILY,
    MailKind.ACTION_RETURNED: OR_DAILY,
    MailKind.QUESTION_ASKED: OR_DAILY,
    MailKind.QUESTION_ANSWERED: OR_DAILY,
    MailKind.SERVICE_REFERRED: OR_DAILY,
    MailKind.SERVICE_ANSWERED: OR_DAILY,
    MailKind.PLANS_REMINDER: OR_DAILY,
    MailKind.CONFERENCE_MINUTES: OR_DAILY,
    MailKind.CONFERENCE_ACTIONS: OR_DAILY,
    MailKind.ACTIONS_REMINDER: OR_DAILY,
    MailKind.AGREEMENT_RENEWAL: ON_OR_OFF,
}
"""What somebody may choose, what holds until they do first. An alert about access is nobody's to switch off (rule A3),
nor one about a colleague who was not heard."""


GATHERED = frozenset(kind for kind, choices in CHOICES.items() if choices == OR_DAILY)
"""What may come in one mail a day with the rest: nothing that a calendar follows, and nothing that ends on a day of its own."""


def roles_for(kind: MailKind) -> frozenset[Role]:
    """The roles that hear of this; none for mails to those who raised an alert."""
    action = FOR_WHOM.get(kind)
    return frozenset(role for role, reaches in GRID.items() if action is not None and action in reaches)


def needs_training(kind: MailKind) -> bool:
    """Does this lead to personal data, which only opens to whoever's training holds? An alert that is nobody's to switch off is
    heard without it."""
    action = FOR_WHOM.get(kind)
    return kind in CHOICES and action is not None and is_personal(action)


def choices_of(roles: frozenset[Role]) -> list[MailKind]:
    """The kinds that somebody with these roles may choose about, in the order of the page."""
    return [kind for kind in CHOICES if roles & roles_for(kind)]


def default_choice(kind: MailKind) -> MailChoice:
    """What holds for somebody who has chosen nothing."""
    return CHOICES.get(kind, ON_OR_OFF)[0]
