"""What became of people over time, told so that it points at nobody."""

from hypothesis import given
from hypothesis import strategies as st

from shared.rules.outcomes import Outcome, Quarter, make_outcome_tables
from shared.rules.small_counts import NOT_SHOWN


def quarter(presented: int, **parts: int) -> Quarter:
    people = {Outcome.PRESENTED: frozenset(map(str, range(presented)))}
    people |= {Outcome[name.upper()]: frozenset(map(str, range(count))) for name, count in parts.items()}
    return Quarter(people=people)


def cells(table, outcome: Outcome) -> tuple[str, ...]:
    return next(row.cells for row in table.rows if row.label == outcome.value)


def test_each_quarter_stands_in_a_column_of_its_own():
    own, _ = make_outcome_tables(
        ["spring", "summer"], [quarter(40, closed=12), quarter(52, closed=3)], [[quarter(40)], [quarter(52)]]
    )
    assert own.columns == ("spring", "summer")
    assert cells(own, Outcome.PRESENTED) == ("40", "50")
    assert cells(own, Outcome.CLOSED) == ("10", NOT_SHOWN)


def test_somebody_who_did_not_present_counts_in_nothing():
    stray = Quarter(people={Outcome.PRESENTED: frozenset(), Outcome.CLOSED: frozenset("abc")})
    assert stray.count(Outcome.CLOSED) == 0


def test_all_districts_together_tell_what_no_district_can_and_nothing_that_one_hides():
    few = [quarter(20, closed=6), quarter(20, closed=7)]
    _, together = make_outcome_tables(["spring"], few[:1], [few])
    assert cells(together, Outcome.CLOSED) == ("15",)
    one_hides = [quarter(40, closed=20), quarter(20, closed=3)]
    _, together = make_outcome_tables(["spring"], one_hides[:1], [one_hides])
    assert cells(together, Outcome.CLOSED) == (NOT_SHOWN,)
    small = [quarter(40, closed=20), quarter(9, closed=6), quarter(9, closed=7)]
    _, together = make_outcome_tables(["spring"], small[:1], [small])
    assert cells(together, Outcome.CLOSED) == (NOT_SHOWN,)  # neither small district can hold them alone


def test_what_is_hidden_by_lot_looks_like_what_is_small():
    told = Quarter(people=quarter(40, closed=20).people, by_lot=frozenset({Outcome.CLOSED}))
    assert told.say(Outcome.CLOSED) == quarter(40, closed=3).say(Outcome.CLOSED) == NOT_SHOWN


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=5))
def test_no_sum_gives_a_hidden_part_away(sizes):
    quarters = [quarter(whole, closed=min(part, whole)) for whole, part in sizes]
    own, together = make_outcome_tables(["q"], quarters[:1], [quarters])
    told = cells(together, Outcome.CLOSED)[0]
    if told.isdecimal():
        hidden = [each.count(Outcome.CLOSED) for each in quarters if not each.is_shown(Outcome.CLOSED)]
        assert not hidden or sum(hidden) >= 10
        assert abs(int(told) - sum(each.count(Outcome.CLOSED) for each in quarters)) <= 2
    for cell in (cells(own, Outcome.CLOSED)[0], told):
        assert not cell.isdecimal() or int(cell) >= 10
