"""A paper is made whatever characters are in it."""

import sys
import unicodedata
from pathlib import Path

import pytest

from server.web.layout.case_study_pdf import make_case_study_pdf
from server.web.layout.printing import MARK, make_pdf_of, show_plainly

TEMPLATES = Path(__file__).resolve().parents[2] / "server" / "web" / "templates" / "pdf"


@pytest.mark.parametrize(
    "words",
    [
        "Takes 💊 at noon",
        "ሰላም ወንድሜ",
        "\x07\x00\u0301",
        "𓀀𓁐",
        "नमस्ते မြန်မာ ไทย 한국 中文",
        "👨\u200d👩\u200d👧",
        "\ue000\uffff\U0010ffff",
    ],
)
def test_a_paper_is_made_of_any_words(words: str) -> None:
    assert make_case_study_pdf({"story": words, "outcome": "Housed"}).startswith(b"%PDF")


def test_a_symbol_without_a_font_is_named_and_letters_are_marked_with_their_script() -> None:
    assert show_plainly("Takes 💊 at noon", frozenset("💊")) == "Takes [pill] at noon"
    assert show_plainly("Says ሰላም!", frozenset("ሰላም")) == f"Says {MARK * 3} (Ethiopic)!"
    assert show_plainly("Zażółć gęślą jaźń", frozenset("💊")) == "Zażółć gęślą jaźń"
    assert show_plainly("a\x07b", frozenset()) == f"a{MARK}b"


@pytest.mark.slow
def test_every_plane_of_unicode_prints() -> None:
    every = [
        chr(point)
        for point in range(sys.maxunicode + 1)
        if point % 61 == 0 and unicodedata.category(chr(point)) not in {"Cs"}
    ]
    sections = [{"title": "All", "paragraphs": ["".join(every[at : at + 200]) for at in range(0, len(every), 200)]}]
    assert make_pdf_of(TEMPLATES / "case_study.typ", "sections", sections).startswith(b"%PDF")
