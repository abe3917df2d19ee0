"""What a screen asked of the service: a `Call` performed on a phone that only listens."""

import contextlib
from collections.abc import Iterable
from typing import Any, cast

from mobile.field.api import Field
from mobile.program.effects import Call, Effect


class _Heard(Exception):
    """The call was made; nobody answers it."""


class _Asked:
    def __init__(self, name: str) -> None:
        self.name = name
        self.arguments: tuple[Any, ...] = ()
        self.keywords: dict[str, Any] = {}

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        self.arguments, self.keywords = arguments, keywords
        raise _Heard

    def __getattr__(self, name: str) -> Any:
        raise _Heard


class _Listener:
    asked: _Asked | None = None

    def __getattr__(self, name: str) -> _Asked:
        self.asked = _Asked(name)
        return self.asked


def asked(call: Call) -> _Asked:
    """The method that it calls, and with what."""
    listener = _Listener()
    with contextlib.suppress(_Heard):
        call.perform(cast(Field, listener))
    assert listener.asked is not None, "it asks for nothing"
    return listener.asked


def calls(effects: Iterable[Effect]) -> list[tuple[str, tuple[Any, ...]]]:
    """Each call among the effects: its method and its arguments in order."""
    heard = [asked(effect) for effect in effects if isinstance(effect, Call)]
    return [(each.name, each.arguments) for each in heard]
