"""A person's own copy as files: to read (PDF), to work with (JSON), and what whoever hands it over does first."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from server.actions.people.bundle import Bundle, Section
from server.web.layout.printing import make_pdf_of
from server.web.layout.words import say_moment

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "bundle.typ"
TITLES = {
    "person": "Who you are",
    "person_need": "What you need",
    "assessment_answer": "What you told us when we asked",
    "plan_goal": "Your goals",
    "plan_step": "Steps towards them",
    "plan_review": "When we looked at your plan",
    "wellbeing": "How you said you were",
    "engagement_try": "How we tried to reach you",
    "consent": "What you said about sharing",
    "contact": "When we met",
    "contact_need": "What came up when we met",
    "contact_correction": "What we corrected of it",
    "person_note": "Notes of services",
    "verification": "Whether you sleep rough: what was judged",
    "person_verification": "Whether you sleep rough: as it stands",
    "mdt_case": "Your case",
    "case_review": "What conferences made of it",
    "case_action": "What services took on",
    "referral": "What was reported",
    "break_glass": "When notes were opened in need",
    "document": "Your documents",
    "person_hidden": "When you were hidden from some services",
    "what_was_said_before": "What the record said before",
    "who_looked": "Who looked, by organisation",
    "each_look": "Each look",
}
READ_FIRST = """Everything that Lantern holds about {known_as}, as of {made_at}.

record.pdf is for reading together; record.json holds the same for a computer. Documents on the record are in the folder
documents.

Before it is handed over, somebody reads it through:
- Names of other people and of workers are marked as withheld ({withheld} places). A name that is spelt otherwise, or somebody
  who is described and not named, is not found by a rule.
- {to_read} texts hold what looks like an address, an e-mail address or a telephone number. It may be somebody else's.
- Who told us where {known_as} was is not in it.

That this copy was made is written down, and the privacy officer sees it.
"""


def make_zip(bundle: Bundle, documents: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """Returns the three files and the person's documents as one."""
    file = io.BytesIO()
    contents = {
        "read-first.txt": _read_first(bundle).encode(),
        "record.json": msgspec.json.format(msgspec.json.encode(bundle), indent=2),
        "record.pdf": make_pdf(bundle),
        **dict(documents),
    }
    stamp = bundle.made_at.timetuple()[:6]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in contents.items():
            book.writestr(zipfile.ZipInfo(name, stamp), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def make_pdf(bundle: Bundle) -> bytes:
    """Returns the PDF (tagged, as an agenda's). Nothing that was recorded is evaluated: it comes in as data."""
    told = {
        "title": f"Everything held about {bundle.known_as}",
        "summary": f"Made {say_moment(bundle.made_at)}. Names of others are withheld in {bundle.withheld} places.",
        "sections": [_told(section) for section in bundle.sections],
    }
    return make_pdf_of(TEMPLATE, "bundle", told)


def _told(section: Section) -> dict[str, object]:
    return {
        "title": TITLES.get(section.name, section.name.replace("_", " ").capitalize()),
        "rows": [
            [{"name": name.replace("_", " "), "value": str(value)} for name, value in row.items() if value is not None]
            for row in section.rows
        ],
    }


def _read_first(bundle: Bundle) -> str:
    return READ_FIRST.format(
        known_as=bundle.known_as, made_at=say_moment(bundle.made_at), withheld=bundle.withheld, to_read=bundle.to_read
    )
