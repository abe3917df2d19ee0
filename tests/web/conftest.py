"""Databases that hold the cast."""

from datetime import datetime

import pytest

from server.database import Database
from tests.web import county


@pytest.fixture
def filled(database: Database, now: datetime) -> Database:
    """Watford and its neighbours, as `county` writes them."""
    with database.writing() as session:
        county.fill(session, now)
    return database
