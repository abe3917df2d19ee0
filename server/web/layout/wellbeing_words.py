"""What somebody filled in, in words, with its chart: for the worker's page, paper and their own page."""

from collections.abc import Callable
from datetime import date

from server.web.layout.own_words import ENGLISH, Words
from server.web.layout.wellbeing_chart import draw_series, say_score
from shared.model.value import Id, Value
from shared.rules.wellbeing import Scored, Series


class Line(Value, frozen=True, kw_only=True):
    """One time. `answers` are the items that were answered, each with what was chosen."""

    id: Id
    agency_id: Id
    worker_id: Id
    day: str
    score: str
    words: str
    answers: tuple[tuple[str, str], ...]


class Drawn(Value, frozen=True, kw_only=True):
    """One questionnaire's chart, and the times behind it, the newest first."""

    name: str
    copyright: str
    chart: str
    alternative: str
    lines: tuple[Line, ...]


def tell_series(series: Series, say_day: Callable[[date], str], words: Words = ENGLISH) -> Drawn:
    """The series in words and as a chart."""
    newest = series.scored[-1].questionnaire
    told = [_tell(each, series, say_day, words) for each in series.scored]
    alternative = f"{series.name}. {' '.join(each.score for each in told)}"
    return Drawn(
        name=series.name, copyright=newest.copyright, chart=draw_series(series, say_day, alternative),
        alternative=alternative, lines=tuple(reversed(told)),
    )  # fmt: skip


def _tell(scored: Scored, series: Series, say_day: Callable[[date], str], words: Words) -> Line:
    filled, day = scored.filled, say_day(scored.filled.filled_on)
    chosen = {each.points: each.words for each in scored.questionnaire.options}
    return Line(
        id=filled.id, agency_id=filled.agency_id, worker_id=filled.worker_id, day=day, words=filled.words,
        score=words["not_scored"].format(day=day) if scored.score is None
        else words["scored"].format(day=day, score=say_score(scored.score), highest=say_score(series.scale.highest)),
        answers=tuple(
            (item, chosen.get(points, str(points)))
            for item, points in zip(scored.questionnaire.items, filled.points, strict=True)
            if points is not None
        ),
    )  # fmt: skip
