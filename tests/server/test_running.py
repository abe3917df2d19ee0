"""One built application serves test after test: what it was built from must be what it is lent by."""

import re
from collections.abc import Callable
from typing import Any

from server.settings import Settings
from tests.conftest import Clock
from tests.paths import ROOT
from tests.server.running import SHAPE, lend_app

ASSEMBLY = ["server/app.py", "server/sync_api/routes.py", "server/web/routes.py", "server/http/headers.py"]


def test_an_application_is_lent_by_every_setting_that_its_routes_are_built_from() -> None:
    source = "".join((ROOT / name).read_text() for name in ASSEMBLY)
    assembled = source[source.index("def assemble(") :]

    read = set(re.findall(r"settings\.(\w+)", assembled))

    assert read <= set(SHAPE)


def test_a_server_that_nobody_talks_to_gives_its_connections_back(
    settings: Settings, clock: Clock, new_id: Callable[[], str]
) -> None:
    with lend_app(settings, clock, new_id) as app:
        services: Any = app.dependencies["services"].dependency()
        lent = services.database.engine.pool
        assert lent.checkedin() == 1

    assert lent.checkedin() == 0
