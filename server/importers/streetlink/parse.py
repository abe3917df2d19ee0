"""StreetLink's CSV, as its export of 2017-19 names the columns, with the older names where they plainly mean the same.

Bytes in; reports and refusals out, in the order of the file. Pure.
"""

from collections.abc import Mapping

from server.importers.cells import find_seen_at, read_count, read_moment, read_point, read_yes, shorten
from server.importers.files import Refusal, Row, UnusableRow, decode_text, read_table, show_raw
from server.importers.report import Reading, Report, find_referrer, join_words, keep_raw, make_reference
from shared.model.codes import AlertSource
from shared.rules.referral import normalise_outcome

NAMES: Mapping[str, tuple[str, ...]] = {
    "reference": ("alert_id", "referral_id", "alert_number", "referral_number", "streetlink_reference", "reference"),
    "opened": ("datetime_opened", "date_opened", "date_time_opened", "post_date", "posted", "date_posted"),
    "closed": ("closed_date", "date_case_closed", "datetime_closed"),
    "latitude": ("geo_latitude", "latitude", "lat"),
    "longitude": ("geo_longitude", "longitude", "long", "lng", "lon"),
    "postcode": ("postcode", "post_code", "town_city_or_postcode"),
    "street": ("street", "street_name"),
    "details": ("location_details", "location_description", "location", "sleeping_site"),
    "district": ("local_authority_name", "local_authority", "la"),
    "time_seen": ("time_seen",),
    "usual_time": ("typical_time_seen_at_this_site", "typical_time_seen"),
    "appearance": ("appearance",),
    "concerns": ("immediate_concerns_about_client", "immediate_concerns", "issues_we_should_be_aware_of"),
    "age": ("age_group", "age_range"),
    "gender": ("gender",),
    "people": ("group_number_of_people",),
    "group": ("group_referral",),
    "referrer": ("referrer_type", "capacity_of_referrer"),
    "consent": ("contact_consent", "wants_feedback"),
    "outcome": ("outcome_summary", "outcome"),
    "parent": ("parent_alert_id",),
    "duplication": ("duplication_status",),
    "status": ("status",),
}
REQUIRED = (NAMES["reference"], NAMES["opened"])
NO_DUPLICATE = frozenset(
    {"", "no", "none", "unique", "not duplicate", "not a duplicate", "original", "parent", "master"}
)
CLOSED_WORDS = ("closed", "complete", "resolved", "cancelled", "rejected")


def parse(data: bytes, reading: Reading) -> list[Report | Refusal]:
    """The reports of a StreetLink file. Raises UnusableFile when it cannot be read as one at all."""
    return [
        row if isinstance(row, Refusal) else _understand(row, reading)
        for row in read_table(decode_text(data), REQUIRED)
    ]


def _understand(row: Row, reading: Reading) -> Report | Refusal:
    try:
        return _read_report(row, reading)
    except UnusableRow as error:
        return Refusal(row.number, str(error), show_raw(row.cells.values()))


def _read_report(row: Row, reading: Reading) -> Report:
    def cell(noun: str) -> str:
        return next((row.cells[name] for name in NAMES[noun] if row.cells.get(name)), "")

    opened_at = read_moment("datetime_opened", cell("opened"), reading.zone, reading.now)
    if opened_at is None:
        raise UnusableRow("datetime_opened is empty: give the day the alert came in, as DD/MM/YYYY HH:MM.")
    raw = keep_raw(row.cells)
    closed_at = read_moment("closed_date", cell("closed"), reading.zone, reading.now)
    return Report(
        number=row.number,
        source=AlertSource.STREETLINK,
        reference=make_reference(cell("reference"), raw),
        raw=raw,
        reported_at=opened_at,
        seen_at=find_seen_at(cell("time_seen"), opened_at, reading.zone),
        seen_text=shorten(join_words(cell("time_seen"), cell("usual_time"), between="; usually ")),
        point=read_point(("geo_latitude", "geo_longitude"), cell("latitude"), cell("longitude")),
        postcode=shorten(cell("postcode")),
        place=join_words(cell("details"), cell("street"), cell("postcode")),
        district_name=cell("district"),
        appearance=cell("appearance"),
        concerns=cell("concerns"),
        age_group=shorten(cell("age")),
        gender=shorten(cell("gender")),
        people_count=_read_people(cell("people")),
        referrer_type=shorten(cell("referrer")),
        contact_consent=read_yes(cell("consent")),
        outcome_text=shorten(_find_outcome(cell("outcome"))),
        parent_reference=_find_parent(cell("duplication"), cell("parent"), cell("reference")),
        closed=closed_at is not None or cell("status").lower().startswith(CLOSED_WORDS),
        closed_at=closed_at,
        referrer=find_referrer(row.cells),
    )


def _find_outcome(text: str) -> str:
    """StreetLink's own wording of an outcome, however it was typed; the text itself where it is none of the 26."""
    outcome = normalise_outcome(text)
    return outcome.text if outcome else text


def _read_people(text: str) -> int | None:
    """How many are in a group; words such as "a few" stay in the raw row."""
    try:
        return read_count("group_number_of_people", text)
    except UnusableRow:
        return None


def _find_parent(duplication: str, parent: str, reference: str) -> str:
    """The alert that this one repeats, when StreetLink itself says so."""
    if parent == reference or (duplication.strip().lower() in NO_DUPLICATE and duplication):
        return ""
    return shorten(parent)
