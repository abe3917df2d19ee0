"""What was signed of a month, as tables to key into DELTA from and to keep: the figures in the order of the framework, what they
leave out, the definitions by which they were counted, and every time that the month was signed.
"""

from server.actions.partnership.returns import FIGURES, Month, Version
from server.web.layout.spreadsheets import Rows
from shared.model.value import Id
from shared.rules.indicators import per_100_000

NOT_HELD = "not held"
SOURCES = (
    "MHCLG, Ending rough sleeping data framework (December 2023), and its technical note of June 2025",
    "CHAIN annual reports, Greater London Authority (flow, stock, returner)",
)
OVERLAP = "Categories overlap: never add them up."
BY_HAND = "The quarterly breakdowns of the return are entered by hand, as totals: Lantern lists nobody for them."


def make_tables(area: str, counted: Month, names: dict[Id, str]) -> dict[str, Rows]:
    """The tables of the last signed version by name. `names` are of those who signed."""
    version = counted.versions[-1]
    return {
        "Figures": list_figures(area, counted, version),
        "Left out": list_left_out(version),
        "Definitions": list_definitions(version),
        "Revisions": list_revisions(counted, names),
    }


def list_figures(area: str, counted: Month, version: Version) -> Rows:
    """A line a box of the form, then what is told beside."""
    rate = version.population
    rows: list[tuple[str | int | float, ...]] = [
        ("Area", area),
        ("Month", f"{counted.month:%Y-%m}"),
        ("Signed", version.signed_at.isoformat(timespec="minutes"), "version", len(counted.versions)),
        ("Typical night", version.night.isoformat() if version.night else ""),
        ("People who live there", rate or "not given"),
        (OVERLAP,),
        ("Code", "Figure", "People", "Per 100,000"),
    ]
    for figure in FIGURES:
        people = version.counts.get(figure.name)
        each = "" if rate is None or people is None else round(per_100_000(people, rate), 1)
        rows.append((figure.code, figure.label, NOT_HELD if people is None else people, each))
    rows += [("2024", f"Nights in the last 180 days: {band}", people) for band, people in version.bands.items()]
    rows += [("R1", f"Over the month, {part}", people) for part, people in version.parts.items()]
    rows += [("CHAIN", f"In 12 months, {kind}", people) for kind, people in version.chain.items()]
    return [*rows, (BY_HAND,)]


def list_left_out(version: Version) -> Rows:
    """What the figures do not say of themselves."""
    beside = version.coverage
    return [
        ("Sightings of people nobody knew, in no figure over the month", beside.unidentified),
        ("People nobody knew on the typical night", beside.on_night),
        ("They are in the figure of the night", "yes" if version.settings.night_with_unidentified else "no"),
        ("People met in no known district by teams that walk here too, in no figure", beside.without_district),
        ("People in the figures who were met at no known place", beside.without_place),
        ("People in the figures whom nobody has verified", beside.not_verified),
        ("Nights held since", version.held_since.isoformat() if version.held_since else "never"),
        ("Stays held since", version.stays_since.isoformat() if version.stays_since else "never"),
        ("People whose record is hidden from whoever signed are in no figure", ""),
    ]


def list_definitions(version: Version) -> Rows:
    """Every setting, as it was when the month was signed, and where the definitions stand."""
    settings = version.settings
    return [
        *((say_setting(name), str(getattr(settings, name))) for name in settings.__struct_fields__),
        *(("Source", each) for each in SOURCES),
    ]


def list_revisions(counted: Month, names: dict[Id, str]) -> Rows:
    """Every time that it was signed, the first first, and what changed since the time before."""
    rows: list[tuple[str | int, ...]] = [("Version", "Signed", "By", "Why again", "What changed")]
    before: Version | None = None
    for number, version in enumerate(counted.versions, start=1):
        changes = "" if before is None else say_changes(before, version)
        signed = version.signed_at.isoformat(timespec="minutes")
        rows.append((number, signed, names.get(version.signed_by, ""), version.reason, changes))
        before = version
    return rows


def say_changes(before: Version, after: Version) -> str:
    """What one version says otherwise than the one before it: figures, then definitions."""
    changed = [
        f"{figure.label}: {before.counts.get(figure.name, NOT_HELD)} to {after.counts.get(figure.name, NOT_HELD)}"
        for figure in FIGURES
        if before.counts.get(figure.name) != after.counts.get(figure.name)
    ]
    changed += [
        f"{say_setting(name)}: {getattr(before.settings, name)} to {getattr(after.settings, name)}"
        for name in after.settings.__struct_fields__
        if getattr(before.settings, name) != getattr(after.settings, name)
    ]
    return "; ".join(changed) or "Nothing that is counted"


def say_setting(name: str) -> str:
    """A setting of the definitions in words."""
    return f"Definition: {name.replace('_', ' ')}"
