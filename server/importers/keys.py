"""By what a report is known again: its source's reference, unless several rows of one file bear it and say different things.

Excel writes long numbers with an exponent, so that different alerts come to share a reference; and a reference that two
people share is no key to either. Such a row is known by its reference together with everything that it says.
"""

from collections.abc import Mapping, Sequence

import msgspec

from server.importers.report import Report, hash_storable
from server.importers.reports import Keys
from server.queries.referrals.versions import Held

REFERENCE_CHARACTERS = 200
HASH_CHARACTERS = 16


def give_keys(reports: Sequence[Report], keys: Keys) -> list[Report]:
    """The same reports, each with a reference that no other content of the file has."""
    return [_with_own_key(report) if keys.is_shared(report.reference) else report for report in reports]


def is_the_same(report: Report, held: Held) -> bool:
    """Does the report say exactly what its source said last? What goes back to an earlier word is a new version."""
    return _says(report, held, len(held.raws) - 1)


def _says(report: Report, held: Held, number: int) -> bool:
    """Is the report what its source said the time of this number? Columns that are forgotten by now are not asked for."""
    beside = held.extras[number] if held.extras else None
    return dict(report.raw) == held.raws[number] and (beside is None or dict(report.extras) == beside)


def find_original(report: Report, own_key: str, held: Mapping[str, Held]) -> Held | None:
    """What is held and says the same: under a key that a row was given of its own, or under its source's reference."""
    own = held.get(own_key)
    if own is not None:
        return own
    found = held.get(report.shown_reference)
    if found is None:
        return None
    # Of rows that share a reference none is a version: one that was held alone before is known in any of its words.
    newest = len(found.raws) - 1
    said = range(newest + 1) if report.shown_reference != report.reference else (newest,)
    return found if any(_says(report, found, number) for number in said) else None


def _with_own_key(report: Report) -> Report:
    shown = report.shown_reference or report.reference
    return msgspec.structs.replace(report, reference=make_own_key(report), shown_reference=shown)


def make_own_key(report: Report) -> str:
    """A report's reference together with everything that it says."""
    return f"{report.reference[: REFERENCE_CHARACTERS - HASH_CHARACTERS - 1]} {_hash(report)[:HASH_CHARACTERS]}"


def _hash(report: Report) -> str:
    return hash_storable({**report.raw, **report.extras})
