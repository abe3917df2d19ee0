"""How somebody says they are on paper (PDF/UA): their own chart, and each questionnaire to fill in alone."""

from datetime import date
from pathlib import Path

from server.actions.people.wellbeing import Wellbeing
from server.web.layout.printing import make_pdf_of
from server.web.layout.wellbeing_words import tell_series
from server.web.layout.words import say_day

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "pdf" / "wellbeing.typ"


def make_wellbeing_pdf(told: Wellbeing, today: date) -> bytes:
    """Returns the paper."""
    drawn = [tell_series(each, say_day) for each in told.series]
    said = {
        "name": told.person.known_as,
        "day": say_day(today),
        "series": [
            {
                "name": each.name,
                "copyright": each.copyright,
                "chart": each.chart,
                "alternative": each.alternative,
                "lines": [{"score": line.score, "words": line.words} for line in each.lines],
            }
            for each in drawn
        ],
        "blank": [
            {
                "name": each.name,
                "intro": each.intro,
                "copyright": each.copyright,
                "items": list(each.items),
                "options": [option.words for option in each.options],
            }
            for each in told.asked
        ],
    }
    return make_pdf_of(TEMPLATE, "wellbeing", said)
