"""What a phone says of its app and of itself with each request: `0.1.0`, or `0.1.0+debugged.rooted` (privacy rule B10).

The part after the plus is build metadata as semantic versions have it: every server can read the version, and the state needs no
field of its own. It is what the phone claims: whoever owns a phone whole can make it lie, a careless worker does not.
"""

from shared.model.codes import Code


class Weakness(Code):
    """Why a phone keeps its records less safely than Lantern counts on."""

    ROOTED = "rooted"
    DEBUGGED = "debugged"
    EMULATED = "emulated"


def write_app(version: str, found: frozenset[Weakness]) -> str:
    """The version and what was found, in the order of the alphabet."""
    return "+".join(part for part in (version, ".".join(sorted(found))) if part)


def read_app(app: str) -> tuple[str, frozenset[Weakness]]:
    """The version alone, and what was found. What a newer app found, and this one has no word for, is kept."""
    version, _, found = app.partition("+")
    return version, frozenset(Weakness(one) for one in found.split(".") if one)
