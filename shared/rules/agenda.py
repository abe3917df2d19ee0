"""What a case conference discusses, when it is, and who may run it. Building is pure; sending is done elsewhere.

Source: RS MDT toolkit, Features of a Successful Case Conference: every 4 to 6 weeks; at most 15 cases, those carried
over
first; circulated at least 3 days before; the chair and the minute-taker are different people.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.geo.night import DEFAULT_ZONE
from shared.model.value import Id, Value
from shared.rules.prioritisation import RankedCase

CASES_AT_MOST = 15
NEWCOMERS = 3
"""So many places are kept for people new to the conference where a district says nothing else: fifteen who are carried over for
ever would keep everybody else out for ever. The toolkit asks for both, carried over and new, and names no share."""
CIRCULATED_DAYS_BEFORE = 3
WEEKS_BETWEEN = (4, 6)
SCHEDULED_MINUTES = 120
LONGEST_AHEAD = timedelta(days=731)
"""A day further away is a slip of the year, and every next date would be counted from it."""


class Chosen(Value, frozen=True, kw_only=True):
    """A case on the agenda: its place, and why it is there."""

    case_id: Id
    position: int
    reason: str
    carried_over: bool


class NotChosen(Value, frozen=True, kw_only=True):
    """A case that is not on the agenda, and why not."""

    case_id: Id
    why: str


class Agenda(Value, frozen=True, kw_only=True):
    """A proposed agenda: those chosen in order, and everyone else with the reason."""

    chosen: tuple[Chosen, ...]
    not_chosen: tuple[NotChosen, ...]


def build_agenda(
    ranked: Sequence[RankedCase],
    carried_over: Iterable[Id] = (),
    cases_at_most: int = CASES_AT_MOST,
    newcomers: int = 0,
) -> Agenda:
    """Choose the cases: those carried over first, then new ones, each group in the order of `ranked`. As many places as
    `newcomers` are kept for new ones, where there are so many.

    `carried_over` are open cases of the last conference, discussed or not reached. The ids of cases that are not ranked
    (closed since) are passed over. Every ranked case is either chosen or told why not.
    """
    carried = set(carried_over)
    first = [case for case in ranked if case.case_id in carried]
    then = [case for case in ranked if case.case_id not in carried]
    kept = min(newcomers, len(then), cases_at_most)
    fitting = max(cases_at_most - kept, 0)
    order = [*first[:fitting], *then[: cases_at_most - len(first[:fitting])]]
    on = {case.case_id for case in order}
    left_out = [case for case in (*first, *then) if case.case_id not in on]
    chosen = tuple(
        Chosen(
            case_id=case.case_id,
            position=position,
            reason=_why_chosen(case, case.case_id in carried),
            carried_over=case.case_id in carried,
        )
        for position, case in enumerate(order, start=1)
    )
    before = len(first[:fitting])
    rest = tuple(
        NotChosen(
            case_id=case.case_id,
            why=_why_left(case, kept, cases_at_most)
            if case.case_id in carried
            else _why_not(case, before, cases_at_most),
        )
        for case in left_out
    )
    return Agenda(chosen=chosen, not_chosen=rest)


def swap(agenda: Agenda, out_id: Id, in_id: Id, reason: str) -> Agenda:
    """Put a case that was left out in the place of one that was chosen. Raises ValueError without a reason or when
    either
    case is not where it should be."""
    if not reason.strip():
        raise ValueError("Say why these two cases change places.")
    out = next((item for item in agenda.chosen if item.case_id == out_id), None)
    if out is None or in_id not in {item.case_id for item in agenda.not_chosen}:
        raise ValueError("One of these cases is no longer where it was. Reload the agenda.")
    put_in = Chosen(
        case_id=in_id, position=out.position, reason=f"Put on by the coordinator: {reason.strip()}", carried_over=False
    )
    left_out = NotChosen(case_id=out_id, why=f"Taken off by the coordinator: {reason.strip()}")
    return Agenda(
        chosen=tuple(put_in if item.case_id == out_id else item for item in agenda.chosen),
        not_chosen=tuple(left_out if item.case_id == in_id else item for item in agenda.not_chosen),
    )


def add_by_hand(agenda: Agenda, case_id: Id, reason: str) -> Agenda:
    """Put a case at the end of the agenda by hand. Raises ValueError without a reason, or where there is no place for it."""
    if not reason.strip():
        raise ValueError("Say why this case is put on.")
    if case_id in {item.case_id for item in agenda.chosen}:
        raise ValueError("This case is on the agenda already.")
    if len(agenda.chosen) >= CASES_AT_MOST:
        raise ValueError(f"The agenda holds {CASES_AT_MOST} cases. Take one off first, or swap two.")
    put_on = Chosen(
        case_id=case_id, position=len(agenda.chosen) + 1, reason=f"Put on by the coordinator: {reason.strip()}",
        carried_over=False,
    )  # fmt: skip
    rest = tuple(item for item in agenda.not_chosen if item.case_id != case_id)
    return Agenda(chosen=(*agenda.chosen, put_on), not_chosen=rest)


def take_off_by_hand(agenda: Agenda, case_id: Id, reason: str) -> Agenda:
    """Take a case off the agenda by hand; those after it move up. Raises ValueError without a reason."""
    if not reason.strip():
        raise ValueError("Say why this case is taken off.")
    kept = [item for item in agenda.chosen if item.case_id != case_id]
    if len(kept) == len(agenda.chosen):
        raise ValueError("This case is no longer on the agenda. Load the page again.")
    chosen = tuple(
        Chosen(case_id=item.case_id, position=position, reason=item.reason, carried_over=item.carried_over)
        for position, item in enumerate(kept, start=1)
    )
    left_out = NotChosen(case_id=case_id, why=f"Taken off by the coordinator: {reason.strip()}")
    return Agenda(chosen=chosen, not_chosen=(left_out, *agenda.not_chosen))


def why_not_on(starts_at: datetime, today: date, taken: Collection[datetime], zone: str = DEFAULT_ZONE) -> str | None:
    """Why a conference cannot begin then; None when it can. `taken` are the district's other conferences to come."""
    if starts_at.astimezone(ZoneInfo(zone)).date() < today:
        return "That day is past."
    if starts_at.astimezone(ZoneInfo(zone)).date() > today + LONGEST_AHEAD:
        return "That day is more than two years away. Look at the year."
    if starts_at in taken:
        return "There is a conference at that time already."
    return None


