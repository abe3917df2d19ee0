"""What SQLAlchemy makes of a statement, kept for the whole run: compiling each anew for each test's database costs more than
running it.

A dialect and its cache of compiled statements belong to an engine, and each test has engines of its own. Here the first engine
of a kind that has reached its database lends both to every one that follows. Connections, pools and events stay each engine's.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, event

STATEMENTS_MAX = 4_000
"""Of all tests together; a server alone keeps 500."""


def lend_compiled(module: ModuleType) -> None:
    """Let every engine that this module creates from now on share what was compiled for its kind of database."""
    first: dict[str, Engine] = {}
    create: Callable[..., Engine] = module.create_engine

    def create_lent(url: Any, **options: Any) -> Engine:
        engine = create(url, **options)
        lender = first.get(engine.dialect.name)
        if lender is None:
            _lend_once_connected(engine, first)
        else:
            engine.dialect, engine._compiled_cache = lender.dialect, lender._compiled_cache
        return engine

    module.create_engine = create_lent  # type: ignore[attr-defined]


def _lend_once_connected(engine: Engine, first: dict[str, Engine]) -> None:
    """A dialect learns from its first connection what its database can do: before that it is lent to nobody."""

    def lend(*_: object) -> None:
        if engine.dialect.name not in first and engine._compiled_cache is not None:
            engine._compiled_cache.capacity = STATEMENTS_MAX  # type: ignore[attr-defined]
            first[engine.dialect.name] = engine

    event.listen(engine, "connect", lend)
