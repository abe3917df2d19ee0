"""The server's cast, and its settings."""

from tests.server.conftest import cast, settings  # noqa: F401 - fixtures