def why_not_run_by(chair_id: Id | None, minute_taker_id: Id | None) -> str | None:
    """Why these two may not run the conference; None when they may."""
    if chair_id is None or minute_taker_id is None:
        return "A conference needs a chair and a minute-taker."
    if chair_id == minute_taker_id:
        return "The chair and the minute-taker are different people, so that the chair can listen."
    return None


def circulation_warning(starts_at: datetime, circulated_at: datetime, zone: str = DEFAULT_ZONE) -> str | None:
    """A warning when a circulation comes later than 3 whole days before the meeting; None when it is in time."""
    days = (starts_at.astimezone(ZoneInfo(zone)).date() - circulated_at.astimezone(ZoneInfo(zone)).date()).days
    if days >= CIRCULATED_DAYS_BEFORE:
        return None
    when = "after it began" if circulated_at > starts_at else f"{days} day{'' if days == 1 else 's'} before"
    return (
        f"Circulated {when}. The toolkit asks for {CIRCULATED_DAYS_BEFORE} days, so that agencies can look people up."
    )


def suggest_date(last_on: date | None, today: date, holidays: Collection[date] = ()) -> date:
    """The next conference: 4 weeks after the last one, or the first working day at least 3 days from today if that
    is past.

    The same day of the week is kept, moved on a week when it is a holiday.
    """
    earliest = today + timedelta(days=CIRCULATED_DAYS_BEFORE)
    day = earliest if last_on is None else last_on + timedelta(weeks=WEEKS_BETWEEN[0])
    while last_on is not None and (day < earliest or day in holidays):
        day += timedelta(weeks=1)
    while day.weekday() >= 5 or day in holidays:
        day += timedelta(days=1)
    return day


def suggest_dates(last_on: date | None, today: date, holidays: Collection[date] = ()) -> tuple[date, ...]:
    """The days to choose from, the first one first: a week apart, as long as they are within 6 weeks of the last conference."""
    first = suggest_date(last_on, today, holidays)
    weeks = [first + timedelta(weeks=more) for more in range(1, WEEKS_BETWEEN[1] - WEEKS_BETWEEN[0] + 1)]
    return first, *(day for day in weeks if day not in holidays and cadence_warning(last_on, day) is None)


def cadence_warning(last_on: date | None, next_on: date) -> str | None:
    """A warning when two conferences are not 4 to 6 weeks apart; None when they are, or when there was none before."""
    if last_on is None:
        return None
    weeks = (next_on - last_on).days / 7
    if WEEKS_BETWEEN[0] <= weeks <= WEEKS_BETWEEN[1]:
        return None
    return f"{weeks:.0f} weeks after the last one. The toolkit recommends every 4 to 6 weeks."


def _why_chosen(case: RankedCase, carried: bool) -> str:
    first = "Carried over from the last conference" if carried else f"New, {_say_rank(case)}"
    return ". ".join((first, *case.grounds))


def _why_left(case: RankedCase, kept: int, cases_at_most: int) -> str:
    room = f", {kept} of them kept for people new to the conference" if kept else ""
    return f"The agenda holds {cases_at_most} cases{room}; this one, carried over, is {_say_rank(case)}"


def _why_not(case: RankedCase, carried: int, cases_at_most: int) -> str:
    before = f"{carried} carried over come first" if carried else "all of higher priority"
    return f"The agenda holds {cases_at_most} cases, {before}; this one is {_say_rank(case)}"


def _say_rank(case: RankedCase) -> str:
    return f"number {case.rank} on the list"
