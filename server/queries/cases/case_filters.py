"""By what a case list is narrowed: each filter a condition of SQL whose value is a parameter, so that a statement is made once
for each set of filters."""

from calendar import isleap
from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from server.tables.cases.case import case_action, case_lead, case_review, mdt_case
from server.tables.cases.priority import case_general
from server.tables.people.person import person
from server.tables.people.verification import person_verification
from shared.model.codes import Gender
from shared.model.value import Id, Value
from shared.rules.presentations import AGE_BANDS
from shared.rules.prioritisation import Tier

NOBODY = "nobody"
"""In the place of an agency that leads."""
AGE_NOT_KNOWN = "not_known"


class CaseFilters(Value, frozen=True, kw_only=True):
    """What the cases shown have in common; what is empty narrows nothing. `agency_id` leads or owes an action, `lead_id` leads
    (or `NOBODY`), `age` is the number of a band of `AGE_BANDS`, `outcome` the code that the last conference gave."""

    agency_id: Id = ""
    lead_id: Id = ""
    gender: Gender | None = None
    age: str = ""
    outcome: str = ""
    tier: Tier | None = None

    @property
    def names(self) -> frozenset[str]:
        """Which of them narrow anything."""
        nothing = {"lead_id": NOBODY, "age": AGE_NOT_KNOWN}
        named = {name: getattr(self, name) for name in self.__struct_fields__ if name != "tier"}
        tier = {f"tier_{self.tier.value}"} if self.tier else set()
        return frozenset(
            tier | {f"no_{name}" if nothing.get(name) == value else name for name, value in named.items() if value}
        )

    def asked(self, today: date) -> dict[str, Any]:
        """The parameters of the conditions, beside which nothing of a filter is in a statement."""
        told: dict[str, Any] = {
            "agency_id": self.agency_id, "lead_id": self.lead_id, "gender": str(self.gender), "outcome": self.outcome,
        }  # fmt: skip
        if "age" in self.names:
            low, high, _ = AGE_BANDS[int(self.age)]
            told |= {"age_from": low, "age_to": high}
            told |= {"born_until": years_before(today, low), "born_after": years_before(today, high + 1)}
        return told


def years_before(day: date, years: int) -> date:
    """Whoever was born by then is so many years old on the day; a 29 February that is none is the day before."""
    year = max(day.year - years, date.min.year)
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=year, day=28) if is_leap_day and not isleap(year) else day.replace(year=year)


def list_conditions(names: frozenset[str]) -> list[ColumnElement[bool]]:
    """The conditions of these filters, on `mdt_case` joined with `person` and their verification."""
    return [condition for name, condition in _every_condition() if name in names]


def _every_condition() -> Iterator[tuple[str, ColumnElement[bool]]]:
    leads = exists().where(case_lead.c.case_id == mdt_case.c.id, case_lead.c.ended_at.is_(None)).correlate(mdt_case)
    owes = exists().where(
        case_action.c.case_id == mdt_case.c.id, case_action.c.done_at.is_(None),
        case_action.c.agency_id == bindparam("agency_id"),
    ).correlate(mdt_case)  # fmt: skip
    yield "agency_id", or_(leads.where(case_lead.c.agency_id == bindparam("agency_id")), owes)
    yield "lead_id", leads.where(case_lead.c.agency_id == bindparam("lead_id"))
    yield "no_lead_id", ~leads
    yield "gender", person.c.gender == bindparam("gender")
    born, about = person.c.date_of_birth, person.c.approximate_age_years
    guessed = and_(born.is_(None), about.between(bindparam("age_from"), bindparam("age_to")))
    yield "age", or_(and_(born <= bindparam("born_until"), born > bindparam("born_after")), guessed)
    yield "no_age", and_(born.is_(None), about.is_(None))
    newest = (
        select(case_review.c.outcome_code)
        .where(case_review.c.case_id == mdt_case.c.id, case_review.c.outcome_code != "")
        .order_by(case_review.c.at.desc(), case_review.c.id.desc())
        .limit(1)
        .correlate(mdt_case)
        .scalar_subquery()
    )
    yield "outcome", newest == bindparam("outcome")
    verified = func.coalesce(person_verification.c.verified, False).is_(True)
    housed = (
        exists().where(case_general.c.case_id == mdt_case.c.id, case_general.c.temporarily_housed).correlate(mdt_case)
    )
    yield "tier_1", verified
    yield "tier_2", and_(~verified, housed)
    yield "tier_3", and_(~verified, ~housed)
