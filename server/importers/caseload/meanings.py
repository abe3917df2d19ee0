"""What a column may mean, and the meaning that is proposed for each by its heading; a person says yes or chooses another. Pure.

A meaning is a code: `name`, `need.drugs`, `support.drugs`, `general.evicted`, `mdt.2.update`. What is not understood is kept
as a note.
"""

import re
from collections.abc import Sequence

from server.importers.caseload.grid import Grid
from server.queries.cases.priorities import GENERAL_FIELDS
from shared.model.codes import SupportNeed
from shared.policy.immigration import WITHHELD_CODES

NOTE, LEFT_OUT, WITHHELD = "note", "left_out", "withheld"
SINGLE = {
    "name": "Name",
    "surname": "Family name", "alias": "Known as", "date_of_birth": "Date of birth", "approximate_age_years": "Age",
    "gender": "Gender", "language": "Language", "description": "How to know them again", "district": "District",
    "verified": "Verified", "accommodation": "Where they stay now", "first_seen": "First seen", "status": "Status of the case",
    "outcome": "Outcome", "mdt_number": "MDT number", "institution_left": "Institution left",
    "institution_left_on": "Day they left it", "wants_first": "What they want first", "strengths": "Strengths",
    "safety_needs": "Safety needs",
}  # fmt: skip
NEEDS = tuple(
    need
    for need in SupportNeed
    if need not in (SupportNeed.NONE, SupportNeed.NOT_KNOWN) and need.value not in WITHHELD_CODES
)
MDT_PARTS = {
    "date": "day",
    "update": "what was said",
    "actions": "actions",
    "owner": "owner of the actions",
    "outcome": "outcome",
}
MDT_MAX = 30
HEADING_WITHIN = 30

_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern))
    for code, pattern in (
    (
        "withheld",
        r"nationalit|immigra|nrpf|recourse|public funds|asylum|visa|citizen|country of (birth|origin)|eu status|settled status",
    ),
    ("surname", r"^(sur|last |family )name$"),
    (
        "first_seen",
        r"first (seen|contact|met|found|known|presented)|date (added|referred|first|found)|known since|start date",
    ),
    ("institution_left_on", r"(date|day) [^,;]{0,40}(left|released|discharged)|(release|discharge) date"),
    ("institution_left", r"institution|left (prison|hospital|care)|(prison|hospital) (release|discharge)"),
    ("date_of_birth", r"\bd\.? ?o\.? ?b\b|birth|born"),
    ("approximate_age_years", r"^(approx\w* )?age( \(?approx\w*\)?)?$|^age\b"),
    ("alias", r"alias|a\.?k\.?a|nickname|street name|known as|also called"),
    ("gender", r"gender|\bsex\b"),
    ("language", r"language"),
    ("district", r"district|borough|local authority|^la$|^area$"),
    ("verified", r"verif"),
    (
        "accommodation",
        (r"accommodation|housing (status|situation)|sleep(ing)? (site|location|place)|where (are|do) they|location"
         r"|current address|^address"),
    ),
    ("mdt_number", r"mdt (no|num)|number of mdts?|mdt#"),
    ("wants_first", r"wants?\b|wish|goal|priorit(y|ies) for"),
    ("strengths", r"strength"),
    ("general.clinically_extremely_vulnerable", r"\bcev\b|clinically|extremely vulnerable|shielding"),
    ("general.eviction_risk", r"eviction risk|risk of eviction|final warning|notice"),
    ("general.evicted", r"evicted"),
    ("general.assessed_for_move_on", r"move.?on"),
    ("general.temporarily_housed", r"temporar\w* (housed|accom)|\bta\b|interim"),
    ("safety_needs", r"risk|safety|hazard|warning"),
    ("need.mental_health", r"mental|\bmh\b"),
    ("need.alcohol", r"alcohol|drink"),
    ("need.drugs", r"drug|substance|heroin"),
    ("need.physical_health", r"physical|health need|medical"),
    ("need.offending", r"offend|probation|criminal"),
    ("need.safeguarding", r"safeguard"),
    ("need.domestic_abuse", r"domestic|\bdv\b|\bda\b|\bvawg\b"),
    ("need.learning_disability", r"learning|\bld\b|autis"),
    ("need.care_leaver", r"care leaver|leaving care"),
    ("need.armed_forces", r"armed|veteran|forces"),
    ("need.budgeting_debt", r"budget|debt|money"),
    ("status", r"status|open.?/.?closed|case state"),
    ("outcome", r"outcome|result|destination"),
    ("description", r"descri|appearance|looks like"),
    (
        "name",
        (r"^(full |client |service user |person'?s? |first )?name\b|^who\b|^person$|^client$|^rough sleeper$|^initials$"
         r"|^forename|^individual"),
    ),
)
)  # fmt: skip
_MDT_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern))
    for code, pattern in (
        ("date", r"\bdate\b|\bheld\b|\bwhen\b"),
        ("owner", r"owner|lead|agency|responsible|who\b|by whom"),
        ("actions", r"action|task|to do|next step"),
        ("outcome", r"outcome|result|decision"),
        ("update", r"update|notes?|discuss|comment|progress|feedback"),
    )
)
_SUPPORT = re.compile(r"receiv|support\?|engaged with|in (treatment|support)|getting (help|support)")
_MEETING = re.compile(r"\bmdt\b|meeting|conference|review")
_MDT = re.compile(r"\b(?:mdt|meeting|conference|review)\s*(?:no\.?|#)?\s*(\d{1,2})\b")


