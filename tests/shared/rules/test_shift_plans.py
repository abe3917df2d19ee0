"""Whoever is planned is missed by that plan alone: a shift begun once it was over is none of its own."""

from datetime import UTC, datetime, timedelta

from shared.rules.shift_plans import MAY_BE_LATE, alarm_at

STARTS = datetime(2026, 11, 12, 20, 0, tzinfo=UTC)
BACK = STARTS + timedelta(hours=2)


def test_whoever_went_out_on_the_plan_is_to_be_back_and_whoever_went_out_after_it_owes_it_nothing() -> None:
    out = {"went_out_at": STARTS, "is_out": True, "acted_at": None}
    assert alarm_at(STARTS, BACK, out_since=BACK - timedelta(minutes=1), **out) == BACK + MAY_BE_LATE  # type: ignore[arg-type]
    assert alarm_at(STARTS, BACK, out_since=BACK, **out) is None  # type: ignore[arg-type]
