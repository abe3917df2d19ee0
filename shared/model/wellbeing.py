"""How somebody says they are, by a questionnaire: the questionnaire as data, and each time it was filled in as a fact."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from shared.model.value import Id, Value

QuestionnaireKey = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Option(Value, frozen=True, kw_only=True):
    """One answer that every item may have, and its points."""

    points: int
    words: str


class Questionnaire(Value, frozen=True, kw_only=True):
    """One version of a questionnaire, in the wording of whoever owns it.

    The wording belongs to its author: `licence` says by what the operator may use it, `copyright` stands wherever it is shown.
    `scoring` names a method of `shared.rules.wellbeing`.
    """

    key: QuestionnaireKey
    version: int = 1
    name: str
    intro: str = ""
    items: tuple[str, ...]
    options: tuple[Option, ...]
    scoring: str
    copyright: str
    licence: str
    retired: bool = False


class Filled(Value, frozen=True, kw_only=True):
    """A questionnaire, filled in (a fact). `points` stand in the order of its items, None where one was left out."""

    id: Id
    person_id: Id
    agency_id: Id
    questionnaire: QuestionnaireKey
    version: int
    points: tuple[int | None, ...]
    words: str = ""
    filled_on: date
    at: datetime
    worker_id: Id
    struck_at: datetime | None = None
    struck_by: Id | None = None