def say_meaning(code: str) -> str:
    """A meaning as a page asks for it."""
    kind, _, rest = code.partition(".")
    if kind == "need":
        return f"Need: {rest.replace('_', ' ')}"
    if kind == "support":
        return f"Receiving support: {rest.replace('_', ' ')}"
    if kind == "general":
        return rest.replace("_", " ").capitalize()
    if kind == "mdt":
        number, _, part = rest.partition(".")
        return f"MDT {number}: {MDT_PARTS[part]}"
    named = {NOTE: "Keep as a note", LEFT_OUT: "Leave it out", WITHHELD: "Not kept here: only on the page for Housing"}
    return named.get(code) or SINGLE[code]


def list_meanings(blocks: int) -> list[str]:
    """Everything that may be chosen, with so many MDTs."""
    needs = [f"{kind}.{need.value}" for need in NEEDS for kind in ("need", "support")]
    mdts = [f"mdt.{number}.{part}" for number in range(1, max(blocks, 1) + 1) for part in MDT_PARTS]
    return [NOTE, LEFT_OUT, WITHHELD, *SINGLE, *needs, *(f"general.{name}" for name in GENERAL_FIELDS), *mdts]


def find_heading(grid: Grid) -> int:
    """The row that is most likely the heading: the one of the first thirty whose cells tell most meanings."""
    scores = {
        row: len({found for column in range(len(grid.rows[row])) if (found := _single(_plain(grid.cell(row, column))))})
        for row in range(min(len(grid.rows), HEADING_WITHIN))
    }
    return max(scores, key=lambda row: (scores[row], -row), default=0)


def find_sheet(grids: Sequence[Grid]) -> int:
    """The sheet whose heading tells most."""

    def told(grid: Grid) -> int:
        if not grid.rows:
            return -1
        proposed = propose(grid, find_heading(grid))
        return len(set(proposed) - {NOTE}) * 1_000 + len(grid.rows)

    return max(range(len(grids)), key=lambda index: told(grids[index]))


def say_headings(grid: Grid, heading: int) -> tuple[str, ...]:
    """What stands over each column, with the head above it where there is one: "MDT 1: Actions"."""
    said = []
    for column in range(grid.width):
        own = " ".join(grid.spread(heading, column).split())
        above = " ".join(grid.spread(heading - 1, column).split()) if heading > 0 else ""
        said.append(f"{above}: {own}" if above and own and above != own else own or above or f"Column {column + 1}")
    return tuple(said)


def propose(grid: Grid, heading: int) -> tuple[str, ...]:
    """A meaning for each column. No single meaning is proposed twice: the first column has it, later ones are notes."""
    proposed: list[str] = []
    block, last_need, seen = 0, "", set[str]()
    for column in range(grid.width):
        own = _plain(grid.spread(heading, column))
        above = _plain(grid.spread(heading - 1, column)) if heading > 0 else ""
        numbered = _MDT.search(above) or _MDT.search(own)
        part = _first(_MDT_WORDS, _MDT.sub(" ", own))
        begins = not numbered and part == "date" and _MEETING.search(own) is not None
        if numbered:
            seen, block = (seen if int(numbered[1]) == block else set()), int(numbered[1])
        elif begins or (block and part in seen and not _single(own)):
            # The same heads once more, without a number: the next meeting's.
            seen, block = set(), block + 1
        if part and 1 <= block <= MDT_MAX and (numbered or begins or not _single(own)):
            seen.add(part)
            meaning = f"mdt.{block}.{part}"
        elif _SUPPORT.search(own) and not own.startswith("need"):
            need = _need(own) or last_need
            meaning = f"support.{need}" if need else "general.receiving_support"
        else:
            meaning = _single(own)
        if meaning.startswith("need."):
            last_need = meaning.partition(".")[2]
        proposed.append(NOTE if not meaning or (meaning in proposed and meaning not in (NOTE, WITHHELD)) else meaning)
    return tuple(proposed)


def _need(own: str) -> str:
    found = next((code for code, pattern in _WORDS if code.startswith("need.") and pattern.search(own)), "")
    return found.partition(".")[2]


def _single(own: str) -> str:
    return _first(_WORDS, own) if own else ""


def _first(table: tuple[tuple[str, re.Pattern[str]], ...], own: str) -> str:
    return next((code for code, pattern in table if pattern.search(own)), "")


def _plain(heading: str) -> str:
    return " ".join(heading.casefold().replace("_", " ").replace("’", "'").split())
