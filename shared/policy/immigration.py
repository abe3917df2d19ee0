"""What tells of immigration status, and how it is taken out of whatever may travel (privacy rule A10).

Both facts are recorded on a web page, by whoever works with the person, in a table of their own. A phone that still says
one, as an older app does, is believed in everything else; that one word is not kept.
"""

from typing import Any, Final

import msgspec

NO_RECOURSE: Final = "no_recourse_to_public_funds"
ASYLUM_SUPPORT: Final = "asylum_support"
WITHHELD_CODES: Final = frozenset({NO_RECOURSE, ASYLUM_SUPPORT})

NOTHING: Final = object()
"""What is left of a value that said nothing else."""


def may_tell(encoded: bytes) -> bool:
    """May this JSON hold one of the codes? A code may be written with escapes; then the JSON has to be read."""
    return b"\\u" in encoded or any(code.encode() in encoded for code in WITHHELD_CODES)


def without_immigration(encoded: bytes) -> bytes | None:
    """The same JSON without what tells of immigration; the very same bytes where nothing does, None where all of it does.

    Raises msgspec.MsgspecError or RecursionError for what is no JSON.
    """
    if not may_tell(encoded):
        return encoded
    said = msgspec.json.decode(encoded)
    left = _left_of(said)
    if left is NOTHING:
        return None
    return encoded if left == said else msgspec.json.encode(left)


def _left_of(value: Any) -> Any:
    """An item of a list goes with the code in it, and a field too; a need of that name goes whole."""
    if isinstance(value, str):
        return NOTHING if _is_withheld(value) else value
    if isinstance(value, list):
        return [left for left in map(_left_of, value) if left is not NOTHING]
    if isinstance(value, dict):
        if _is_withheld(value.get("need")):
            return NOTHING
        fields = {name: _left_of(each) for name, each in value.items() if name not in WITHHELD_CODES}
        return {name: left for name, left in fields.items() if left is not NOTHING}
    return value


def _is_withheld(value: Any) -> bool:
    return isinstance(value, str) and value in WITHHELD_CODES
