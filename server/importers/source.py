"""A source of referrals, as its own folder describes it: how its files are known and read."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from server.importers.files import Refusal
from server.importers.inputs import Input, of_bytes
from server.importers.report import Meanings, Mends, Parser, Reading, Report
from server.importers.reports import Reports
from server.importers.table import Layout, Table


@dataclass(frozen=True)
class Asked:
    """What somebody said of a file before it is read: how it lies, what its columns mean, and what they mended in it."""

    layout: Layout = field(default_factory=Layout)
    meanings: Meanings = field(default_factory=dict)
    mends: Mends = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """One source; `server.importers.sources` finds every one.

    `open` gives the reports of a file. `read_cells` understands one row by its headings: that of a file, or one that somebody
    has mended. `is_like` says how well a file's headings, or the first sign of its text, fit (0: not at all). `look` gives the
    table as it lies, where the source has tables; `nouns` are what its columns may mean, each with the headings that say so.
    `in_own_words` puts a row whose headings somebody had to explain under headings that say so by themselves.
    """

    name: str
    open: Callable[[Input, Reading, Asked], Reports]
    read_cells: Callable[[int, Mapping[str, str], Reading], "Report | Refusal"]
    is_like: Callable[[Collection[str], str], int]
    look: Callable[[Input, Asked], Table] | None = None
    nouns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    in_own_words: Callable[[Mapping[str, str], Meanings], dict[str, str]] = lambda cells, _: dict(cells)

    @property
    def parse(self) -> Parser:
        """The rows of a file that is here already, as a list."""

        def parse(data: bytes, reading: Reading) -> list[Report | Refusal]:
            return list(self.open(of_bytes(data), reading, Asked()))

        return parse
