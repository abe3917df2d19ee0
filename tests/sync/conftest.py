"""The cast with their phones, against SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from server.database.engine import Database
from tests.sync.county import WATFORD, Clock, Office, Phone, create_tables, open_store


@pytest.fixture
def office(blank_database_url: str) -> Iterator[Office]:
    """A server with sync's tables and nobody enrolled."""
    database = Database(blank_database_url)
    create_tables(database)
    yield Office(database, Clock())
    database.close()


@pytest.fixture
def enrol(office: Office) -> Callable[..., Phone]:
    """Enrols a phone: `enrol("aisha", WATFORD)`."""

    def make(name: str, *scopes: str) -> Phone:
        store = open_store()
        store.enrol(office.enrol(name, *(scopes or (WATFORD,))))
        return Phone(office, name, store, office.clock, count(1))

    return make


@pytest.fixture
def aisha(enrol: Callable[..., Phone]) -> Phone:
    return enrol("aisha")


@pytest.fixture
def dean(enrol: Callable[..., Phone]) -> Phone:
    return enrol("dean")
