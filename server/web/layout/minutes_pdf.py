"""The minutes that an agency was sent as an accessible PDF, in the frame of its agenda's."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from server.actions.conferences.minutes import MinutedCase, Minutes
from server.actions.conferences.papers import Paper
from server.queries.conferences.kept import MinutesVersion
from server.web.layout.agenda_pdf import FITS_ON_A_PAGE, TEMPLATE, tell_action
from server.web.layout.printing import make_pdf_case_by_case
from server.web.layout.words import count, say_day, say_moment

NOTHING: dict[str, Any] = {"facts": [], "wants_first": "", "strengths": "", "safety_needs": ""}
"""What an agenda says of a case, and minutes do not."""
KEEP_NOTHING = "Keep nothing of this about somebody whom your service does not work with."


def make_minutes_pdf(
    minutes: Minutes, paper: Paper, district_name: str, version: int, why: Sequence[str], today: date, lost: int
) -> bytes:
    """Returns the PDF of `minutes`, whose cases are those that `paper`'s agency may see. Raises typst's error for a broken
    template."""
    told = {
        "title": _say_title(minutes, district_name),
        "summary": paper.withheld or " ".join(_summary(minutes, version, why, lost)),
        "as_of": f"As of {say_day(today)}",
        "footer": f"For {paper.agency.name} only, under the Information Sharing Agreement. Keep it safe; do not copy it on.",
        "cases": [] if paper.withheld else [_told(case, today) for case in minutes.cases],
    }
    return make_pdf_case_by_case(TEMPLATE, "paper", told, _say_unprinted)


def make_whole_minutes_pdf(
    minutes: Minutes, district_name: str, versions: Sequence[MinutesVersion], today: date
) -> bytes:
    """Returns the PDF of all of the minutes, for whoever runs the conference. `versions` are those made so far, in their order.
    Raises typst's error for a broken template."""
    newest = versions[-1] if versions else None
    why = [each.why for each in versions if each.why]
    summary = _say_who(minutes, newest.number if newest else 1, why)
    if newest is None or newest.checked_at is None:
        summary.insert(0, "Draft: nobody has said yet that this version is right.")
    told = {
        "title": _say_title(minutes, district_name),
        "summary": " ".join(summary),
        "as_of": f"As of {say_day(today)}",
        "footer": f"The whole minutes of the {district_name} case conference. Keep it safe; do not copy it on.",
        "cases": [_told(case, today) for case in minutes.cases],
    }
    return make_pdf_case_by_case(TEMPLATE, "paper", told, _say_unprinted)


def _say_title(minutes: Minutes, district_name: str) -> str:
    starts_at = minutes.conference.starts_at
    return f"Minutes of the {district_name} case conference, {say_moment(starts_at)} ({starts_at:%Y})"


def _say_who(minutes: Minutes, version: int, why: Sequence[str]) -> list[str]:
    said = [f"Chair: {minutes.chair}.", f"Minutes: {minutes.minute_taker}."]
    said += [f"Present: {', '.join(minutes.present)}."] if minutes.present else []
    said += [f"Apologies: {', '.join(minutes.apologies)}."] if minutes.apologies else []
    return said + ([f"Corrected: version {version}.", *why] if version > 1 else [])


def _summary(minutes: Minutes, version: int, why: Sequence[str], lost: int) -> list[str]:
    said = _say_who(minutes, version, why)
    said += [f"{count(lost, 'case')} of it cannot be opened. Ask the coordinator."] if lost else []
    return [*said, KEEP_NOTHING]


def _told(case: MinutedCase, today: date) -> dict[str, Any]:
    wrote = [f"{name} wrote: {' '.join(text.split())}" for name, text in case.updates]
    words = (case.outcome, case.notes, *wrote, *(each.action.text for each in case.actions))
    return {
        **NOTHING,
        "long": sum(len(each) for each in words) + 80 * case.notes.count("\n") > FITS_ON_A_PAGE,
        "position": case.position,
        "known_as": case.known_as,
        "mdt_number": case.mdt_number,
        "why": "Discussed" if case.reached else "Not reached",
        "outcome": case.outcome,
        "notes": [*wrote, *(line for line in case.notes.splitlines() if line.strip())],
        "actions": [tell_action(each, today) for each in case.actions],
    }


def _say_unprinted(case: dict[str, Any]) -> dict[str, Any]:
    """What stands on paper for a case that cannot be printed: where to read it, and nothing that could fail again."""
    why = "This case could not be printed. Read it on the page of the minutes."
    return {**case, "known_as": "", "outcome": "", "notes": [], "actions": [], "long": False, "why": why}
