"""An agency's agenda as an accessible PDF (PDF/UA tags, title, language), made of the same paper as its page."""

from datetime import date
from pathlib import Path
from typing import Any

from server.actions.conferences.papers import Paper, PaperCase
from server.queries.cases.case_actions import OwnedAction
from server.web.layout.printing import make_pdf_case_by_case
from server.web.layout.words import count, lower_first, say, say_day, say_moment, say_short_day
from shared.model.codes import Gender
from shared.model.conference import CaseConference
from shared.rules.actions import days_late, is_overdue

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "agenda.typ"

FITS_ON_A_PAGE = 1_500
"""As many characters of one case are sure to fit on a page."""


def make_pdf(paper: Paper, conference: CaseConference, district_name: str, today: date) -> bytes:
    """Returns the PDF. Raises typst's error for a broken template: our fault, not the reader's."""
    told = {
        "title": f"{district_name} case conference, {say_moment(conference.starts_at)} ({conference.starts_at:%Y})",
        "summary": paper.withheld or _summary(paper, conference),
        "as_of": f"As of {say_day(today)}",
        "footer": f"For {paper.agency.name} only, under the Information Sharing Agreement. Keep it safe; do not copy it on.",
        "cases": [_told(case, today) for case in paper.cases],
    }
    return make_pdf_case_by_case(TEMPLATE, "paper", told, _say_unprinted)


def _say_unprinted(case: dict[str, Any]) -> dict[str, Any]:
    """What stands on paper for a case that cannot be printed: where to read it, and nothing that could fail again."""
    nothing = {"known_as": "", "facts": [], "wants_first": "", "strengths": "", "safety_needs": "", "actions": []}
    return {
        **case,
        **nothing,
        "long": False,
        "why": "This case could not be printed. Read it on the page of the agenda.",
    }


def _summary(paper: Paper, conference: CaseConference) -> str:
    place = f"{conference.place}. " if conference.place else ""
    return f"{place}{count(len(paper.cases), 'case')}. Look each person up by their date of birth before you come."


def _told(case: PaperCase, today: date) -> dict[str, Any]:
    unmet = ", ".join(lower_first(say(need.need)) for need in case.unmet)
    born = f"Born {say_day(case.date_of_birth)}" if case.date_of_birth else "Date of birth missing"
    gender = [] if case.gender is Gender.NOT_KNOWN else [say(case.gender)]
    words = (
        case.why,
        case.wants_first,
        case.strengths,
        case.safety_needs,
        *(each.action.text for each in case.actions),
    )
    return {
        "long": sum(len(each) for each in words) > FITS_ON_A_PAGE,
        "position": case.position,
        "known_as": case.known_as,
        "mdt_number": case.mdt_number,
        "why": case.why,
        "facts": [
            born,
            *gender,
            *(["You work with them"] if case.works_with else []),
            *([f"Not receiving support: {unmet}"] if unmet else []),
        ],
        "wants_first": case.wants_first,
        "strengths": case.strengths,
        "safety_needs": case.safety_needs,
        "actions": [tell_action(each, today) for each in case.actions],
    }


def tell_action(owned: OwnedAction, today: date) -> str:
    """An action on one line: owner, words, day, and what became of it."""
    action = owned.action
    words = f"{owned.agency_name}: {action.text} by {say_short_day(action.due_on)}"
    if action.done_at is not None:
        return f"{words}. Done{f': {action.done_note}' if action.done_note else ''}"
    if action.refused:
        return f"{words}. Not theirs, they say"
    if is_overdue(action, today):
        late = (
            f"Late, explained: {action.explained}"
            if action.explained
            else f"Missed, {count(days_late(action, today), 'day')} late"
        )
        return f"{words}. {late}"
    return words
