"""A person's plan on paper (PDF/UA): theirs to keep."""

from datetime import date
from pathlib import Path

from server.actions.people.plans import Plan
from server.web.layout.printing import make_pdf_of
from server.web.layout.words import say, say_day
from shared.model.telling import GoalEnd

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "plan.typ"
SAFETY = {
    "safety_signs": "Signs that things are getting worse",
    "safety_helps": "What helps me then",
    "safety_call": "Whom to call",
    "safety_avoid": "What not to do",
}


def make_plan_pdf(plan: Plan, today: date) -> bytes:
    """Returns the paper: what they want and the steps there, what others took on, and their safety plan."""
    told = {
        "name": plan.person.known_as,
        "day": say_day(today),
        "goals": [
            {
                "words": goal.words,
                "works": goal.works,
                "celebration": goal.celebration,
                "target": say_day(goal.target_on) if goal.target_on else "",
                "ended": say(goal.ended) if goal.ended else "",
                "ended_words": goal.ended_words,
                "is_reached": goal.ended is GoalEnd.REACHED,
                "steps": [
                    {
                        "text": step.text,
                        "who": step.who,
                        "due": say_day(step.due_on) if step.due_on else "",
                        "done": step.done_at is not None,
                    }
                    for step in plan.steps[goal.id]
                ],
            }
            for goal in plan.goals
        ],
        "actions": [
            {"text": owed.action.text, "who": owed.agency_name, "due": say_day(owed.action.due_on)}
            for owed in plan.actions
        ],
        "safety": [
            {"title": title, "words": getattr(plan.person, name)}
            for name, title in SAFETY.items()
            if getattr(plan.person, name)
        ],
        "review": say_day(plan.review_on) if plan.review_on else "",
    }
    return make_pdf_of(TEMPLATE, "plan", told)
