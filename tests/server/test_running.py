"""One built application serves test after test: what it was built from must be what it is lent by."""

import re

from tests.paths import ROOT
from tests.server.running import SHAPE

ASSEMBLY = ["server/app.py", "server/sync_api/routes.py", "server/web/routes.py", "server/http/headers.py"]


def test_an_application_is_lent_by_every_setting_that_its_routes_are_built_from() -> None:
    source = "".join((ROOT / name).read_text() for name in ASSEMBLY)
    assembled = source[source.index("def assemble(") :]

    read = set(re.findall(r"settings\.(\w+)", assembled))

    assert read <= set(SHAPE)
