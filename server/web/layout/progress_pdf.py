"""The figures by quarter as an accessible PDF for a committee (PDF/UA: each chart has its words, each table its heads)."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from server.web.layout.printing import make_pdf_of
from server.web.layout.progress_charts import Chart
from server.web.layout.spreadsheets import Rows
from server.web.layout.words import say_day

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "progress.typ"


def make_pdf(charts: Sequence[Chart], tables: Mapping[str, Rows], today: date) -> bytes:
    """Returns the PDF. Raises typst's error for a broken template: our fault, not the reader's."""
    told = {
        "title": "Is it getting better? Rough sleeping by quarter",
        "as_of": f"As of {say_day(today)}. Each quarter is as it was told, and does not change.",
        "charts": [{"title": each.title, "words": each.words, "svg": each.svg} for each in charts],
        "tables": [
            {
                "title": name,
                "heads": [str(cell) for cell in rows[0]],
                "rows": [[str(c) for c in row] for row in rows[1:]],
            }
            for name, rows in tables.items()
            if len(rows) > 1
        ],
    }
    return make_pdf_of(TEMPLATE, "figures", told)
