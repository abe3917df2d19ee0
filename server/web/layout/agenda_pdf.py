"""An agency's agenda as an accessible PDF (PDF/UA tags, title, language), made of the same paper as its page."""

from pathlib import Path

import msgspec

from server.actions.papers import Paper, PaperCase
from server.web.layout.words import lower_first, say, say_day, say_moment, say_short_day
from shared.model.conference import CaseConference
from shared.rules.actions import days_late, is_overdue

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "agenda.typ"


def make_pdf(paper: Paper, conference: CaseConference, district_name: str, today: object) -> bytes:
    """Returns the PDF. Raises typst's error for a broken template: our fault, not the reader's."""
    import typst

    told = {
        "title": f"{district_name} case conference, {say_moment(conference.starts_at)}",
        "summary": paper.withheld or _summary(paper, conference),
        "footer": f"For {paper.agency.name} only, under the Information Sharing Agreement. Keep it safe; do not copy it on.",
        "cases": [_told(case, today) for case in paper.cases],
    }
    made = typst.compile(
        TEMPLATE.read_bytes(), sys_inputs={"paper": msgspec.json.encode(told).decode()}, pdf_standards=["ua-1"]
    )
    assert isinstance(made, bytes)
    return made
