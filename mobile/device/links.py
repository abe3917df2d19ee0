"""Enrolment links on a machine that has no camera app: none, or one given on the command line."""

from collections.abc import Callable


class NoLinks:
    """No link ever comes."""

    def start(self, on_link: Callable[[str], None]) -> None:
        """Nothing to tell."""


class GivenLink:
    """The one link that somebody started the app with."""

    def __init__(self, link: str) -> None:
        self._link = link

    def start(self, on_link: Callable[[str], None]) -> None:
        """Tell of it, once."""
        if self._link:
            on_link(self._link)
            self._link = ""
