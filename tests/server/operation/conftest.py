"""What the tests about running the server ask for beside the server's own."""

import pytest

TRIED = frozenset({
    "test_agency_signin", "test_alarms", "test_audit_search", "test_command_line", "test_condition", "test_due_runs",
    "test_enrolment", "test_former_districts", "test_handed_out_before", "test_law_of_lone_working", "test_leaving",
    "test_ledger_lines", "test_metrics",
    "test_soundness", "test_tokens",
})  # fmt: skip
"""Files that have been run as the application. What the others ask over HTTP is served as the application all the same."""


@pytest.fixture
def database_role(request: pytest.FixtureRequest) -> str:
    return "app" if request.path.stem in TRIED else "superuser"
