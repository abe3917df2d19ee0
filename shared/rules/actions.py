"""When an MDT action is missed, and when it is red for every partner. Sources: RS MDT toolkit (bullets with an owner);
Harrogate SAFE (a missed action is a red flag that all partners see until it is explained)."""

from datetime import date

from shared.model.case import Action


def is_done(action: Action) -> bool:
    """Has the owner agency said that it is done?"""
    return action.done_at is not None


def is_overdue(action: Action, today: date) -> bool:
    """Is it not done, and the day it was due past?"""
    return not is_done(action) and today > action.due_on


def is_red_flag(action: Action, today: date) -> bool:
    """Is it overdue, and nobody has explained why, or said that it is not theirs?"""
    return is_overdue(action, today) and not action.explained.strip() and not action.refused.strip()


def days_late(action: Action, today: date) -> int:
    """Days since it was due; 0 when it is done or not yet late."""
    return (today - action.due_on).days if is_overdue(action, today) else 0


def say_action(action: Action, agency_name: str) -> str:
    """One bullet as it goes into minutes and e-mails: "CGL: assessment by 28 Nov"."""
    return f"{agency_name}: {action.text.strip()} by {action.due_on.day} {action.due_on:%b}"
