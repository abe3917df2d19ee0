"""Which places suit somebody, with the reasons; and when to ask whether a home is still theirs. Pure.

What is not known is asked, and rules nobody out. Immigration status is not asked here, nor looked at (privacy rule A10).
"""

from collections.abc import Collection, Iterable
from datetime import date

from shared.model.codes import Gender, SupportNeed
from shared.model.offer import HomeAsked, Takes, Vacancy
from shared.model.person import Person
from shared.model.stay import Stay
from shared.model.value import Id, Value
from shared.rules.indicators import months_before_day
from shared.rules.stays import SETTLED
from shared.rules.wording import say_list

ASKED_AFTER_MONTHS = (3, 6, 12)


class Fit(Value, frozen=True, kw_only=True):
    """How a place suits one person: why it does, what to ask first, and what speaks against it. `is_open` where nothing does."""

    person_id: Id
    reasons: tuple[str, ...]
    ask: tuple[str, ...] = ()
    against: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.against


def fit(vacancy: Vacancy, person: Person, needs: Collection[SupportNeed], today: date) -> Fit:
    """How a place suits somebody. `needs` are those without support."""
    reasons, ask, against = list[str](), list[str](), list[str]()
    if vacancy.takes is not Takes.ANYBODY:
        wanted = Gender.FEMALE if vacancy.takes is Takes.WOMEN else Gender.MALE
        if person.gender is wanted:
            reasons.append(f"takes {vacancy.takes}")
        elif person.gender is Gender.NOT_KNOWN:
            ask.append(f"it takes {vacancy.takes}: their gender is not known")
        else:
            against.append(f"takes {vacancy.takes} only")
    age = _age(person, today)
    limits = (
        f"{vacancy.age_from} to {vacancy.age_to}" if vacancy.age_to is not None else f"{vacancy.age_from} and older"
    )
    if age is None:
        ask.append(f"for people of {limits}: their age is not known")
    elif age < vacancy.age_from or (vacancy.age_to is not None and age > vacancy.age_to):
        against.append(f"for people of {limits}, and they are {age}")
    else:
        reasons.append(f"{age} years old, for people of {limits}")
    supported = sorted(str(need).replace("_", " ") for need in needs if need in vacancy.supports)
    unsupported = sorted(str(need).replace("_", " ") for need in needs if need not in vacancy.supports)
    if supported:
        reasons.append(f"supports {say_list(supported)}, which nobody helps with yet")
    if unsupported and vacancy.supports:
        ask.append(f"who helps with {say_list(unsupported)}? The place does not")
    return Fit(person_id=person.id, reasons=tuple(reasons), ask=tuple(ask), against=tuple(against))


def _age(person: Person, today: date) -> int | None:
    born = person.date_of_birth
    if born is None:
        return person.approximate_age_years
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


class HomeToAsk(Value, frozen=True, kw_only=True):
    """A home of which to ask whether it is still theirs, after so many months."""

    stay: Stay
    months: int


def list_to_ask(stays: Iterable[Stay], asked: Iterable[HomeAsked], today: date) -> list[HomeToAsk]:
    """Homes to ask about today, the longest due first: of each the latest time that has come and was not asked about; once."""
    done: dict[Id, int] = {}
    for each in asked:
        done[each.stay_id] = max(each.months, done.get(each.stay_id, 0))
    found = []
    for stay in stays:
        if stay.kind not in SETTLED or stay.struck_at is not None or stay.left_on is not None:
            continue
        due = [n for n in ASKED_AFTER_MONTHS if stay.moved_in_on <= months_before_day(today, n)]
        if due and due[-1] > done.get(stay.id, 0):
            found.append(HomeToAsk(stay=stay, months=due[-1]))
    return sorted(found, key=lambda each: (each.stay.moved_in_on, each.stay.id))
