"""What one service reads of another's while the person agrees comes by few roads, each known: the database's own wall does
not ask consent (decision 119), so that a new road has to be seen."""

import re

from tests.house.tree import ROOT

TABLES = re.compile(
    r"\b(?:assessment_answer|plan_goal|plan_step|plan_review|engagement_try|door_fact)\b|tables\.people\.wellbeing import"
)
NAMED_ALONE = {"server/queries/operation/authority.py", "server/web/layout/bundle_files.py"}
"""Lists of names, of guarded tables and of titles in somebody's own copy."""
READS = re.compile(
    r"\b(?:assessments\.list_answers|plans\.list_(?:goals|steps|reviews|tries|tries_of)|doors\.list_facts"
    r"|wellbeing\.list_filled)\((?:access\.|self\._)?session"
)
ASKS_POLICY = {
    "server/actions/people/assessments.py", "server/actions/people/doors.py", "server/actions/people/plans.py",
    "server/actions/people/wellbeing.py",
}  # fmt: skip
THEIR_OWN_PAGE = "server/web/referrer/own_page.py"
TELLS_THE_RECORD = "server/actions/sync/projection/told_record.py"
"""It shows nothing to anybody: it asks what was agreed, and tells the record, or takes off it what rested on that."""


def _list_modules(pattern: re.Pattern[str]) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / "server").rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    }


def test_what_rests_on_consent_is_read_where_policy_is_asked_or_by_the_person() -> None:
    assert _list_modules(READS) == ASKS_POLICY | {THEIR_OWN_PAGE, TELLS_THE_RECORD}


def test_no_other_module_reaches_the_tables() -> None:
    """The queries themselves, what a push writes, and which facts phones must forget or a record was touched by."""
    assert {each for each in _list_modules(TABLES) - NAMED_ALONE if not each.startswith("server/tables/")} == {
        "server/queries/people/assessments.py", "server/queries/people/doors.py", "server/queries/people/plans.py",
        "server/queries/people/wellbeing.py", "server/actions/sync/projection/journeys.py",
        "server/actions/sync/projection/wall.py", "server/queries/sync/touched.py",
    }  # fmt: skip


def test_each_of_these_actions_asks_for_what_was_agreed() -> None:
    for name in ASKS_POLICY:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "find_shared_subject" in text and "access.allows(Act.SEE_" in text, name
