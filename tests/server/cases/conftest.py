"""What the tests about people ask for beside the server's own."""

import pytest


@pytest.fixture
def database_role() -> str:
    return "app"
