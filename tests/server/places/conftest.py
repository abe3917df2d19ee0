"""What the tests about places ask for beside the server's own."""

import pytest


@pytest.fixture
def database_role() -> str:
    return "app"
