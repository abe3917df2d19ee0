"""What the tests about sync ask for beside the server's own."""

import pytest


@pytest.fixture
def database_role() -> str:
    return "app"
