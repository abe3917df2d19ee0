"""A case study as an accessible PDF (PDF/UA tags, title, language). It is given the sections and knows nothing else."""

from collections.abc import Mapping
from pathlib import Path

from server.web.layout.printing import make_pdf_of
from shared.rules.case_study import SECTIONS

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "case_study.typ"


def make_case_study_pdf(sections: Mapping[str, str]) -> bytes:
    """Returns the PDF of the sections that say something, in their order."""
    told = [
        {"title": title, "paragraphs": [line for line in sections[key].splitlines() if line.strip()]}
        for key, title in SECTIONS.items()
        if sections.get(key, "").strip()
    ]
    return make_pdf_of(TEMPLATE, "sections", told)
